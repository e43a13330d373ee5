"""Change how many units of a product lie at one location."""

from bf.core.feature import applies, handles
from bf.core.scripts import Script
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import AlertRaised, InventoryUpdated
from bf.inventory.api.requests_pb2 import UpdateInventoryReq, UpdateInventoryResp
from bf.inventory.checks import require_holdable
from bf.inventory.errors import NoChange, RootHoldsNothing
from bf.inventory.limits import ALERTS_COUNT_MAX
from bf.inventory.locations.tree import ROOT, Path, find_path, path_to_root
from bf.inventory.products.catalogue import find_product
from bf.inventory.scripts.asking import UPDATE, ask_update, installed
from bf.inventory.scripts.decisions import Change, Refused
from bf.inventory.scripts.errors import RefusedByScript
from bf.inventory.scripts.world import TenantWorld
from bf.inventory.stock.totals import put, require_available, require_here, require_room, take


@handles(UpdateInventoryReq)
def update_inventory(tx: Tx, req: UpdateInventoryReq) -> UpdateInventoryResp:
    """Keep the location at or above zero, and every promise covered; then ask the tenant's script what follows."""
    path = find_path(tx, "location", req.location)
    if path[0] == ROOT:
        raise RootHoldsNothing(field="location")
    product = find_product(tx, "product", req.product)
    if req.on_hand_change == 0:
        raise NoChange(field="on_hand_change")
    require_holdable("on_hand_change", req.on_hand_change)
    on_hand = _change(tx, path, product, req.on_hand_change)
    script = installed(tx, UPDATE)
    moved = _follow(tx, script, path, req, on_hand) if script else 0
    return UpdateInventoryResp(on_hand=on_hand - moved)


@applies(InventoryUpdated)
def inventory_updated(tx: Tx, event: InventoryUpdated) -> None:
    """Lay units down or take them away."""
    path, product = path_to_root(tx, number_of(event.location)), number_of(event.product)
    if event.on_hand_change > 0:
        put(tx, path, product, event.on_hand_change)
    else:
        take(tx, path, product, -event.on_hand_change)


@applies(AlertRaised)
def alert_raised(tx: Tx, event: AlertRaised) -> None:
    """Keep it, and forget the oldest."""
    tx.write(
        "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?)",
        event.number,
        event.time_us,
        event.script,
        number_of(event.location),
        number_of(event.product),
        event.text,
    )
    tx.write("DELETE FROM alert WHERE number <= ?", event.number - ALERTS_COUNT_MAX)


def _change(tx: Tx, path: Path, product: int, change: int) -> int:
    """Let a change happen, and return what lies at the location itself after it."""
    on_hand = require_here(tx, path[0], product, -change)
    if change < 0:
        require_available(tx, path, product, -change)
    else:
        require_room(tx, product, change)
    tx.apply(
        InventoryUpdated(location=uid_text(path[0]), product=uid_text(product), on_hand_change=change, on_hand=on_hand)
    )
    return on_hand


def _follow(tx: Tx, script: Script, path: Path, req: UpdateInventoryReq, on_hand: int) -> int:
    """Do what the tenant's script wants after a change, and return how many units it moved on."""
    product, world = number_of(req.product), TenantWorld(tx)
    row = tx.one("SELECT sku FROM product WHERE uid = ?", product)
    assert row is not None, f"product {product} exists"
    change = Change(req.location, req.product, row[0], req.on_hand_change, on_hand - req.on_hand_change)
    decision = ask_update(tx.scripts, script, change, world)
    if isinstance(decision, Refused):
        raise RefusedByScript(script=script.name, why=decision.why)
    if decision.to:
        _change(tx, path, product, -decision.quantity)
        _change(tx, path_to_root(tx, number_of(decision.to)), product, decision.quantity)
    if decision.alert:
        row = tx.one("SELECT coalesce(max(number), 0) + 1 FROM alert")
        assert row is not None, "there is a next number"
        tx.apply(
            AlertRaised(
                number=row[0],
                time_us=tx.now_us,
                script=script.name,
                location=req.location,
                product=req.product,
                text=decision.alert,
            )
        )
    return decision.quantity
