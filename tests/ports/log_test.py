"""The contract of the Log port: one sentence per function, the same for every implementation."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bf.adapters.crypto.keyring import Keyring
from bf.adapters.crypto.log import SealedLog
from bf.adapters.crypto.seal import Sealer
from bf.adapters.memory.storage import MemoryStorage
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.log import REPLAY_BATCHES_MAX
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.ports import (
    START,
    Batch,
    CompactedError,
    ConflictError,
    DamagedLogError,
    Log,
    LogError,
    Pos,
    Storage,
)
from bf.sim.disk import Disk
from bf.sim.log import HEAD
from bf.sim.loop import SimLoop
from bf.sim.storage import SimStorage

ACME = "acme"


@dataclass(frozen=True)
class Place:
    """Where the logs of one implementation live, and what can happen to them behind their back."""

    storage: Storage
    lose: Callable[[int], None]
    """Take the batch of a number out."""
    spoil: Callable[[], None]
    """Overwrite everything, while nobody has it open."""
    run: Callable[[Coroutine[Any, Any, None]], object] = asyncio.run
    """Carry out a story on the loop that these logs are written for."""

    def open(self) -> Log:
        return self.storage.log(ACME)


def sqlite(folder: Path) -> Iterator[Place]:
    storage = DirectoryStorage(folder)
    storage.create(ACME)
    path = folder / "tenants" / ACME / "log-1-k1.db"

    def lose(number: int) -> None:
        database = SqliteDatabase(path, storage.keyring.use(ACME, "log pages").sub_key(1))
        database.execute("DELETE FROM batch WHERE batch = ?", (number,))
        database.close()

    def spoil() -> None:
        path.write_bytes(b"no log at all" * 1_000)

    yield Place(storage, lose, spoil)
    storage.close()


class SealedMemory(MemoryStorage):
    """Memory, with everything sealed that goes into it."""

    def __init__(self, keyring: Keyring) -> None:
        super().__init__()
        self._keyring = keyring

    def log(self, tenant: str) -> Log:
        return self._sealed(tenant, super().log(tenant))

    def draft(self, tenant: str) -> Log:
        return self._sealed(tenant, super().draft(tenant))

    def _sealed(self, tenant: str, log: Log) -> Log:
        return SealedLog(tenant, log, Sealer(self._keyring.use(tenant, "log")))


def memory(folder: Path) -> Iterator[Place]:
    keyring = Keyring(folder)
    keyring.create(ACME)
    storage = SealedMemory(keyring)
    storage.create(ACME)
    held = storage._tenants[ACME].generations[0]  # pyright: ignore[reportPrivateUsage]  # behind its back

    def lose(number: int) -> None:
        held.batches[:] = [batch for batch in held.batches if batch.pos.batch != number]

    def spoil() -> None:
        held.batches[:] = [replace(batch, body=b"no batch at all") for batch in held.batches]

    yield Place(storage, lose, spoil)


def simulated(folder: Path, *, sealed: bool = False) -> Iterator[Place]:
    del folder
    loop = SimLoop("logs")
    disk = Disk(loop, "server-1", Random("disk"))
    storage = SimStorage(disk, loop.world, Random("keys").randbytes, sealed=sealed)
    storage.create(ACME)
    file = disk.file(f"{ACME}/log-1-k1")

    def put(content: bytes) -> None:
        for kept in (file.content, file.durable):
            kept[:] = content
        file.version += 1

    def lose(number: int) -> None:
        records, at = list[bytes](), 0
        while at < len(file.content):
            _, size, _, batch, _ = HEAD.unpack_from(file.content, at)
            record = bytes(file.content[at : at + HEAD.size + size])
            at += len(record)
            if batch != number:
                records.append(record)
        put(b"".join(records))

    def spoil() -> None:
        put(b"no log at all" * 1_000)

    yield Place(storage, lose, spoil, loop.run_until_complete)
    assert loop.faults == []
    loop.bury(loop.world)
    loop.close()


def simulated_and_sealed(folder: Path) -> Iterator[Place]:
    yield from simulated(folder, sealed=True)


IMPLEMENTATIONS = [sqlite, memory, simulated, simulated_and_sealed]
"""A new one is one more word here."""


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda each: each.__name__)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from request.param(tmp_path)


def tell(place: Place, story: Callable[[Log], Coroutine[Any, Any, None]]) -> None:
    """Tell a story about one open log."""

    async def told() -> None:
        log = place.open()
        try:
            await story(log)
        finally:
            await log.close()

    place.run(told())


async def batches(log: Log, after: Pos = START) -> list[Batch]:
    return [batch async for batch in log.read(after)]


async def filled(log: Log, count: int) -> list[Batch]:
    """Append so many batches: of 1, 2, 3, 1, 2, 3, … events."""
    pos, written = START, list[Batch]()
    for number in range(count):
        body = f"body {number}".encode()
        pos = await log.append(pos, 1 + number % 3, body)
        written.append(Batch(pos, body))
    return written


def test_an_empty_log_begins_at_the_start_and_has_nothing_to_read(place: Place) -> None:
    async def story(log: Log) -> None:
        assert await log.head() == START
        assert await batches(log) == []

    tell(place, story)


def test_positions_count_events_without_gaps(place: Place) -> None:
    async def story(log: Log) -> None:
        events = [batch.pos.event for batch in await filled(log, 6)]
        assert events == [1, 3, 6, 7, 9, 12]
        assert (await log.head()).event == 12

    tell(place, story)


def test_a_batch_without_events_moves_the_batch_number_only(place: Place) -> None:
    async def story(log: Log) -> None:
        first = await log.append(START, 2, b"two events")
        second = await log.append(first, 0, b"a refusal with an id")
        assert second.event == first.event
        assert second != first
        assert await log.head() == second
        assert [batch.body for batch in await batches(log, first)] == [b"a refusal with an id"]

    tell(place, story)


def test_what_was_appended_is_read_as_it_was_byte_by_byte(place: Place) -> None:
    bodies = [b"", b"\x00", bytes(range(256)), b"x" * 3_000_000]

    async def story(log: Log) -> None:
        pos = START
        for body in bodies:
            pos = await log.append(pos, 1, body)
        assert [batch.body for batch in await batches(log)] == bodies

    tell(place, story)


def test_reading_begins_after_a_position(place: Place) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 5)
        assert await batches(log) == written
        assert await batches(log, written[1].pos) == written[2:]
        assert await batches(log, written[-1].pos) == []

    tell(place, story)


def test_more_batches_than_are_read_at_a_time_come_in_order(place: Place) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 2 * REPLAY_BATCHES_MAX + 1)
        assert await batches(log) == written

    tell(place, story)


def test_a_batch_that_is_appended_while_somebody_reads_disturbs_nobody(place: Place) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 2)
        reader = aiter(log.read(START))
        seen = [await anext(reader)]
        later = Batch(await log.append(written[-1].pos, 1, b"later"), b"later")
        seen += [batch async for batch in reader]
        assert seen in (written, [*written, later])  # the end of a reading is a hint, what is read is not
        assert await batches(log) == [*written, later]

    tell(place, story)


@pytest.mark.parametrize("expected", [START, Pos(1, 1), Pos(3, 3), Pos(4, 2), Pos(99, 99)])
def test_a_wrong_expected_position_is_a_conflict_and_leaves_the_log_as_it_was(place: Place, expected: Pos) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 2)
        assert written[-1].pos != expected
        with pytest.raises(ConflictError):
            await log.append(expected, 1, b"not this one")
        assert await batches(log) == written
        assert await log.append(written[-1].pos, 1, b"but this one") == await log.head()

    tell(place, story)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_invariant_2_a_hole_is_damage_and_never_no_event(place: Place, lost: int) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 4)
        place.lose(lost)
        reader = aiter(log.read(START))
        assert [await anext(reader) for _ in range(lost - 1)] == written[: lost - 1]
        with pytest.raises(DamagedLogError):
            await anext(reader)

    tell(place, story)


def test_invariant_2_a_hole_at_a_page_of_the_reader_is_damage(place: Place) -> None:
    async def story(log: Log) -> None:
        await filled(log, REPLAY_BATCHES_MAX + 3)
        place.lose(REPLAY_BATCHES_MAX + 1)
        with pytest.raises(DamagedLogError):
            await batches(log)

    tell(place, story)


def test_invariant_1_what_was_appended_is_there_after_reopening(place: Place) -> None:
    written = list[Batch]()

    async def write(log: Log) -> None:
        written.extend(await filled(log, 3))

    async def look(log: Log) -> None:
        assert await log.head() == written[-1].pos
        assert await batches(log) == written

    tell(place, write)
    tell(place, look)


def test_invariant_1_another_handle_sees_an_append_as_soon_as_it_returns(place: Place) -> None:
    async def story(log: Log) -> None:
        other = place.open()
        for count in (1, 2):
            pos = await log.append(await other.head(), count, b"fact")
            assert await other.head() == pos
        await other.close()

    tell(place, story)


def test_of_two_handles_that_expect_the_same_position_one_wins(place: Place) -> None:
    async def story(log: Log) -> None:
        other = place.open()
        pos = START
        for number in range(20):
            bodies = [f"{number} of one".encode(), f"{number} of other".encode()]
            outcomes = await asyncio.gather(
                log.append(pos, 1, bodies[0]), other.append(pos, 1, bodies[1]), return_exceptions=True
            )
            won = [outcome for outcome in outcomes if isinstance(outcome, Pos)]
            assert won == [Pos(number + 1, number + 1)]
            assert sum(isinstance(outcome, LogError) for outcome in outcomes) == 1
            pos = won[0]
            assert [batch.body for batch in await batches(log)][number:] == [bodies[outcomes.index(pos)]]
        await other.close()

    tell(place, story)


def test_a_handle_that_was_overtaken_conflicts_until_it_has_read_on(place: Place) -> None:
    async def story(log: Log) -> None:
        other = place.open()
        await log.append(START, 1, b"first")
        with pytest.raises(ConflictError):
            await other.append(START, 1, b"too late")
        assert await other.append((await batches(other))[-1].pos, 1, b"second") == await log.head()
        await other.close()

    tell(place, story)


def test_a_log_that_is_overwritten_is_damage(place: Place) -> None:
    async def write(log: Log) -> None:
        await filled(log, 3)

    async def look(log: Log) -> None:
        await batches(log)

    tell(place, write)
    place.spoil()
    with pytest.raises(DamagedLogError):
        tell(place, look)


# Following


def test_a_follower_gets_what_was_there_and_then_each_new_batch(place: Place) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 3)
        other = place.open()
        follower = aiter(other.follow(written[0].pos))
        assert [await anext(follower) for _ in range(2)] == written[1:]
        waiting = asyncio.ensure_future(anext(follower))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        later = Batch(await log.append(written[-1].pos, 2, b"later"), b"later")
        assert await asyncio.wait_for(waiting, 10) == later
        await other.close()

    tell(place, story)


# Generations


def baseline(pos: Pos, body: bytes = b"baseline") -> Batch:
    return Batch(pos, body, baseline=True)


async def compacted(place: Place, log: Log) -> tuple[list[Batch], Log]:
    """Append 4 batches, and publish a generation with a baseline of 2 parts for the first 3 of them."""
    written = await filled(log, 4)
    draft = place.storage.draft(ACME)
    await draft.extend([baseline(written[2].pos, b"part 0")])
    await draft.extend([baseline(written[2].pos, b"part 1"), written[3]])
    await draft.sync()
    await draft.close()
    await place.storage.publish(ACME)
    return written, place.open()


def test_a_draft_is_nobodys_log_before_it_is_published(place: Place) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 2)
        draft = place.storage.draft(ACME)
        assert draft.generation == log.generation + 1 == 2
        await draft.extend([baseline(written[0].pos)])
        await draft.close()
        again = place.open()
        assert again.generation == 1
        assert await batches(again) == written
        await again.close()

    tell(place, story)


def test_a_draft_is_begun_anew_each_time(place: Place) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 2)
        for _ in range(2):
            draft = place.storage.draft(ACME)
            assert await draft.head() == START
            await draft.extend([baseline(written[0].pos)])
            assert await draft.head() == written[0].pos
            await draft.close()

    tell(place, story)


def test_a_published_generation_begins_with_its_baseline_and_goes_on_at_the_same_positions(place: Place) -> None:
    async def story(log: Log) -> None:
        written, again = await compacted(place, log)
        assert again.generation == 2
        assert await again.head() == written[3].pos
        base = written[2].pos
        parts = [baseline(base, b"part 0"), baseline(base, b"part 1")]
        assert await batches(again) == [*parts, written[3]]
        assert await batches(again, base) == [written[3]]
        later = await again.append(written[3].pos, 1, b"later")
        assert later == Pos(written[3].pos.event + 1, written[3].pos.batch + 1)
        await again.close()

    tell(place, story)


def test_what_lies_before_the_baseline_is_compacted_and_never_no_event(place: Place) -> None:
    async def story(log: Log) -> None:
        written, again = await compacted(place, log)
        for pos in (written[0].pos, written[1].pos):
            with pytest.raises(CompactedError):
                await batches(again, pos)
        await again.close()

    tell(place, story)


def test_a_baseline_is_laid_before_the_first_batch_for_one_position(place: Place) -> None:
    async def story(log: Log) -> None:
        written = await filled(log, 2)
        draft = place.storage.draft(ACME)
        await draft.extend([baseline(written[0].pos)])
        with pytest.raises(ConflictError):
            await draft.extend([baseline(written[1].pos)])
        await draft.extend([written[1]])
        with pytest.raises(ConflictError):
            await draft.extend([baseline(written[0].pos)])
        for wrong in (written[1], Batch(Pos(99, 99), b"far away")):
            with pytest.raises(ConflictError):
                await draft.extend([wrong])
        assert await batches(draft) == [baseline(written[0].pos), written[1]]
        await draft.close()

    tell(place, story)


@pytest.mark.parametrize("archive", [False, True])
def test_generations_below_a_number_are_given_up(place: Place, *, archive: bool) -> None:
    async def story(log: Log) -> None:
        _, again = await compacted(place, log)
        before = await batches(again)
        place.storage.truncate(ACME, again.generation, archive=archive)
        assert await batches(again) == before
        await again.close()

    tell(place, story)


def test_a_log_says_how_many_bytes_it_takes(place: Place) -> None:
    async def story(log: Log) -> None:
        before = await log.size()
        await log.append(START, 1, os.urandom(100_000))
        assert 90_000 <= await log.size() - before < 200_000

    tell(place, story)
