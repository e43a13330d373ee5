"""SQLite through APSW: a tenant's state in memory or in a file."""

from pathlib import Path
from typing import cast

import apsw

from bf.core.domain import Domain
from bf.core.ports import Database
from bf.core.state import State

STATEMENTS_COUNT_MAX = 256
"""How many prepared statements a connection keeps; more than any domain has."""


def connect(path: Path | None = None) -> apsw.Connection:
    """Open a database file, or a new one in memory."""
    return apsw.Connection(":memory:" if path is None else str(path), statementcachesize=STATEMENTS_COUNT_MAX)


def database(connection: apsw.Connection) -> Database:
    """Return the one cursor through which a connection is used.

    `Connection.execute` makes a cursor for each call and keeps a weak reference to every one that returned no row, so
    each call is slower than the one before. One cursor costs half as much and nothing later.
    """
    return cast("Database", connection.cursor())


def empty_state(domain: Domain) -> State:
    """Make the state of an empty tenant in memory."""
    return State.create(database(connect()), domain)
