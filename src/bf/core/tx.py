"""The transaction: all that handlers and appliers know of the world. No clock, no randomness, no network."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from google.protobuf.message import Message

from bf.core.ports import Database, Row, Value
from bf.core.scripts import NOBODY, Scripts
from bf.core.uid import number_of, uid_text


class Tx:
    """One request, or one replay, against a tenant's state.

    Handlers read with `one` and `query`, number new things with `next_uid` and change the state only by `apply`;
    appliers change it with `write`. A refusal takes back everything since the request began.
    """

    __slots__ = ("_appliers", "_changes", "_execute", "events", "last_uid", "memo", "now_us", "position", "scripts")

    def __init__(
        self,
        database: Database,
        appliers: "Appliers",
        last_uid: int,
        now_us: int,
        position: int = 0,
        *,
        scripts: Scripts = NOBODY,
    ) -> None:
        self._execute = database.execute
        self._changes = database.changes
        self._appliers = appliers
        self.events: list[Message] = []
        """What happened so far, in order."""
        self.last_uid = last_uid
        """The number of the newest uid."""
        self.now_us = now_us
        """The commit's time: microseconds since 1970, UTC."""
        self.position = position
        """The number of the last event before the request."""
        self.scripts = scripts
        """What runs the tenant's scripts: nothing in a replay, which only repeats what was decided."""
        self.memo: dict[object, Any] = {}
        """What a domain has looked up and may use again in this transaction; it dies with it."""

    def one(self, sql: str, *params: Value) -> Row | None:
        """Return the first row of a SELECT, or None."""
        return self._execute(sql, params).fetchone()

    def query(self, sql: str, *params: Value) -> Sequence[Row]:
        """Return all rows of a SELECT."""
        return self._execute(sql, params).fetchall()

    def stream(self, sql: str, *params: Value) -> Iterator[Row]:
        """Yield the rows of a SELECT one by one, however many; nothing else may be asked before the last."""
        rows = self._execute(sql, params)
        while row := rows.fetchone():
            yield row

    def write(self, sql: str, *params: Value) -> None:
        """Change the state; for appliers only, since replay runs nothing else."""
        self._execute(sql, params)

    def changed(self, sql: str, *params: Value) -> bool:
        """Change the state as `write` does, and say whether any row was there to change."""
        self._execute(sql, params)
        return self._changes() > 0

    def next_uid(self) -> str:
        """Return the uid that the next created thing gets; the event that creates it takes it."""
        return uid_text(self.last_uid + 1)

    def created(self, uid: str) -> int:
        """Note in an applier that `uid` is taken, and return its number."""
        number = number_of(uid)
        self.last_uid = max(self.last_uid, number)
        return number

    def apply(self, event: Message) -> None:
        """Let something happen: it changes the state at once, and it is in the log if the request succeeds."""
        if not self.events:
            self._execute("SAVEPOINT request")
        self.events.append(event)
        self._appliers[type(event)](self, event)


# Any: each handler takes its own message type; the domain's tables pair them.
Handler = Callable[[Tx, Any], Message]
Applier = Callable[[Tx, Any], None]
Appliers = dict[type[Message], Applier]
