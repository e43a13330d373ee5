"""What is in a state, row by row, and its digest: states made from the same events have the same."""

import hashlib
from collections.abc import Iterator

from bf.core.ports import Row
from bf.core.state import State


def contents(state: State) -> Iterator[tuple[str, Row]]:
    """Yield every row of every table in order."""
    yield "bf_state", (state.pos.event, state.time_us, state.last_uid, state.last_answer)
    execute = state.database.execute
    tables = execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('bf_state', 'sqlite_sequence') ORDER BY 1"
    ).fetchall()
    for (table,) in tables:
        order = ", ".join(str(column + 1) for column, *_ in execute(f"PRAGMA table_info({table})").fetchall())
        rows = execute(f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608  # names are the schema's own
        while row := rows.fetchone():
            yield table, row


def digest(state: State) -> str:
    """Hash the contents of a state (SHA-256, hex)."""
    result = hashlib.sha256()
    for each in contents(state):
        result.update(repr(each).encode())
    return result.hexdigest()
