"""A tenant's past, as commits in order: across the generations of its log, up to a position or a time.

    generation 1   ├──┬──┬──┬──┤ batches, up to where compaction left it in the archive
    generation 2            ╞══╪──┬──┬──┤ a baseline that stands for everything up to its position, then batches
    told as one    ├──┬──┬──┬──┬──┬──┬──┤

Rules of this file:
1. A cut lies between two commits: half a commit is never told.
2. A cut keeps every commit whose events, and whose time, are not after it.
3. What lies before the oldest baseline, or after the end, is refused and never guessed.
"""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from bf.core.ports import START, Batch, DamagedLogError, Pos
from bf.node.api import commit_pb2
from bf.node.times import text_of


class NotInHistoryError(Exception):
    """What was asked for is not in what is known."""


class Chapter(Protocol):
    """Batches that follow each other, perhaps after a baseline: a generation of a log, or a chain of backups."""

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        ...

    def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes."""
        ...


class Beginning(NamedTuple):
    """Where a chapter begins: what it stands for, and the time of the last commit of that."""

    pos: Pos
    time_us: int


class Cut(NamedTuple):
    """Up to where history is told: an event, a time, or all of it."""

    event: int | None = None
    time_us: int | None = None

    def __str__(self) -> str:
        if self.time_us is not None:
            return text_of(self.time_us)
        return "the end" if self.event is None else f"event {self.event}"

    def is_before(self, begins: Beginning) -> bool:
        """Say whether a chapter begins too late for it."""
        if self.time_us is not None:
            return self.time_us < begins.time_us
        return self.event is not None and self.event < begins.pos.event

    def is_passed_by(self, event: int, time_us: int) -> bool:
        """Say whether a commit, with the event after it and its time, lies after the cut."""
        if self.time_us is not None:
            return time_us > self.time_us
        return self.event is not None and event > self.event


async def beginning(chapter: Chapter) -> Beginning:
    """Read where a chapter begins."""
    async for batch in chapter.read(START):
        if not batch.baseline:
            break
        marks = opened(batch).baseline
        if marks.last:
            return Beginning(batch.pos, marks.time_us)
    return Beginning(START, 0)


async def chapter_with(chapters: Sequence[Chapter], cut: Cut) -> int:
    """Return the index of the newest chapter that begins before a cut; NotInHistoryError says the oldest position."""
    oldest = Beginning(START, 0)
    for index in reversed(range(len(chapters))):
        oldest = await beginning(chapters[index])
        if not cut.is_before(oldest):
            return index
    raise NotInHistoryError(
        f"{cut} lies before the oldest position that is known: event {oldest.pos.event} of {text_of(oldest.time_us)}"
    )


async def upto(chapter: Chapter, cut: Cut) -> AsyncIterator[Batch]:
    """Yield a chapter up to a cut; NotInHistoryError if it is inside a commit, before the first or after the last."""
    at, nothing_before = START, True
    async for batch in chapter.read(START):
        if batch.baseline:
            yield batch
            at, nothing_before = batch.pos, False
            continue
        message = opened(batch)
        kept, event = _keep(message, at.event, cut)
        if cut.time_us is not None and nothing_before and not kept:
            first = text_of(message.commits[0].time_us)
            raise NotInHistoryError(f"{cut} lies before the first commit, which is of {first}")
        if kept < len(message.commits):
            del message.commits[kept:]
            if kept:
                yield Batch(Pos(event, batch.pos.batch), message.SerializeToString())
            return
        yield batch
        at, nothing_before = batch.pos, False
    if cut.event is not None and at.event < cut.event:
        raise NotInHistoryError(f"{cut} lies after the end, which is event {at.event}")


async def told(chapters: Sequence[Chapter]) -> AsyncIterator[Batch]:
    """Yield chapters that lead to each other as one: the first baseline, if there is one, then every batch once."""
    begins = [(await beginning(chapter)).pos for chapter in chapters]
    first = max((index for index, base in enumerate(begins) if base == START), default=0)
    at = START
    for chapter, until in zip(chapters[first:], [*begins[first + 1 :], None], strict=True):
        async for batch in chapter.read(at):
            if until and batch.pos.batch > until.batch:
                break
            yield batch
            at = batch.pos
        if until and at != until:
            raise DamagedLogError(f"the log that was kept leads to {at}, but its next generation begins at {until}")


def _keep(message: commit_pb2.Batch, event: int, cut: Cut) -> tuple[int, int]:
    """Return how many commits of a batch lie before a cut, and the event after them."""
    kept = 0
    for commit in message.commits:
        after = event + len(commit.events)
        if cut.is_passed_by(after, commit.time_us):
            if cut.event is not None and event < cut.event:
                raise NotInHistoryError(
                    f"{cut} lies inside a commit ({commit.request} of {text_of(commit.time_us)}): "
                    f"the nearest positions are {event} and {after}"
                )
            break
        kept, event = kept + 1, after
    return kept, event


def opened(batch: Batch) -> commit_pb2.Batch:
    """Read a batch's commits; DamagedLogError."""
    try:
        return commit_pb2.Batch.FromString(batch.body)
    except Exception as error:
        raise DamagedLogError(f"batch {batch.pos.batch} cannot be read: {type(error).__name__}") from error
