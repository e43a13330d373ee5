"""SQLite through APSW: a tenant's state in memory or in a file."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import apsw

from bf.core.domain import Domain
from bf.core.ports import Rows
from bf.core.state import State

STATEMENTS_COUNT_MAX = 256
"""How many prepared statements a connection keeps; more than any domain has."""


class SqliteDatabase:
    """One connection and the one cursor through which it is used.

    `Connection.execute` makes a cursor for each call and keeps a weak reference to every one that returned no row, so
    each call is slower than the one before. One cursor costs half as much and nothing later.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open a database file, or a new database in memory."""
        filename = ":memory:" if path is None else str(path)
        self.connection = apsw.Connection(filename, statementcachesize=STATEMENTS_COUNT_MAX)
        # Plans must not depend on bound values: else SQLite, built with STAT4, prepares a statement with a range or an
        # ORDER BY anew at every call (12 µs instead of 2).
        self.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        self.changes = self.connection.changes
        self.execute = cast("Callable[..., Rows]", self.connection.cursor().execute)

    def close(self) -> None:
        """Close the file; waits for nothing."""
        self.connection.close(True)  # noqa: FBT003  # apsw names it `force`, positional only


def empty_state(domain: Domain) -> State:
    """Make the state of an empty tenant in memory."""
    return State.create(SqliteDatabase(), domain)
