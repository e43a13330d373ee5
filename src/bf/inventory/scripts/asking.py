"""Asking the script of a hook: what it sees, what it may look up, and what becomes of its failures."""

from collections.abc import Sequence

from bf.core.scripts import Plain, Reads, Script, ScriptError, Scripts
from bf.core.tx import Tx
from bf.inventory.limits import SCRIPT_ROWS_COUNT_MAX
from bf.inventory.scripts.decisions import (
    Change,
    Column,
    Followed,
    Order,
    Placed,
    Refused,
    Row,
    WrongError,
    column,
    following,
    placement,
)
from bf.inventory.scripts.errors import ScriptBeyondLimit, ScriptFailed, ScriptNotFound
from bf.inventory.scripts.world import World, reads_of

RESERVE, UPDATE, REPORT = "reserve", "update", "report"
HOOKS = (REPORT, RESERVE, UPDATE)


def installed(tx: Tx, hook: str) -> Script | None:
    """Return the script that a hook asks."""
    row = tx.one("SELECT name, source FROM script_version WHERE hook = ? AND active", hook)
    return Script(hook, row[0], row[1]) if row else None


def find_script(tx: Tx, field: str, hook: str, name: str) -> Script:
    """Return a script by its name; ScriptNotFound names the `field`."""
    row = tx.one("SELECT source FROM script_version WHERE hook = ? AND name = ? AND active", hook, name)
    if row is None:
        raise ScriptNotFound(field=field, hook=hook, script=name)
    return Script(hook, name, row[0])


def where(script: Script, line: int) -> str:
    """Say where in a script something is."""
    return f"{script.name}, line {line}" if line else script.name


def ask(scripts: Scripts, script: Script, question: Plain, reads: Reads) -> Plain:
    """Ask, and turn a failure into a refusal."""
    try:
        return scripts.ask(script, question, reads)
    except ScriptError as error:
        at = where(script, error.line)
        if error.limit:
            raise ScriptBeyondLimit(where=at, problem=error.text) from error
        raise ScriptFailed(where=at, problem=error.text) from error


def ask_reserve(scripts: Scripts, script: Script, order: Order, world: World) -> Placed | Refused:
    """Let a script decide where an order is reserved."""
    question: Plain = {
        "code": order.code,
        "tags": {**order.tags},
        "items": [{"sku": sku, "uid": uid, "quantity": quantity} for sku, uid, quantity in order.items],
        "location": _shown(order.location, world),
    }
    answer = ask(scripts, script, question, reads_of(world))
    try:
        return placement(answer, order, world)
    except WrongError as error:
        raise ScriptFailed(where=script.name, problem=str(error)) from error


def ask_update(scripts: Scripts, script: Script, change: Change, world: World) -> Followed | Refused:
    """Let a script decide what follows a change of stock."""
    question: Plain = {
        "location": _shown(change.location, world),
        "product": change.product,
        "sku": change.sku,
        "on_hand_change": change.on_hand_change,
        "before": change.before,
        "after": change.before + change.on_hand_change,
    }
    answer = ask(scripts, script, question, reads_of(world))
    try:
        return following(answer, change, world)
    except WrongError as error:
        raise ScriptFailed(where=script.name, problem=str(error)) from error


def ask_report(scripts: Scripts, script: Script, rows: Sequence[Row]) -> Column:
    """Let a script compute a column of a report: one value for each row."""
    if len(rows) > SCRIPT_ROWS_COUNT_MAX:
        problem = f"{len(rows)} rows; SCRIPT_ROWS_COUNT_MAX allows {SCRIPT_ROWS_COUNT_MAX}"
        raise ScriptFailed(where=script.name, problem=problem)
    answer = ask(scripts, script, [{**row._asdict()} for row in rows], {})
    try:
        return column(answer, rows)
    except WrongError as error:
        raise ScriptFailed(where=script.name, problem=str(error)) from error


def _shown(location: str, world: World) -> Plain:
    path = world.path(location)
    return {"uid": location, "name": path.rpartition("/")[2], "path": path}
