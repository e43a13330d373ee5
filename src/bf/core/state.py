"""A tenant's state: tables derived from its log, and the one way in which requests and events reach them."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from google.protobuf.message import Message

from bf.core.domain import Domain
from bf.core.ports import START, Database, Pos
from bf.core.refusal import UnknownRequest
from bf.core.tx import Tx

PLATFORM_SCHEMA = """
CREATE TABLE bf_state (
    -- What this state was built from: the last commit of the log that is in it, and the code that read it.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    last_uid INTEGER NOT NULL,   -- number of the newest uid
    schema_hash TEXT NOT NULL,   -- of these tables and the domain's
    domain_version INTEGER NOT NULL
) STRICT;

CREATE TABLE bf_answer (
    -- The first answers of requests that carried an id, for exactly-once retries.
    number INTEGER PRIMARY KEY,  -- in the order of the commits
    request_id TEXT NOT NULL UNIQUE,
    request_digest INTEGER NOT NULL,
    code INTEGER NOT NULL,       -- google.rpc.Code; 0 is carried out
    reason TEXT NOT NULL,
    field TEXT NOT NULL,
    message TEXT NOT NULL,
    response BLOB NOT NULL
) STRICT;
"""


class LostBatchError(Exception):
    """The database has forgotten the whole batch by itself, as it does when the disk is full: nothing of it counts."""


class Done(NamedTuple):
    """What a request led to."""

    response: Message
    events: Sequence[Message]


class State:
    """The tables, the position they stand at, and the domain that reads and writes them.

    Between `begin` and `commit` or `rollback` any number of requests and replayed events may run, each request in a
    savepoint of its own: a refused one leaves no trace.
    """

    __slots__ = ("_begun_at", "database", "domain", "last_uid", "pos")

    def __init__(self, database: Database, domain: Domain) -> None:
        """Take over a database with `create`d or earlier tables."""
        self.database = database
        self.domain = domain
        row = database.execute("SELECT position, cursor, last_uid FROM bf_state").fetchone()
        assert row is not None, "bf_state has exactly one row"
        position, cursor, last_uid = row
        assert isinstance(position, int)
        assert isinstance(cursor, int)
        assert isinstance(last_uid, int)
        self.pos = Pos(position, cursor)
        self.last_uid = last_uid
        self._begun_at = (self.pos, self.last_uid)

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
            "INSERT INTO bf_state VALUES (1, ?, ?, 0, ?, ?)",
            (START.event, START.cursor, schema_hash(domain), domain.version),
        )
        return cls(database, domain)

    def begin(self) -> None:
        """Open the transaction of a batch."""
        self.database.execute("BEGIN IMMEDIATE")
        self._begun_at = (self.pos, self.last_uid)

    def commit(self, pos: Pos) -> None:
        """Keep the batch, which the log has at `pos`."""
        self.pos = pos
        self.database.execute(
            "UPDATE bf_state SET position = ?, cursor = ?, last_uid = ?", (pos.event, pos.cursor, self.last_uid)
        )
        self.database.execute("COMMIT")

    def rollback(self) -> None:
        """Forget the batch."""
        self.database.execute("ROLLBACK")
        self.pos, self.last_uid = self._begun_at

    def execute(self, request: Message, now_us: int) -> Done:
        """Carry out one request; a Refusal, or any other exception, leaves the state as it was.

        After LostBatchError the batch is to be rolled back, since its earlier requests are gone.
        """
        handler = self.domain.handlers.get(type(request))
        if handler is None:
            raise UnknownRequest(request=type(request).__name__)
        tx = Tx(self.database, self.domain.appliers, self.last_uid, now_us)
        try:
            response = handler(tx, request)
        except BaseException:
            if tx.events:
                self._take_back()
            raise
        if tx.events:
            self.database.execute("RELEASE request")
            self._advance(tx.last_uid, len(tx.events))
        return Done(response, tx.events)

    def replay(self, events: Iterable[Message], now_us: int) -> None:
        """Apply events that have happened."""
        tx = Tx(self.database, self.domain.appliers, self.last_uid, now_us)
        count = 0
        for event in events:
            self.domain.appliers[type(event)](tx, event)
            count += 1
        self._advance(tx.last_uid, count)

    def _take_back(self) -> None:
        try:
            self.database.execute("ROLLBACK TO request")
            self.database.execute("RELEASE request")
        except Exception as error:
            raise LostBatchError("the savepoint of a request is gone, and the batch with it") from error

    def _advance(self, last_uid: int, events: int) -> None:
        self.last_uid = last_uid
        self.pos = Pos(self.pos.event + events, self.pos.cursor)


def schema_hash(domain: Domain) -> str:
    """Name the shape of the tables: a state with another one is rebuilt from its log."""
    return hashlib.sha256((PLATFORM_SCHEMA + domain.schema).encode()).hexdigest()


def digest(state: State) -> str:
    """Hash all rows of all tables in order: equal for every state that was made from the same events (SHA-256, hex)."""
    execute = state.database.execute
    tables = execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('bf_state', 'sqlite_sequence') ORDER BY 1"
    ).fetchall()
    result = hashlib.sha256(f"{state.pos.event} {state.last_uid}".encode())
    for (table,) in tables:
        columns = len(execute(f"PRAGMA table_info({table})").fetchall())
        order = ", ".join(str(column + 1) for column in range(columns))
        result.update(f"\n{table}".encode())
        for row in execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall():  # noqa: S608  # names are the schema's own
            result.update(repr(row).encode())
    return result.hexdigest()
