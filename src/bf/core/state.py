"""A tenant's state: tables derived from its log, and the one way in which requests and events reach them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.message import Message

from bf.core.domain import Domain
from bf.core.ports import START, Database, Pos
from bf.core.refusal import LimitReached, UnknownRequest
from bf.core.scripts import NOBODY, Scripts
from bf.core.tx import Tx

PLATFORM_SCHEMA = Path(__file__).with_name("platform.sql").read_text("utf-8")


class LostBatchError(Exception):
    """The database has forgotten the whole batch by itself, as it does when the disk is full: nothing of it counts."""


class Done(NamedTuple):
    """What a request led to."""

    response: Message
    events: Sequence[Message]
    memo: Mapping[object, Any]
    """What the domain noted on the way; `touched` is for those who watch."""


class State:
    """The tables, the position they stand at, and the domain that reads and writes them.

    Between `begin` and `keep` or `rollback` any number of requests and replayed events may run, each request in a
    savepoint of its own: a refused one leaves no trace. What is kept is seen by other connections, and is still there
    after a crash, when it is committed.
    """

    def __init__(self, database: Database, domain: Domain) -> None:
        """Take over a database with `create`d or earlier tables."""
        self.database = database
        self.domain = domain
        self.limits: Mapping[str, int] = {}
        self.scripts: Scripts = NOBODY
        row = database.execute("SELECT event, batch, time_us, last_uid, last_answer FROM bf_state").fetchone()
        assert row is not None, "bf_state has exactly one row"
        event, batch, self.time_us, self.last_uid, self.last_answer = row
        self.pos = Pos(event, batch)
        self.kept = 0
        """How many batches are not committed yet."""
        self._usage: dict[str, int] | None = None
        self._replaying: Tx | None = None
        self._begun_at = self._marks()

    @classmethod
    def open(cls, database: Database, domain: Domain) -> "State | None":
        """Take over a database if its tables are this domain's, as they are now; else it is to be rebuilt."""
        if not database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'bf_state'").fetchone():
            return None
        made_for = database.execute("SELECT schema_hash, domain_version FROM bf_state").fetchone()
        return cls(database, domain) if made_for == (schema_hash(domain), domain.version) else None

    @classmethod
    def create(cls, database: Database, domain: Domain) -> "State":
        """Make the tables of an empty tenant."""
        for statement in (PLATFORM_SCHEMA, domain.schema):
            database.execute(statement)
        database.execute(
            "INSERT INTO bf_state VALUES (1, ?, ?, 0, 0, 0, ?, ?)",
            (START.event, START.batch, schema_hash(domain), domain.version),
        )
        return cls(database, domain)

    def begin(self) -> None:
        """Open a batch, in the transaction of those that are kept."""
        self._replaying = None
        if not self.kept:
            self.database.execute("BEGIN IMMEDIATE")
            self._begun_at = self._marks()

    def keep(self, pos: Pos) -> None:
        """Keep the batch, which the log has at `pos`."""
        self.pos = pos
        self.kept += 1

    def commit(self) -> None:
        """Commit what was kept."""
        if self.kept:
            self.database.execute(
                "UPDATE bf_state SET event = ?, batch = ?, time_us = ?, last_uid = ?, last_answer = ?",
                (*self.pos, self.time_us, self.last_uid, self.last_answer),
            )
            self.database.execute("COMMIT")
            self.kept = 0

    def rollback(self) -> None:
        """Forget everything since the last commit."""
        self.database.execute("ROLLBACK")
        self.kept = 0
        self.pos, self.time_us, self.last_uid, self.last_answer, self._usage = self._begun_at

    def usage(self) -> dict[str, int]:
        """Return how much the tenant has of what the domain's gauges count; counted once, then kept."""
        if self._usage is None:
            gauges, execute = self.domain.gauges, self.database.execute
            self._usage = {name: (execute(gauge.select).fetchone() or (0,))[0] for name, gauge in gauges.items()}
        return self._usage

    def execute(self, request: Message, now_us: int) -> Done:
        """Carry out one request; a Refusal, or any other exception, leaves the state as it was.

        After LostBatchError the batch is to be rolled back, since its earlier requests are gone.
        """
        handler = self.domain.handlers.get(type(request))
        if handler is None:
            raise UnknownRequest(request=type(request).__name__)
        tx = Tx(self.database, self.domain.appliers, self.last_uid, now_us, self.pos.event, scripts=self.scripts)
        self._replaying = None
        usage = self.usage() if self.limits else None
        try:
            response = handler(tx, request)
            if usage:
                usage = self._usage_after(tx.events, usage)
        except BaseException:
            if tx.events:
                self._take_back()
            raise
        if tx.events:
            self.database.execute("RELEASE request")
            self._advance(tx.last_uid, len(tx.events))
            self._usage = usage
        return Done(response, tx.events, tx.memo)

    def replay(self, events: Iterable[Message], now_us: int) -> None:
        """Apply events that have happened; what one looks up, the next ones know."""
        self._usage = None
        tx = self._replaying or Tx(self.database, self.domain.appliers, self.last_uid, now_us)
        self._replaying, tx.now_us, tx.last_uid = tx, now_us, self.last_uid
        appliers, count = self.domain.appliers, 0
        for event in events:
            appliers[type(event)](tx, event)
            count += 1
        self._advance(tx.last_uid, count)

    def _usage_after(self, events: Iterable[Message], usage: dict[str, int]) -> dict[str, int]:
        """Count what the events change; LimitReached if it is more than the tenant may have."""
        usage = dict(usage)
        types = [type(event) for event in events]
        for name, gauge in self.domain.gauges.items():
            more = sum(gauge.changes.get(kind, 0) for kind in types)
            usage[name] += more
            if more > 0 and usage[name] > self.limits.get(name, usage[name]):
                raise LimitReached(limit=name, count=usage[name], most=self.limits[name])
        return usage

    def _marks(self) -> tuple[Pos, int, int, int, dict[str, int] | None]:
        return self.pos, self.time_us, self.last_uid, self.last_answer, self._usage

    def _take_back(self) -> None:
        try:
            self.database.execute("ROLLBACK TO request")
            self.database.execute("RELEASE request")
        except Exception as error:
            raise LostBatchError("the savepoint of a request is gone, and the batch with it") from error

    def _advance(self, last_uid: int, events: int) -> None:
        self.last_uid = last_uid
        self.pos = Pos(self.pos.event + events, self.pos.batch)


def schema_hash(domain: Domain) -> str:
    """Name the shape of the tables: a state with another one is rebuilt from its log."""
    return hashlib.sha256((PLATFORM_SCHEMA + domain.schema).encode()).hexdigest()
