"""A script's own cases: given places with goods, when it is asked, then it decides as expected."""

from typing import NamedTuple

from bf.core.refusal import Refusal
from bf.core.scripts import Plain, Script, Scripts
from bf.inventory.limits import SCRIPT_CASES_COUNT_MAX
from bf.inventory.scripts.asking import REPORT, RESERVE, UPDATE, ask_report, ask_reserve, ask_update
from bf.inventory.scripts.case_world import CaseWorld, Stock
from bf.inventory.scripts.decisions import (
    Change,
    Decision,
    Order,
    Row,
    WrongError,
    column,
    following,
    placement,
    told,
)


class Case(NamedTuple):
    """A case and what is wrong with it; an empty problem is a case that holds."""

    name: str
    problem: str


def run_cases(scripts: Scripts, script: Script) -> list[Case]:
    """Carry out the cases that a script brings along; ScriptError if it cannot be read."""
    cases, done = scripts.cases(script), list[Case]()
    for number, case in enumerate(cases if isinstance(cases, list) else [], 1):
        if number > SCRIPT_CASES_COUNT_MAX:
            problem = f"more than {SCRIPT_CASES_COUNT_MAX} cases (SCRIPT_CASES_COUNT_MAX)"
            return [*done, Case(f"number {number}", problem)]
        parts = _table(case, "case")
        name = parts.get("name")
        done.append(Case(name if isinstance(name, str) else f"number {number}", _problem(scripts, script, parts)))
    return done


def _problem(scripts: Scripts, script: Script, parts: dict[str, Plain]) -> str:
    try:
        _require_known(parts, "a case", "name", "given", "tagged", "when", "expect")
        world = CaseWorld(_stock(parts.get("given", {})), _tagged(parts.get("tagged", {})))
        when, expect = _table(parts.get("when"), "when"), _expected(parts)
        decided, expected = ASKS[script.hook](scripts, script, when, expect, world)
    except (WrongError, LookupError) as error:
        return str(error.args[0])
    except Refusal as refusal:
        return str(refusal)
    return "" if decided == expected else f"expected {told(expected, world)}; got {told(decided, world)}"


def _reserve(
    scripts: Scripts, script: Script, when: dict[str, Plain], expect: Plain, world: CaseWorld
) -> tuple[Decision, Decision]:
    _require_known(when, "when", "code", "tags", "items", "location")
    order = Order(
        code=_text(when.get("code", "order"), "when.code"),
        tags={tag: _text(value, "when.tags") for tag, value in _table(when.get("tags", {}), "when.tags").items()},
        items=[
            (sku, world.product(sku), quantity) for sku, quantity in _units(when.get("items"), "when.items").items()
        ],
        location=world.find(_text(when.get("location", ""), "when.location")),
    )
    return ask_reserve(scripts, script, order, world), placement(expect, order, world)


def _update(
    scripts: Scripts, script: Script, when: dict[str, Plain], expect: Plain, world: CaseWorld
) -> tuple[Decision, Decision]:
    _require_known(when, "when", "location", "sku", "change")
    place, sku = _text(when.get("location"), "when.location"), _text(when.get("sku"), "when.sku")
    location, by = world.find(place), when.get("change")
    if not isinstance(by, int):
        raise WrongError("when.change is not a whole number")
    stock = world.stock.setdefault(world.path(location), {})
    change = Change(location, world.product(sku), sku, by, stock.get(sku, 0))
    stock[sku] = change.before + by
    return ask_update(scripts, script, change, world), following(expect, change, world)


def _report(
    scripts: Scripts, script: Script, when: dict[str, Plain], expect: Plain, _world: CaseWorld
) -> tuple[Decision, Decision]:
    _require_known(when, "when", "rows")
    given = when.get("rows")
    rows = [_row(_table(row, "a row")) for row in (given if isinstance(given, list) else [])]
    return ask_report(scripts, script, rows), column(expect, rows)


def _row(row: dict[str, Plain]) -> Row:
    _require_known(row, "a row", *Row._fields)
    units = _units({name: row.get(name, 0) for name in Row._fields[1:]}, "a row")
    return Row(_text(row.get("sku"), "sku"), **units)


ASKS = {RESERVE: _reserve, UPDATE: _update, REPORT: _report}


def _expected(parts: dict[str, Plain]) -> Plain:
    expect = parts.get("expect")
    return expect if isinstance(expect, list) else _table(expect, "expect")


def _require_known(parts: dict[str, Plain], what: str, *known: str) -> None:
    for name in parts:
        if name not in known:
            raise WrongError(f"{what} has {name!r}; it may have {', '.join(known)}")


def _stock(value: Plain) -> Stock:
    return {path: _units(units, f"given[{path!r}]") for path, units in _table(value, "given").items()}


def _tagged(value: Plain) -> dict[str, list[str]]:
    return {
        tag: [_text(place, "tagged") for place in (places if isinstance(places, list) else [places])]
        for tag, places in _table(value, "tagged").items()
    }


def _units(value: Plain, what: str) -> dict[str, int]:
    units: dict[str, int] = {}
    for sku, quantity in _table(value, what).items():
        if not isinstance(quantity, int):
            raise WrongError(f"{what} is not a table of names with whole numbers")
        units[sku] = quantity
    return units


def _table(value: Plain, what: str) -> dict[str, Plain]:
    if not isinstance(value, dict):
        raise WrongError(f"{what} is not a table of names with values")
    return value


def _text(value: Plain, what: str) -> str:
    if not isinstance(value, str):
        raise WrongError(f"{what} is not a text")
    return value
