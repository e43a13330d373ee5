"""Ports: what the platform asks of the world, in its own words. Adapters bring the technologies."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Value = int | str | bytes | None
Row = tuple[Any, ...]


class Rows(Protocol):
    """The rows of one statement."""

    def fetchone(self) -> Row | None:
        """Return the next row, or None after the last."""
        ...

    def fetchall(self) -> list[Row]:
        """Return all rows that are left."""
        ...


class Database(Protocol):
    """One tenant's state in SQL."""

    def execute(self, sql: str, params: Sequence[Value] = (), /) -> Rows:
        """Run one statement with bound `params`; the rows of the statement before are gone."""
        ...


@dataclass(frozen=True, slots=True)
class Pos:
    """A place in a log: `event` is the dense number of the last event, `cursor` the engine's own of its last batch."""

    event: int
    cursor: int


START = Pos(event=0, cursor=0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Commits that were appended together, as bytes, and the position after them."""

    pos: Pos
    body: bytes


class LogError(Exception):
    """The log did not do what it was asked."""


class ConflictError(LogError):
    """Somebody else wrote at the expected position: this writer has been replaced."""


class UnknownOutcomeError(LogError):
    """The batch may be in the log or not; only reading the log can tell."""


class DamagedLogError(LogError):
    """The log has a hole or a batch that cannot be read."""


class Log(Protocol):
    """One tenant's log: the truth."""

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch of so many `events` after `expected`, durably; raises ConflictError or UnknownOutcomeError."""
        ...

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        ...

    def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes; raises DamagedLogError."""
        ...

    async def close(self) -> None:
        """Give back what the log holds open."""
        ...


class Clock(Protocol):
    """The time of day."""

    def now_us(self) -> int:
        """Return microseconds since 1970, UTC."""
        ...
