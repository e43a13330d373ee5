"""Compaction and rebuilding: a shorter log, another state, the same tenant, while traffic goes on."""

import asyncio
import copy
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from random import Random
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from tests.support.tenants import (
    ACME,
    ROOT,
    Traffic,
    commits,
    digests,
    done,
    files,
    furnish,
    new_tenant,
    node_on,
    on_hand,
    put,
    uid,
)

from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.memory.storage import MemoryStorage
from bf.adapters.sqlite.database import empty_state
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.domain import Domain
from bf.core.ports import START, Batch, Env, Log, Pos, UnknownOutcomeError
from bf.core.refusal import Code
from bf.core.spec import Spec, specs_of
from bf.core.tx import Tx
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node import compact as compacting
from bf.node.compact import Compacted, CompactionError, compact
from bf.node.contents import contents, digest
from bf.node.node import Node
from bf.node.pace import Pace
from bf.node.rebuild import rebuild
from bf.node.replay import unwatched
from bf.node.verify import verify


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_tenant(tmp_path)
    return tmp_path


def env_of(node: Node) -> Env:
    return node._env  # pyright: ignore[reportPrivateUsage]  # what the operator's commands are given


async def compacted(node: Node, *, archive: bool = False) -> Compacted:
    return await compact(await node.cell(ACME), env_of(node), archive=archive)


async def updates(node: Node, count: int, name: str) -> None:
    answers = await asyncio.gather(*(node.call(ACME, put(1), f"{name}-{number}") for number in range(count)))
    assert {answer.code for answer in answers} == {Code.OK}


# Every spec's state can be said as a baseline


@pytest.mark.parametrize("spec", specs_of(INVENTORY), ids=lambda spec: spec.name)
def test_invariant_3_the_baseline_of_a_spec_makes_its_state(spec: Spec) -> None:
    state = empty_state(INVENTORY)
    state.begin()
    state.replay(spec.given, 0)
    assert INVENTORY.baseline
    events = list(INVENTORY.baseline(Tx(state.database, {}, state.last_uid, 0)))
    made = empty_state(INVENTORY)
    made.begin()
    made.replay(events, 0)
    made.last_uid, made.pos = state.last_uid, state.pos
    assert list(contents(made)) == list(contents(state))
    assert digest(made) == digest(state)


# A shorter log


def test_a_uid_is_never_given_again_when_a_short_log_is_replayed_at_once(root: Path) -> None:
    """The newest uid is of a reservation that is closed: only the baseline's mark knows of it."""

    async def story() -> list[str]:
        reserve = rq.ReserveReq(reservation="R", items=[rq.ReserveReq.Item(sku="cola", quantity=1)], location=ROOT)
        async with node_on(root) as node:
            await furnish(node)
            await done(node, put(5))
            first = rq.ReserveResp.FromString((await done(node, reserve)).response).reservation
            await done(node, rq.CancelReq(reservation=first))
            await compacted(node)
            await done(node, put(1))
        for path in files(root, "state"):
            path.unlink()
        async with node_on(root) as node:
            second = rq.ReserveResp.FromString((await done(node, reserve)).response).reservation
        return [first, second]

    assert asyncio.run(story()) == [uid(3), uid(4)]


def test_a_compacted_tenant_is_the_same_and_its_log_is_as_long_as_its_state(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            for number in range(10):
                await updates(node, 50, f"round-{number}")
            before = digest((await node.cell(ACME)).derived.state)
            result = await compacted(node)
            assert result.events == 3  # the shelf, the product, 500 units
            assert result.generation == 2
            assert digest((await node.cell(ACME)).derived.state) == before
            assert (await verify(await node.cell(ACME), env_of(node), unwatched)).sound
            await updates(node, 1, "after")
            assert await on_hand(node) == 501

    asyncio.run(story())
    assert [path.name for path in files(root, "log")] == ["log-2-k1.db"]
    assert len(files(root, "state")) == 1
    lies, made = digests(root)
    assert lies == made


def test_invariant_5_first_answers_outlive_a_compaction_and_the_loss_of_the_state(root: Path) -> None:
    too_much = put(-1_000)

    async def story(*, again: bool) -> None:
        async with node_on(root) as node:
            if not again:
                await furnish(node)
            first = await done(node, put(5), "delivery")
            assert rq.UpdateInventoryResp.FromString(first.response).on_hand == 5
            assert (await node.call(ACME, too_much, "take")).reason == "NotOnHand"
            await compacted(node)
            assert await node.call(ACME, put(5), "delivery") == first
            assert (await node.call(ACME, too_much, "take")).reason == "NotOnHand"
            assert await on_hand(node) == 5

    asyncio.run(story(again=False))
    for path in files(root, "state"):
        path.unlink()
    asyncio.run(story(again=True))
    lies, made = digests(root)
    assert lies == made


def test_uids_go_on_where_they_were_though_what_had_the_last_is_gone(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await done(node, put(5))
            reserve = rq.ReserveReq(reservation="sale", items=[{"sku": "cola", "quantity": 2}], location=ROOT)
            reservation = rq.ReserveResp.FromString((await done(node, reserve)).response).reservation
            await done(node, rq.CancelReq(reservation=reservation))
            await compacted(node)
            again = rq.ReserveResp.FromString((await done(node, reserve)).response).reservation
            assert int(again[24:], 16) == int(reservation[24:], 16) + 1

    asyncio.run(story())


def test_a_tenant_may_be_compacted_again_and_again(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            for number in range(5):
                await updates(node, 5, f"round-{number}")
                assert (await compacted(node)).generation == number + 2
            await compacted(node)  # with nothing since the last time
            assert await on_hand(node) == 25

    asyncio.run(story())
    assert len(files(root, "log")) == 1


def test_what_was_compacted_is_kept_as_an_archive_if_asked_for(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await updates(node, 5, "first")
            await compacted(node, archive=True)
            await updates(node, 5, "second")
        storage = DirectoryStorage(root)
        (archive,) = storage.archives(ACME)
        assert [batch.pos.batch async for batch in archive.read(START)] == [1, 2, 3]
        await archive.close()
        storage.close()

    asyncio.run(story())


def test_an_empty_log_is_compacted_to_an_empty_one(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            assert (await compacted(node)).events == 0
            await furnish(node)
            assert await on_hand(node) == 0

    asyncio.run(story())
    assert len(commits(root)) == 2


def test_traffic_goes_on_and_nothing_of_it_is_lost(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            traffic = Traffic(node, 8)
            results: list[Compacted] = []
            for _ in range(5):
                await asyncio.sleep(0.05)
                results.append(await compacted(node))
            sent = await traffic.stop()
            assert sent > 100
            assert await on_hand(node) == sent
            assert [result.generation for result in results] == [2, 3, 4, 5, 6]

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


@given(units=st.lists(st.integers(-3, 5).filter(bool), min_size=1, max_size=30), cut=st.integers(0, 30))
def test_invariant_3_any_history_compacted_anywhere_makes_the_same_state(units: list[int], cut: int) -> None:
    """In memory, so that the port and not the disk is what is relied on."""

    async def story(*, compacting_at: int) -> list[Any]:
        storage = MemoryStorage()
        storage.create(ACME)
        node = Node(Env(MachineClock(), storage, NoMeter()), INVENTORY)
        await furnish(node)
        for number, change in enumerate(units):
            if number == compacting_at:
                await compacted(node)
            await node.call(ACME, put(change), f"{number}" if number % 2 else "")
        await node.close(ACME)  # memory keeps no state: it is made of the log again
        state = (await node.cell(ACME)).derived if await on_hand(node) >= 0 else None
        assert state
        rows = [each for each in contents(state.state) if each[0] not in ("bf_state", "bf_answer")]
        answers = state.state.database.execute("SELECT number, request_id, code FROM bf_answer").fetchall()
        assert state.state.pos == await (await node.cell(ACME)).log.head()
        await node.stop()
        return [rows, answers, state.state.pos, state.state.last_uid]

    assert asyncio.run(story(compacting_at=cut)) == asyncio.run(story(compacting_at=-1))


# Proof and faults


def test_a_baseline_that_does_not_make_the_same_state_is_not_believed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = INVENTORY.baseline
    assert right

    def forgetful(tx: Tx) -> list[Message]:
        return list(right(tx))[:-1]

    monkeypatch.setattr(INVENTORY, "baseline", forgetful)

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await updates(node, 5, "first")
            with pytest.raises(CompactionError, match="does not make the same state"):
                await compacted(node)
            await updates(node, 5, "second")
            assert await on_hand(node) == 10

    asyncio.run(story())
    assert [path.name for path in files(root, "log")] == ["log-1-k1.db"]
    assert len(files(root, "state")) == 1
    lies, made = digests(root)
    assert lies == made


COMPACTION = compacting._Compaction  # pyright: ignore[reportPrivateUsage]  # its steps
STEPS: list[tuple[Any, str]] = [
    (DirectoryStorage, "draft"),
    (DirectoryStorage, "publish"),
    (DirectoryStorage, "log"),
    (DirectoryStorage, "truncate"),
    (DirectoryStorage, "drop"),
    (DirectoryStorage, "database"),
    (COMPACTION, "_lay"),
    (COMPACTION, "_prove"),
    (COMPACTION, "_copy"),
    (compacting, "catch_up"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("where", "step"), STEPS, ids=[step for _, step in STEPS])
def test_a_compaction_that_fails_at_any_step_leaves_a_working_tenant(
    root: Path, monkeypatch: pytest.MonkeyPatch, where: type, step: str, *, after: bool
) -> None:
    right = getattr(where, step)
    armed = [False]

    def faulty(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever the step takes and gives
        if not armed[0]:
            return right(*args, **kwargs)
        armed[0] = False
        if not after:
            raise OSError("the disk")
        result = right(*args, **kwargs)
        if not isinstance(result, Coroutine):
            raise OSError("the disk")

        async def failing() -> None:
            await result
            raise OSError("the disk")

        return failing()

    monkeypatch.setattr(where, step, faulty)

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await updates(node, 5, "first")
            armed[0] = True
            with pytest.raises((CompactionError, UnknownOutcomeError, OSError)):
                await compacted(node)
            assert not armed[0]
            for _ in range(3):  # a cell that has stopped says so, and the next call opens another
                if (await node.call(ACME, put(5), "second")).code == Code.OK:
                    break
            assert await on_hand(node) == 10
            await compacted(node)
            assert await on_hand(node) == 10

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made
    assert len(files(root, "log")) == 1
    assert files(root, "draft") == []


@pytest.mark.parametrize("work", ["compact", "rebuild"])
def test_work_that_is_cancelled_at_any_moment_leaves_a_working_tenant(root: Path, work: str) -> None:
    async def change(node: Node) -> None:
        if work == "compact":
            await compacted(node)
        else:
            await rebuild(await node.cell(ACME), env_of(node), INVENTORY, unwatched)

    async def story() -> None:
        dice = Random(20221125)
        async with node_on(root) as node:
            await furnish(node)
            for number in range(60):
                await done(node, put(1), f"delivery-{number}")
                changing = asyncio.create_task(change(node))
                await asyncio.sleep(dice.random() * 0.02)
                changing.cancel()
                await asyncio.wait([changing])
            assert await on_hand(node) == 60
            assert (await verify(await node.cell(ACME), env_of(node), unwatched)).sound
            await change(node)
            assert await on_hand(node) == 60

    asyncio.run(story())
    assert len(files(root, "log")) == len(files(root, "state")) == 1
    lies, made = digests(root)
    assert lies == made


# Rebuilding


def version_2() -> Domain:
    domain = copy.copy(INVENTORY)
    domain.version = 2
    domain.schema += "CREATE TABLE new_in_version_2 (one INTEGER PRIMARY KEY) STRICT;\n"
    return domain


def test_a_state_may_be_rebuilt_while_its_tenant_is_still_being_opened(root: Path) -> None:
    async def begin() -> None:
        async with node_on(root) as node:
            await furnish(node)

    async def story() -> None:
        async with node_on(root) as node:
            await rebuild(await node.cell(ACME), env_of(node), INVENTORY, unwatched)
            await done(node, put(1))

    asyncio.run(begin())
    for path in files(root, "state"):
        path.unlink()
    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made
    assert len(files(root, "state")) == 1


def test_a_change_of_the_schema_is_a_rebuild_under_traffic(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await updates(node, 200, "before")
            traffic = Traffic(node, 4)
            await asyncio.sleep(0.05)
            cell = await node.cell(ACME)
            await rebuild(cell, env_of(node), version_2(), unwatched)
            state = cell.derived.state
            assert state.database.execute("SELECT count(*) FROM new_in_version_2").fetchone() == (0,)
            sent = await traffic.stop()
            assert await on_hand(node) == 200 + sent

    asyncio.run(story())
    assert {commit.domain_version for commit in commits(root)} == {1, 2}


def test_while_a_state_is_rebuilt_queries_are_answered_from_the_one_before(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await updates(node, 20, "before")

    async def story() -> None:
        gate = asyncio.Event()
        read = DirectoryStorage.log

        def slow(storage: DirectoryStorage, tenant: str) -> Log:
            log = read(storage, tenant)
            fast = log.read

            async def later(after: Pos) -> AsyncIterator[Batch]:
                await gate.wait()
                async for batch in fast(after):
                    yield batch

            monkeypatch.setattr(log, "read", later)
            return log

        monkeypatch.setattr(DirectoryStorage, "log", slow)
        async with node_on(root, version_2()) as node:
            assert await asyncio.wait_for(on_hand(node), 10) == 20
            writing = asyncio.create_task(node.call(ACME, put(1), "one more"))
            await asyncio.sleep(0.05)
            assert not writing.done()
            assert await asyncio.wait_for(on_hand(node), 10) == 20
            gate.set()
            assert (await writing).code == Code.OK
            assert await on_hand(node) == 21

    asyncio.run(begin())
    asyncio.run(story())


def test_damage_that_turns_up_while_it_runs_is_mended_from_the_log(root: Path) -> None:
    async def begin() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await done(node, rq.AddProductsReq(skus=[f"{number:0100}" for number in range(2_000)]))
            await done(node, put(5), "five")

    asyncio.run(begin())
    (path,) = files(root, "state")
    body = bytearray(path.read_bytes())
    for place in range(len(body) // 2, len(body) // 2 + 50_000, 4_096):
        body[place] ^= 1
    path.write_bytes(body)

    async def story() -> None:
        async with node_on(root) as node:
            answers = [await node.call(ACME, rq.ListProductsReq(), "") for _ in range(3)]
            assert answers[-1].code == Code.OK
            assert len(rq.ListProductsResp.FromString(answers[-1].response).items) == 2_001
            assert await on_hand(node) == 5

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


# Verifying


def test_a_state_that_is_not_what_its_log_makes_is_named_with_its_first_row(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await done(node, put(5))
            cell = await node.cell(ACME)
            found = await verify(cell, env_of(node), unwatched)
            assert (found.sound, found.events) == (True, 3)
            cell.derived.state.database.execute("UPDATE stock SET here = 6, on_hand = 6 WHERE location = 1")
            found = await verify(cell, env_of(node), unwatched)
            assert not found.sound
            assert found.state == ("stock", (1, 2, 6, 6, 0))
            assert found.log == ("stock", (1, 2, 5, 5, 0))

    asyncio.run(story())


def test_a_budget_of_bytes_makes_long_work_slower() -> None:
    class Clock:
        now = 0

        def now_us(self) -> int:
            return self.now

        def elapsed_us(self) -> int:
            return self.now

    async def story() -> None:
        clock = Clock()
        pace = Pace(clock, bytes_per_s=100_000_000)
        began = asyncio.get_running_loop().time()
        await pace.step(5_000_000)
        assert asyncio.get_running_loop().time() - began >= 0.045

    asyncio.run(story())
