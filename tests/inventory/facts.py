"""What the tables say, checked from scratch: base facts are what lies at each location, and the promised lines."""

from collections import Counter
from collections.abc import Iterable

from google.protobuf.message import Message

from bf.core.state import State
from bf.core.uid import number_of
from bf.inventory.api import events_pb2 as ev

Sums = Counter[tuple[int, int]]
"""Units by location and product."""


def assert_never_oversold(state: State) -> None:
    """Invariant 6: reserved inside <= on hand inside, for every product and every location."""
    on_hand, reserved = _inside(state, _on_hand_facts(state)), _inside(state, _promised_facts(state))
    oversold = {place: (units, on_hand[place]) for place, units in reserved.items() if units > on_hand[place]}
    assert not oversold, f"(location, product): (reserved, on hand): {oversold}"


def assert_totals_are_sums_of_facts(state: State) -> None:
    """Each row of stock is the sum of what lies and is promised inside; there are no rows of nothing."""
    on_hand, reserved = _inside(state, _on_hand_facts(state)), _inside(state, _promised_facts(state))
    here = _on_hand_facts(state)
    rows = state.database.execute("SELECT location, product, here, on_hand, reserved FROM stock").fetchall()
    kept = {(location, product): tuple(units) for location, product, *units in rows}
    assert kept == {place: (here[place], units, reserved[place]) for place, units in on_hand.items() if units}


def assert_heights_are_true(state: State) -> None:
    """The height of a location is how many levels are below it; the root's is not kept."""
    heights, paths = Counter[int](), _paths(state)
    for path in paths.values():
        for levels, each in enumerate(path):
            heights[each] = max(heights[each], levels)
    rows = state.database.execute("SELECT uid, height FROM location WHERE uid <> 0").fetchall()
    assert dict(rows) == {location: heights[location] for location in paths if location != 0}


def assert_reservations_have_lines(state: State) -> None:
    """No reservation without a promise, and no promise without its reservation."""
    opened = state.database.execute("SELECT uid FROM reservation ORDER BY uid").fetchall()
    promising = state.database.execute("SELECT DISTINCT reservation FROM reservation_line ORDER BY 1").fetchall()
    assert opened == promising


def assert_conserved(state: State, events: Iterable[Message]) -> None:
    """On hand and in transit is what came in, less what was handed over or missing, for every product."""
    came = Counter[int]()
    for event in events:
        match event:
            case ev.InventoryUpdated():
                came[number_of(event.product)] += event.on_hand_change
            case ev.Fulfilled():
                for item in event.items:
                    came[number_of(item.product)] -= item.removed
            case ev.StockCounted():
                for item in event.items:
                    came[number_of(item.product)] += item.difference
            case ev.TransferReceived():
                for item in event.items:
                    came[number_of(item.product)] -= item.missing
            case _:
                pass
    there = Counter[int]()
    for product, units in state.database.execute(
        "SELECT product, here FROM stock UNION ALL SELECT product, quantity FROM transfer_line"
    ).fetchall():
        there[product] += units
    assert there == came


def assert_nothing_is_empty(state: State) -> None:
    """No transfer has nothing in transit, no wave has no reservations, and neither has anything without it."""
    for one, many in (
        ("code FROM transfer", "transfer FROM transfer_line"),
        ("code FROM wave", "wave FROM wave_reservation"),
    ):
        alone = state.database.execute(f"SELECT {one} ORDER BY 1").fetchall()
        filled = state.database.execute(f"SELECT DISTINCT {many} ORDER BY 1").fetchall()
        assert alone == filled


def _paths(state: State) -> dict[int, list[int]]:
    """Return each location, what it lies in, and so on up to the root."""
    parents = dict(state.database.execute("SELECT uid, parent FROM location").fetchall())
    paths = {location: [location] for location in parents}
    for path in paths.values():
        while path[-1] != 0:
            path.append(parents[path[-1]])
    return paths


def _on_hand_facts(state: State) -> Sums:
    rows = state.database.execute("SELECT location, product, here FROM stock").fetchall()
    return Sums({(location, product): here for location, product, here in rows})


def _promised_facts(state: State) -> Sums:
    facts = Sums()
    for location, product, units in state.database.execute(
        "SELECT location, product, quantity FROM reservation_line"
    ).fetchall():
        facts[location, product] += units
    return facts


def _inside(state: State, facts: Sums) -> Sums:
    sums, paths = Sums(), _paths(state)
    for (at, product), units in facts.items():
        for location in paths[at]:
            sums[location, product] += units
    return sums
