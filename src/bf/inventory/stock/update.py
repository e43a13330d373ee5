"""Change how many units of a product lie at one location."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of
from bf.inventory.api.events_pb2 import InventoryUpdated
from bf.inventory.api.requests_pb2 import UpdateInventoryReq, UpdateInventoryResp
from bf.inventory.checks import require_holdable
from bf.inventory.errors import NoChange, RootHoldsNothing
from bf.inventory.locations.tree import ROOT, find_path, path_to_root
from bf.inventory.products.catalogue import find_product
from bf.inventory.stock.totals import put, require_available, require_here, require_room, take


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
    on_hand = require_here(tx, location, product, -change)
    if change < 0:
        require_available(tx, path, product, -change)
    else:
        require_room(tx, product, change)
    tx.apply(InventoryUpdated(location=req.location, product=req.product, on_hand_change=change, on_hand=on_hand))
    return UpdateInventoryResp(on_hand=on_hand)


@applies(InventoryUpdated)
def inventory_updated(tx: Tx, event: InventoryUpdated) -> None:
    """Lay units down or take them away."""
    path, product = path_to_root(tx, number_of(event.location)), number_of(event.product)
    if event.on_hand_change > 0:
        put(tx, path, product, event.on_hand_change)
    else:
        take(tx, path, product, -event.on_hand_change)
