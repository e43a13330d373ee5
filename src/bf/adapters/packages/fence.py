"""The fence around a package: its features read everything of their tenant, and write only their own tables.

Rules of this file:
1. A statement is judged before it runs, by SQLite itself: it is prepared on an empty copy of the tables under an
   authorizer. So no way of writing SQL gets around it. One that was found good is not judged again.
2. `write` and `changed` may change rows of the package's tables; everything else may only read. Nothing may change
   tables, open files, begin or end transactions, or ask for what a replay would answer differently.
3. It stops mistakes. It does not stop code that wants to get around it: a package is code that the operator trusts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import apsw
from google.protobuf.message import Message

from bf.adapters.sqlite.database import SqliteDatabase
from bf.core.ports import Row, Value
from bf.core.tx import Applier, Handler, Tx

STATEMENTS_COUNT_MAX = 1_000
"""How many different statements a package may have: SQL that is put together from values would fill the memory."""

READING = {apsw.SQLITE_READ, apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE}
WRITING = {apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE}
INDEXING = {apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_REINDEX}
BOOKS = {"sqlite_master", "sqlite_schema"}
"""Where SQLite itself notes new tables; nobody else may write there."""

CHANCE = {"random", "randomblob", "changes", "total_changes", "last_insert_rowid", "load_extension"}
CLOCK = {"date", "time", "datetime", "julianday", "strftime", "unixepoch", "timediff"}
UNSTEADY = CHANCE | CLOCK | {"current_date", "current_time", "current_timestamp"}
"""Functions whose answer depends on more than the tables."""


class FenceError(Exception):
    """A package reached for what is not its own."""


@dataclass(slots=True)
class _Found:
    """What SQLite said about a statement while it was prepared."""

    denied: str = ""
    about_rows: bool = False
    statements: int = 0


class Fence:
    """What one package may do."""

    def __init__(self, name: str, base_schema: str, schema: str) -> None:
        """Make its tables beside the others; FenceError if one is not called after the package, or is not new."""
        self._name = name
        self._judge = SqliteDatabase()
        self._judge.execute(base_schema)
        before = self._tables()
        near = [table for table in before if table.startswith(f"{name}_")]
        if near:
            raise FenceError(f"the table {near[0]} is the domain's: give the package another name")
        self._own: set[str] = set()
        self._found = _Found()
        self._good: set[tuple[str, bool]] = set()
        self._judge.connection.authorizer = self._may_create
        try:
            self._judge.execute(schema)
        except apsw.Error as error:
            raise FenceError(f"its schema: {self._found.denied or error}") from error
        self._own = set(self._tables()) - set(before)

    def handler(self, handler: Handler, *, may_apply: bool) -> Handler:
        """Put the fence around a handler; one that answers a query lets nothing happen."""

        def fenced(tx: Tx, request: Message) -> Message:
            return handler(cast("Tx", FencedTx(tx, self, may_apply=may_apply, may_write=False)), request)

        return fenced

    def applier(self, applier: Applier) -> Applier:
        """Put the fence around an applier."""

        def fenced(tx: Tx, event: Message) -> None:
            applier(cast("Tx", FencedTx(tx, self, may_apply=False, may_write=True)), event)

        return fenced

    def check(self, sql: str, params: Sequence[Value], *, writing: bool) -> None:
        """Raise FenceError if a statement may not run."""
        if (sql, writing) in self._good:
            return
        self._judge.connection.authorizer = self._may_write if writing else self._may_read
        self._judge.connection.exec_trace = self._is_the_only_one
        found = self._found = _Found()
        try:
            self._judge.execute(f"EXPLAIN {sql}", params).fetchall()
            if not found.about_rows:
                raise FenceError(f"the package {self._name}: this is not about rows: {sql}")
        except apsw.Error as error:
            raise FenceError(f"the package {self._name}: {found.denied or error}, in: {sql}") from error
        assert len(self._good) < STATEMENTS_COUNT_MAX, f"{self._name} has more than STATEMENTS_COUNT_MAX statements"
        self._good.add((sql, writing))

    def _tables(self) -> list[str]:
        rows = self._judge.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return [name for (name,) in rows]

    def _is_the_only_one(self, _cursor: apsw.Cursor, _sql: str, _params: object) -> bool:
        """Let a first statement be explained, and no second one."""
        self._found.statements += 1
        if self._found.statements > 1:
            self._found.denied = "there are two statements"
        return self._found.statements == 1

    def _may_read(self, action: int, one: str | None, two: str | None, *_: str | None) -> int:
        if action in READING or (action == apsw.SQLITE_FUNCTION and two not in UNSTEADY):
            self._found.about_rows = True
            return apsw.SQLITE_OK
        return self._deny(action, one, two)

    def _may_write(self, action: int, one: str | None, two: str | None, *rest: str | None) -> int:
        if action in WRITING and one in self._own:
            self._found.about_rows = True
            return apsw.SQLITE_OK
        return self._may_read(action, one, two, *rest)

    def _may_create(self, action: int, one: str | None, two: str | None, *rest: str | None) -> int:
        named = (one or "").startswith(f"{self._name}_")
        if action in WRITING and (one in BOOKS or named):
            return apsw.SQLITE_OK
        if action == apsw.SQLITE_CREATE_TABLE and named:
            return apsw.SQLITE_OK
        if action in INDEXING and (two or one or "").startswith(f"{self._name}_") and (named or not _is_named(one)):
            return apsw.SQLITE_OK
        return self._may_read(action, one, two, *rest)

    def _deny(self, action: int, one: str | None, two: str | None) -> int:
        what = str(apsw.mapping_authorizer_function[action]).removeprefix("SQLITE_").replace("_", " ")
        self._found.denied = self._found.denied or f"{what} {one or two or ''}".strip() + " is not allowed"
        return apsw.SQLITE_DENY


def _is_named(index: str | None) -> bool:
    """Say whether people named an index, and not SQLite, which makes one for a key."""
    return not (index or "").startswith("sqlite_autoindex_")


class FencedTx:
    """A transaction as a package's features see it: a Tx whose statements are judged first."""

    __slots__ = ("_fence", "_may_apply", "_may_write", "_tx")

    def __init__(self, tx: Tx, fence: Fence, *, may_apply: bool, may_write: bool) -> None:
        self._tx = tx
        self._fence = fence
        self._may_apply = may_apply
        self._may_write = may_write

    @property
    def events(self) -> list[Message]:
        """What happened so far, in order."""
        return self._tx.events

    @property
    def now_us(self) -> int:
        """The commit's time."""
        return self._tx.now_us

    @property
    def position(self) -> int:
        """The number of the last event before the request."""
        return self._tx.position

    @property
    def last_uid(self) -> int:
        """The number of the newest uid."""
        return self._tx.last_uid

    @property
    def memo(self) -> dict[object, Any]:
        """What the domain has looked up."""
        return self._tx.memo

    def one(self, sql: str, *params: Value) -> Row | None:
        """Return the first row of a SELECT, or None."""
        self._fence.check(sql, params, writing=False)
        return self._tx.one(sql, *params)

    def query(self, sql: str, *params: Value) -> Sequence[Row]:
        """Return all rows of a SELECT."""
        self._fence.check(sql, params, writing=False)
        return self._tx.query(sql, *params)

    def stream(self, sql: str, *params: Value) -> Iterator[Row]:
        """Yield the rows of a SELECT."""
        self._fence.check(sql, params, writing=False)
        return self._tx.stream(sql, *params)

    def write(self, sql: str, *params: Value) -> None:
        """Change the package's tables."""
        self._check_writing(sql, params)
        self._tx.write(sql, *params)

    def changed(self, sql: str, *params: Value) -> bool:
        """Change the package's tables, and say whether any row was there to change."""
        self._check_writing(sql, params)
        return self._tx.changed(sql, *params)

    def next_uid(self) -> str:
        """Return the uid that the next created thing gets."""
        return self._tx.next_uid()

    def created(self, uid: str) -> int:
        """Note in an applier that `uid` is taken, and return its number."""
        return self._tx.created(uid)

    def apply(self, event: Message) -> None:
        """Let something happen, of the package or of the domain."""
        if not self._may_apply:
            raise FenceError(f"{event.DESCRIPTOR.name} is applied by a query or an applier; only commands may do that")
        self._tx.apply(event)

    def _check_writing(self, sql: str, params: Sequence[Value]) -> None:
        if not self._may_write:
            raise FenceError(f"a handler writes, which only appliers may do: {sql}")
        self._fence.check(sql, params, writing=True)
