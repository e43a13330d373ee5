"""Fulfil: take what was promised from named locations and close the reservation."""

from collections import defaultdict

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import Fulfilled
from bf.inventory.api.requests_pb2 import FulfillReq, FulfillResp
from bf.inventory.checks import require_items, require_quantity
from bf.inventory.errors import NotAvailable, NotReserved
from bf.inventory.limits import ORDER_LINES_MAX
from bf.inventory.locations.tree import find_path, path_to_root
from bf.inventory.products.catalogue import find_product
from bf.inventory.stock.promises import Lines, close, find_lines
from bf.inventory.stock.totals import require_here, take, units_inside


@handles(FulfillReq)
def fulfill(tx: Tx, req: FulfillReq) -> FulfillResp:
    """Take only what the reservation promises, and never what is promised to others; the rest of it is free again."""
    lines = find_lines(tx, req.reservation)
    require_items("items", req.items, "ORDER_LINES_MAX", ORDER_LINES_MAX)
    hand_over(tx, req.reservation, lines, _taken(tx, req, dict(lines)))
    return FulfillResp()


def hand_over(tx: Tx, reservation: str, lines: Lines, taken: Lines) -> None:
    """Take what an open reservation's `lines` promise from where it lies; NotOnHand, NotAvailable."""
    left = {
        (product, location): require_here(tx, location, product, units) for (product, location), units in taken.items()
    }
    _require_others_covered(tx, lines, taken)
    tx.apply(
        Fulfilled(
            reservation=reservation,
            items=[
                Fulfilled.Item(
                    product=uid_text(product),
                    location=uid_text(location),
                    removed=units,
                    on_hand=left[product, location],
                )
                for (product, location), units in taken.items()
            ],
        )
    )


@applies(Fulfilled)
def fulfilled(tx: Tx, event: Fulfilled) -> None:
    """Give the promise back, then take the goods away."""
    close(tx, number_of(event.reservation))
    for item in event.items:
        take(tx, path_to_root(tx, number_of(item.location)), number_of(item.product), item.removed)


def _taken(tx: Tx, req: FulfillReq, promised: Lines) -> Lines:
    """Add up what is taken by product and location, and use up what was `promised` for it.

    A line that promises goods inside a bin is used before one that promises them inside its warehouse: the
    warehouse's may be taken from elsewhere too.
    """
    taken: Lines = defaultdict(int)
    for number, item in enumerate(req.items):
        require_quantity(f"items[{number}].quantity", item.quantity)
        product = find_product(tx, f"items[{number}].product", item.product)
        path = find_path(tx, f"items[{number}].location", item.location)
        missing = item.quantity
        for location in path:
            used = min(missing, promised.get((product, location), 0))
            if used:
                promised[product, location] -= used
                missing -= used
        if missing:
            raise NotReserved(
                field=f"items[{number}]",
                product=item.product,
                location=item.location,
                promised=item.quantity - missing,
                asked=item.quantity,
            )
        taken[product, path[0]] += item.quantity
    return taken


def _require_others_covered(tx: Tx, lines: Lines, taken: Lines) -> None:
    """Refuse to leave any location with less on hand than the other reservations were promised inside it."""
    freed = _along_paths(tx, lines)
    for (product, location), units in _along_paths(tx, taken).items():
        on_hand, reserved = units_inside(tx, location, product)
        others = reserved - freed.get((product, location), 0)
        if on_hand - units < others:
            raise NotAvailable(
                location=uid_text(location), product=uid_text(product), available=on_hand - others, asked=units
            )


def _along_paths(tx: Tx, units: Lines) -> Lines:
    """Add up units at their locations and at everything that these lie in."""
    sums: Lines = defaultdict(int)
    for (product, place), count in units.items():
        for location in path_to_root(tx, place):
            sums[product, location] += count
    return sums
