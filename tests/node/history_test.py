"""Cutting a history: for random histories and cuts, what is restored is what a replay of the commits before makes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.tenants import uid

from bf.adapters.memory.storage import Generation, MemoryLog
from bf.adapters.sqlite.database import SqliteDatabase, empty_state
from bf.core.ports import START, Batch, Pos
from bf.core.state import State
from bf.inventory.api import events_pb2 as ev
from bf.inventory.domain import INVENTORY
from bf.node import compact
from bf.node.api import commit_pb2
from bf.node.api.commit_pb2 import Commit
from bf.node.backup import Proof, lay_down, prove, until
from bf.node.contents import digest
from bf.node.history import Cut, NotInHistoryError, chapter_with, told, upto
from bf.node.replay import replay, unwatched


@dataclass(frozen=True)
class Past:
    """A tenant's commits in order, how they were gathered into batches, and where the log was compacted."""

    commits: Sequence[Commit]
    sizes: Sequence[int]
    compacted: Sequence[int]

    def batches(self) -> list[list[Commit]]:
        rest, batches = list(self.commits), list[list[Commit]]()
        for size in self.sizes:
            batches.append(rest[:size])
            rest = rest[size:]
        return [batch for batch in [*batches, rest] if batch]


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    commits, product, time_us = list[Commit](), 0, 1_000
    for number in range(draw(st.integers(1, 12))):
        time_us += draw(st.integers(0, 2))
        commit = Commit(time_us=time_us, request="AddProductsReq", domain_version=INVENTORY.version)
        for _ in range(draw(st.integers(0, 3))):
            product += 1
            event = ev.ProductAdded(uid=uid(product), sku=f"sku {product}")
            commit.events.add(type="ProductAdded", body=event.SerializeToString())
        if not commit.events or draw(st.booleans()):
            commit.request_id = f"id {number}"
        if not commit.events:
            commit.refusal.code, commit.refusal.reason = 9, "NotNow"
        commits.append(commit)
    sizes = draw(st.lists(st.integers(1, 4), max_size=6))
    count = len(Past(commits, sizes, []).batches())
    return Past(commits, sizes, sorted(draw(st.sets(st.integers(1, count), max_size=2))))


def replayed(commits: Sequence[Commit]) -> State:
    """Replay commits, each as a batch of its own."""
    state = empty_state(INVENTORY)
    state.begin()
    for commit in commits:
        pos = Pos(state.pos.event + len(commit.events), state.pos.batch + 1)
        replay(state, Batch(pos, commit_pb2.Batch(commits=[commit]).SerializeToString()))
    state.keep(state.pos)
    state.commit()
    return state


async def generations(past: Past) -> list[MemoryLog]:
    """Write a past down as the generations that compactions have left."""
    batches = past.batches()
    logs, base = [MemoryLog(Generation())], 0
    for number, commits in enumerate(batches, 1):
        for log in logs[-1:]:
            at = await log.head()
            body = commit_pb2.Batch(commits=commits).SerializeToString()
            await log.append(at, sum(len(commit.events) for commit in commits), body)
        if number in past.compacted:
            at = await logs[-1].head()
            base = sum(map(len, batches[:number]))
            made = MemoryLog(Generation(len(logs) + 1))
            parts = compact._parts(replayed(past.commits[:base]))  # pyright: ignore[reportPrivateUsage]  # what it lays
            await made.extend([Batch(at, part.SerializeToString(), baseline=True) for part in parts])
            logs.append(made)
    return logs


async def restored(past: Past, cut: Cut) -> Proof:
    logs = await generations(past)
    chapter = logs[await chapter_with(logs, cut)]
    copy = MemoryLog(Generation())
    await lay_down(upto(chapter, cut), copy, unwatched, 0)
    return await prove(copy, INVENTORY, SqliteDatabase(), unwatched)


def ends(past: Past) -> list[int]:
    """Return the event after each commit."""
    events, result = 0, list[int]()
    for commit in past.commits:
        events += len(commit.events)
        result.append(events)
    return result


@given(pasts(), st.data())
def test_a_restore_at_a_position_is_a_replay_of_every_commit_up_to_it(past: Past, data: st.DataObject) -> None:
    cut = data.draw(st.sampled_from([0, *ends(past)]))
    kept = [commit for commit, end in zip(past.commits, ends(past), strict=True) if end <= cut]
    assert asyncio.run(restored(past, Cut(event=cut))).digest == digest(replayed(kept))


@given(pasts(), st.integers(0, 30))
def test_a_restore_at_a_time_is_a_replay_of_every_commit_of_that_time_or_before(past: Past, later_us: int) -> None:
    time_us = past.commits[0].time_us + later_us
    kept = [commit for commit in past.commits if commit.time_us <= time_us]
    assert asyncio.run(restored(past, Cut(time_us=time_us))).digest == digest(replayed(kept))


@given(pasts(), st.integers(0, 40))
def test_a_position_that_is_no_commits_end_is_refused_with_the_nearest_ones(past: Past, event: int) -> None:
    known = [0, *ends(past)]
    if event in known:
        return
    nearest = [max(end for end in known if end < event), min((end for end in known if end > event), default=0)]
    said = f"the nearest positions are {nearest[0]} and {nearest[1]}" if nearest[1] else f"which is event {known[-1]}"
    with pytest.raises(NotInHistoryError, match=said):
        asyncio.run(restored(past, Cut(event=event)))


@given(pasts())
def test_without_a_cut_everything_is_there(past: Past) -> None:
    assert asyncio.run(restored(past, Cut())).digest == digest(replayed(past.commits))


@given(pasts())
def test_a_history_across_generations_tells_every_commit_once(past: Past) -> None:
    async def read() -> list[bytes]:
        return [batch.body async for batch in told(await generations(past))]

    bodies = [commit_pb2.Batch(commits=commits).SerializeToString() for commits in past.batches()]
    assert asyncio.run(read()) == bodies


def test_a_time_before_the_first_commit_is_refused_with_its_time() -> None:
    past = Past([Commit(time_us=1_000_000, request_id="1")], [], [])
    with pytest.raises(NotInHistoryError, match=r"before the first commit, which is of 1970-01-01T00:00:01\.000000Z"):
        asyncio.run(restored(past, Cut(time_us=999_999)))


def test_what_no_generation_knows_any_more_is_refused_with_the_oldest_position() -> None:
    commit = Commit(time_us=1_000_000, request="AddProductsReq", domain_version=1)
    commit.events.add(type="ProductAdded", body=ev.ProductAdded(uid=uid(1), sku="cola").SerializeToString())
    past = Past([commit, Commit(time_us=2_000_000, request_id="2")], [1, 1], [2])

    async def story() -> None:
        newest = (await generations(past))[-1:]
        for cut in (Cut(event=0), Cut(time_us=1_500_000)):
            with pytest.raises(
                NotInHistoryError, match="oldest position that is known: event 1 of 1970-01-01T00:00:02"
            ):
                await chapter_with(newest, cut)

    asyncio.run(story())


def test_a_log_that_grows_while_it_is_read_is_read_up_to_where_it_was() -> None:
    async def story() -> None:
        log = MemoryLog(Generation())
        at = await log.append(START, 0, b"1")

        async def growing() -> AsyncIterator[Batch]:
            async for batch in log.read(START):
                await log.append(await log.head(), 0, b"2")
                yield batch

        assert [batch.body async for batch in until(growing(), at)] == [b"1"]

    asyncio.run(story())
