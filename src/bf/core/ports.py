"""Ports: what the platform asks of the world, in its own words. Adapters bring the technologies."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from google.protobuf.message import Message

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

    def changes(self) -> int:
        """Return how many rows the last INSERT, UPDATE or DELETE changed."""
        ...

    def close(self) -> None:
        """Give back what the database holds open."""
        ...

    def execute(self, sql: str, params: Sequence[Value] = (), /) -> Rows:
        """Run one statement with bound `params`; the rows of the statement before are gone."""
        ...


class Pos(NamedTuple):
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
        """Append a batch of so many `events` after `expected`, durably; raises ConflictError, UnknownOutcomeError."""
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


class Storage(Protocol):
    """Where tenants live on this machine."""

    def tenants(self) -> list[str]:
        """Return the names of all tenants, sorted."""
        ...

    def log(self, tenant: str) -> Log:
        """Open a tenant's log; KeyError if there is no such tenant."""
        ...

    def database(self, tenant: str, *, fresh: bool) -> Database:
        """Open a tenant's state; a `fresh` one is empty, what was there before is gone."""
        ...


@dataclass(frozen=True, slots=True)
class Env:
    """The world as an argument; nothing that gets it knows whether it is real."""

    clock: Clock
    storage: Storage


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller gets: a response, or a refusal with its code, name, sentence and, if one is to blame, field."""

    code: int
    response: bytes = b""
    reason: str = ""
    message: str = ""
    field: str = ""


class Calls(Protocol):
    """Whoever carries out requests for tenants."""

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request of a tenant, at most once if it has a `request_id`; `actor` says who asks."""
        ...
