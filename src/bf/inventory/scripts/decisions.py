"""What scripts decide, read out of their answers; Wrong says what a retailer has to write instead."""

from collections.abc import Sequence
from typing import NamedTuple

from bf.core.scripts import Plain
from bf.inventory.limits import ON_HAND_UNITS_MAX, ORDER_LINES_MAX, SCRIPT_TEXT_CHARS_MAX
from bf.inventory.scripts.world import World


class WrongError(Exception):
    """An answer that is no decision."""


class Order(NamedTuple):
    """What is to be reserved."""

    code: str
    tags: dict[str, str]
    items: Sequence[tuple[str, str, int]]
    """SKU, uid and quantity of each product, once."""
    location: str
    """The uid of the location asked for."""


class Change(NamedTuple):
    """A change of what lies at a location itself."""

    location: str
    product: str
    sku: str
    on_hand_change: int
    before: int


class Refused(NamedTuple):
    """It is not to happen."""

    why: str


class Placed(NamedTuple):
    """Where goods are reserved."""

    units: dict[tuple[str, str], int]
    """By the SKU and the uid of the location."""


class Followed(NamedTuple):
    """A change is accepted, and what comes after it."""

    to: str = ""
    """Where to so many units go on; empty: nowhere."""
    quantity: int = 0
    alert: str = ""


class Row(NamedTuple):
    """A row of a report."""

    sku: str
    on_hand: int
    reserved: int
    available: int


class Column(NamedTuple):
    """What a report says of each row, in its order."""

    values: list[str]


Decision = Refused | Placed | Followed | Column


def placement(answer: Plain, order: Order, world: World) -> Placed | Refused:
    """Read what the hook `reserve` answered; every unit of the order is placed exactly once."""
    fields = _fields(answer, "the answer", "at", "split", "refuse")
    if "refuse" in fields:
        return Refused(_text(fields["refuse"], "refuse"))
    if "split" in fields:
        if "at" in fields:
            raise WrongError("the answer has both `at` and `split`: choose one")
        return _split(fields["split"], order, world)
    at = _place(fields["at"], "at", world) if "at" in fields else order.location
    return Placed({(sku, at): quantity for sku, _, quantity in order.items})


def following(answer: Plain, change: Change, world: World) -> Followed | Refused:
    """Read what the hook `update` answered."""
    fields = _fields(answer, "the answer", "refuse", "move", "alert")
    if "refuse" in fields:
        return Refused(_text(fields["refuse"], "refuse"))
    alert = _text(fields["alert"], "alert") if "alert" in fields else ""
    if "move" not in fields:
        return Followed(alert=alert)
    move = _fields(fields["move"], "move", "to", "quantity")
    to = _place(move.get("to"), "move.to", world)
    if to == change.location or not world.path(to):
        raise WrongError("move.to is the root, or where the goods are already")
    return Followed(to, _quantity(move.get("quantity"), "move.quantity"), alert)


def column(answer: Plain, rows: Sequence[Row]) -> Column:
    """Read what the hook `report` answered: a text or a number for each row."""
    values = answer if isinstance(answer, list) else []
    if len(values) != len(rows):
        raise WrongError(f"the answer is not a list of {len(rows)} values, one for each row")
    return Column([_value(value, number) for number, value in enumerate(values, 1)])


def told(decision: Decision, world: World) -> str:
    """Write a decision for people."""
    if isinstance(decision, Refused):
        return f"refuse: {decision.why}"
    if isinstance(decision, Placed):
        lines = [
            f"{quantity} of {sku} at {world.path(at) or 'the root'}"
            for (sku, at), quantity in sorted(decision.units.items())
        ]
        return ", ".join(lines)
    if isinstance(decision, Column):
        return " | ".join(decision.values)
    words = [f"move {decision.quantity} to {world.path(decision.to)}"] if decision.to else []
    return ", ".join([*words, *([f"alert: {decision.alert}"] if decision.alert else [])]) or "accept"


def _split(value: Plain, order: Order, world: World) -> Placed:
    if not isinstance(value, list):
        raise WrongError("split is a list of { sku = , quantity = , at = }")
    if len(value) > ORDER_LINES_MAX:
        raise WrongError(f"split has {len(value)} lines; ORDER_LINES_MAX allows {ORDER_LINES_MAX}")
    placed, left = Placed({}), {sku: quantity for sku, _, quantity in order.items}
    for number, each in enumerate(value, 1):
        line = _fields(each, f"split[{number}]", "sku", "quantity", "at")
        sku, quantity = line.get("sku"), _quantity(line.get("quantity"), f"split[{number}].quantity")
        if not isinstance(sku, str) or sku not in left:
            raise WrongError(f"split[{number}].sku is not in the order")
        place = sku, _place(line.get("at"), f"split[{number}].at", world)
        placed.units[place] = placed.units.get(place, 0) + quantity
        left[sku] -= quantity
    for sku, missing in left.items():
        if missing:
            raise WrongError(f"split places {abs(missing)} units of {sku!r} too {'few' if missing > 0 else 'many'}")
    return placed


def _fields(value: Plain, what: str, *known: str) -> dict[str, Plain]:
    if value is None and what == "the answer":
        return {}
    if not isinstance(value, dict):
        raise WrongError(f"{what} is not a table with {', '.join(known)}")
    for name in value:
        if name not in known:
            raise WrongError(f"{what} has {name!r}; it may have {', '.join(known)}")
    return value


def _place(value: Plain, what: str, world: World) -> str:
    word = value.get("uid") if isinstance(value, dict) else value
    if not isinstance(word, str):
        raise WrongError(f"{what} is no location: write a uid, or names such as Germany/Berlin")
    try:
        return world.find(word)
    except LookupError as error:
        raise WrongError(f"{what}: {error.args[0]}") from error


def _quantity(value: Plain, what: str) -> int:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(whole, int) or isinstance(whole, bool) or not 0 < whole <= ON_HAND_UNITS_MAX:
        raise WrongError(f"{what} is not a positive whole number")
    return whole


def _value(value: Plain, number: int) -> str:
    if isinstance(value, str) and not value:
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.14g}" if is_number else _text(value, f"value {number}")


def _text(value: Plain, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WrongError(f"{what} is not a text")
    if len(value) > SCRIPT_TEXT_CHARS_MAX:
        raise WrongError(f"{what} has {len(value)} characters; SCRIPT_TEXT_CHARS_MAX allows {SCRIPT_TEXT_CHARS_MAX}")
    return value
