"""Take stock: enter what was counted at one location, with the reason why it may differ from the books."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import StockCounted
from bf.inventory.api.requests_pb2 import TakeStockReq, TakeStockResp
from bf.inventory.checks import require_holdable, require_items, require_text
from bf.inventory.errors import BelowPromise, CountedTwice, Negative, RootHoldsNothing
from bf.inventory.limits import COUNTED_PRODUCTS_MAX, REASON_CHARS_MAX
from bf.inventory.locations.tree import ROOT, Path, find_path, path_to_root
from bf.inventory.products.catalogue import find_product
from bf.inventory.stock.totals import put, require_room, take, units_here, units_inside


@handles(TakeStockReq)
def take_stock(tx: Tx, req: TakeStockReq) -> TakeStockResp:
    """Count the location itself, not what is inside it; products that are not counted stay as they are."""
    path = find_path(tx, "location", req.location)
    if path[0] == ROOT:
        raise RootHoldsNothing(field="location")
    require_text("reason", req.reason, "REASON_CHARS_MAX", REASON_CHARS_MAX)
    require_items("counts", req.counts, "COUNTED_PRODUCTS_MAX", COUNTED_PRODUCTS_MAX)
    event = StockCounted(location=req.location, reason=req.reason)
    for product, (field, counted) in _counts(tx, req).items():
        difference = counted - units_here(tx, path[0], product)
        if difference < 0:
            _require_promises_kept(tx, field, path, product, -difference)
        elif difference > 0:
            require_room(tx, product, difference)
        if difference:
            event.items.add(product=uid_text(product), difference=difference, on_hand=counted)
    if event.items:
        tx.apply(event)
    return TakeStockResp(
        differences=[TakeStockResp.Item(product=item.product, difference=item.difference) for item in event.items]
    )


@applies(StockCounted)
def stock_counted(tx: Tx, event: StockCounted) -> None:
    """Make the books say what was counted."""
    path = path_to_root(tx, number_of(event.location))
    for item in event.items:
        if item.difference > 0:
            put(tx, path, number_of(item.product), item.difference)
        else:
            take(tx, path, number_of(item.product), -item.difference)


def _counts(tx: Tx, req: TakeStockReq) -> dict[int, tuple[str, int]]:
    """Return each product's count with the field that says it."""
    counts: dict[int, tuple[str, int]] = {}
    for number, count in enumerate(req.counts):
        product = find_product(tx, f"counts[{number}].product", count.product)
        if product in counts:
            raise CountedTwice(field=f"counts[{number}].product", product=count.product)
        field = f"counts[{number}].counted"
        if count.counted < 0:
            raise Negative(field=field, number=count.counted)
        require_holdable(field, count.counted)
        counts[product] = field, count.counted
    return counts


def _require_promises_kept(tx: Tx, field: str, path: Path, product: int, missing: int) -> None:
    """Refuse a count below what is promised at the location or around it, and name a promise that would be broken.

    The innermost location with too little has a promise of its own, since everything inside it has enough.
    """
    for location in path:
        on_hand, reserved = units_inside(tx, location, product)
        if on_hand - missing < reserved:
            promise = tx.one(
                "SELECT reservation FROM reservation_line WHERE product = ? AND location = ? ORDER BY reservation",
                product,
                location,
            )
            assert promise, f"location {location} has a promise of its own"
            raise BelowPromise(
                field=field,
                product=uid_text(product),
                location=uid_text(location),
                on_hand=on_hand - missing,
                promised=reserved,
                reservation=uid_text(promise[0]),
            )
