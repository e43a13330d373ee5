"""The contract of the Log port: one sentence per function, the same for every implementation."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.log import SqliteLog
from bf.core.limits import REPLAY_BATCHES_MAX
from bf.core.ports import START, Batch, ConflictError, DamagedLogError, Log, LogError, Pos


@dataclass(frozen=True)
class Place:
    """Where a log of one implementation lives, and what can happen to it behind its back."""

    open: Callable[[], Log]
    lose: Callable[[int], None]
    """Take the batch at a cursor out."""
    spoil: Callable[[], None]
    """Overwrite everything, while nobody has it open."""


def sqlite(folder: Path, executor: ThreadPoolExecutor) -> Place:
    path = folder / "log.db"

    def lose(cursor: int) -> None:
        database = SqliteDatabase(path)
        database.execute("DELETE FROM batch WHERE cursor = ?", (cursor,))
        database.close()

    def spoil() -> None:
        path.write_bytes(b"no log at all" * 1_000)

    return Place(lambda: SqliteLog(path, executor), lose, spoil)


IMPLEMENTATIONS = [sqlite]
"""A new one is one more word here."""


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda each: each.__name__)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with ThreadPoolExecutor(4) as executor:
        yield request.param(tmp_path, executor)


def tell(place: Place, story: Callable[[Log], Coroutine[Any, Any, None]]) -> None:
    """Tell a story about one open log."""

    async def told() -> None:
        log = place.open()
        try:
            await story(log)
        finally:
            await log.close()

    asyncio.run(told())


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


def test_a_batch_without_events_moves_the_cursor_only(place: Place) -> None:
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
