"""Ports: what the platform asks of the world, in its own words. Adapters bring the technologies."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from google.protobuf.message import Message

from bf.core.scripts import NOBODY, ScriptsOf

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

    def in_transaction(self) -> bool:
        """Say whether one is open; an error of the disk may have rolled it back, even if nothing was written."""
        ...

    def is_damage(self, error: Exception) -> bool:
        """Say whether an error that `execute` raised means that what the database holds cannot be trusted."""
        ...

    def size(self) -> int:
        """Return the bytes that it takes."""
        ...

    def snapshot(self) -> "Database":
        """Open a view of what is committed now; later changes do not reach it."""
        ...


class Pos(NamedTuple):
    """A place in a log: the dense numbers of the last event and of the last batch before it, in every generation."""

    event: int
    batch: int


START = Pos(event=0, batch=0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Commits that were appended together, or a part of the baseline of a generation, and the position after them."""

    pos: Pos
    body: bytes
    baseline: bool = False


class LogError(Exception):
    """The log did not do what it was asked."""


class ConflictError(LogError):
    """Somebody else wrote at the expected position: this writer has been replaced."""


class UnknownOutcomeError(LogError):
    """The batch may be in the log or not; only reading the log can tell."""


class DamagedLogError(LogError):
    """The log has a hole or a batch that cannot be read."""


class CompactedError(LogError):
    """What was asked for lies before the baseline: read from START instead."""


class Log(Protocol):
    """One generation of a tenant's log: the truth."""

    @property
    def generation(self) -> int:
        """Return its number, from 1; each compaction makes the next."""
        ...

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch of so many `events` after `expected`, durably; raises ConflictError, UnknownOutcomeError."""
        ...

    async def extend(self, batches: Sequence[Batch]) -> None:
        """Copy batches of an earlier generation into a draft, baseline first; durable after `sync`; ConflictError."""
        ...

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        ...

    def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes; raises DamagedLogError, CompactedError."""
        ...

    def follow(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, and then each new one, for ever."""
        ...

    async def sync(self) -> None:
        """Make durable all that is written, a draft, or what a process left that died: only then may it be believed."""
        ...

    async def size(self) -> int:
        """Return the bytes that it takes."""
        ...

    async def close(self) -> None:
        """Give back what the log holds open."""
        ...


class Clock(Protocol):
    """The time of day."""

    def now_us(self) -> int:
        """Return microseconds since 1970, UTC; it may jump."""
        ...

    def elapsed_us(self) -> int:
        """Return microseconds since some moment; it never goes back."""
        ...


class Meter(Protocol):
    """Where numbers about the platform go; never a tenant's data."""

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Note one value of many: seconds, bytes or a number, as the name says."""
        ...


class Storage(Protocol):
    """Where tenants live on this machine."""

    def tenants(self) -> list[str]:
        """Return the names of all tenants, sorted."""
        ...

    def log(self, tenant: str) -> Log:
        """Open the present generation of a tenant's log; KeyError if there is no such tenant."""
        ...

    def draft(self, tenant: str) -> Log:
        """Open the generation after the present one, empty; nobody sees it before it is published."""
        ...

    async def publish(self, tenant: str) -> None:
        """Make the draft, which is closed, the present generation: at once and durably."""
        ...

    def truncate(self, tenant: str, generation: int, *, archive: bool) -> None:
        """Give up the generations below a number: kept as archives, or gone."""
        ...

    def limits(self, tenant: str) -> Mapping[str, int]:
        """Return a tenant's own limits, by name."""
        ...

    def databases(self, tenant: str) -> list[int]:
        """Return the numbers of the state databases that lie there, oldest first."""
        ...

    def database(self, tenant: str, number: int) -> Database:
        """Open a state database; it is empty if it is not there yet. Number 0 is one in memory, which is not kept."""
        ...

    def drop(self, tenant: str, number: int) -> None:
        """Remove a state database, which is closed."""
        ...


@dataclass(frozen=True, slots=True)
class Env:
    """The world as an argument; nothing that gets it knows whether it is real."""

    clock: Clock
    storage: Storage
    meter: Meter
    scripts: ScriptsOf = lambda _limits: NOBODY
    buggify: Callable[[str], bool] = lambda _point: False
    """Whether to misbehave, within what is allowed, at a named point: only a simulation ever says yes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller gets: a response, or a refusal with its code, name, sentence and, if one is to blame, field."""

    code: int
    response: bytes = b""
    reason: str = ""
    message: str = ""
    field: str = ""
    event: int = dataclasses.field(default=0, compare=False)
    """The position of the state that it was given from."""


Asked = tuple[Message, str]  # a request, and its request id or nothing


class Calls(Protocol):
    """Whoever carries out requests for tenants."""

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request of a tenant, at most once if it has a `request_id`; `actor` says who asks."""
        ...

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Carry out requests in their order, each as if it came by itself, and answer each."""
        ...
