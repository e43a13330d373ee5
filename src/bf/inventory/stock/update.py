"""Change how many units of a product lie at one location."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of
from bf.inventory.api.events_pb2 import InventoryUpdated
from bf.inventory.api.requests_pb2 import UpdateInventoryReq, UpdateInventoryResp
from bf.inventory.checks import require_holdable
from bf.inventory.errors import NoChange, NotOnHand, RootHoldsNothing, StockFull
from bf.inventory.limits import ON_HAND_UNITS_MAX
from bf.inventory.locations.tree import ROOT, find_path, path_to_root
from bf.inventory.products.catalogue import find_product
from bf.inventory.stock.totals import put, require_available, take, units_here, units_inside


@handles(UpdateInventoryReq)
def update_inventory(tx: Tx, req: UpdateInventoryReq) -> UpdateInventoryResp:
    """Keep the location at or above zero, and every promise covered."""
    path = find_path(tx, "location", req.location)
    location = path[0]
    if location == ROOT:
        raise RootHoldsNothing(field="location")
    product = find_product(tx, "product", req.product)
    change = req.on_hand_change
    if change == 0:
        raise NoChange(field="on_hand_change")
    require_holdable("on_hand_change", change)
    here = units_here(tx, location, product)
    if here + change < 0:
        raise NotOnHand(location=req.location, product=req.product, on_hand=here, asked=-change)
    if change < 0:
        require_available(tx, path, product, -change)
    else:
        _require_room(tx, req.product, product, change)
    tx.apply(InventoryUpdated(location=req.location, product=req.product, on_hand_change=change, on_hand=here + change))
    return UpdateInventoryResp(on_hand=here + change)


@applies(InventoryUpdated)
def inventory_updated(tx: Tx, event: InventoryUpdated) -> None:
    """Lay units down or take them away."""
    path, product = path_to_root(tx, number_of(event.location)), number_of(event.product)
    if event.on_hand_change > 0:
        put(tx, path, product, event.on_hand_change)
    else:
        take(tx, path, product, -event.on_hand_change)


def _require_room(tx: Tx, uid: str, product: int, change: int) -> None:
    on_hand, _ = units_inside(tx, ROOT, product)
    if on_hand + change > ON_HAND_UNITS_MAX:
        raise StockFull(product=uid, on_hand=on_hand + change, most=ON_HAND_UNITS_MAX)
