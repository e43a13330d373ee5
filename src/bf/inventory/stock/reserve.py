"""Reserve: promise quantities of products from anywhere inside a location."""

from bf.core.feature import applies, handles
from bf.core.scripts import Script
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import Reserved
from bf.inventory.api.requests_pb2 import ReserveReq, ReserveResp
from bf.inventory.checks import require_items, require_quantity, require_short, require_text
from bf.inventory.errors import CodeTaken, TooMany
from bf.inventory.limits import CODE_CHARS_MAX, ORDER_LINES_MAX, TAG_CHARS_MAX, TAGS_MAX
from bf.inventory.locations.tree import find_path, path_to_root
from bf.inventory.products.catalogue import find_sku
from bf.inventory.scripts.asking import RESERVE, ask_reserve, installed
from bf.inventory.scripts.decisions import Order, Refused
from bf.inventory.scripts.errors import RefusedByScript
from bf.inventory.scripts.world import TenantWorld
from bf.inventory.stock.promises import promise_line
from bf.inventory.stock.totals import require_all_available, require_available

Units = dict[tuple[int, str], int]
"""What is promised, by product and the uid of the location."""


@handles(ReserveReq)
def reserve(tx: Tx, req: ReserveReq) -> ReserveResp:
    """Promise only what is free at the location and at all that it lies in, or where a script says so."""
    require_text("reservation", req.reservation, "CODE_CHARS_MAX", CODE_CHARS_MAX)
    require_items("items", req.items, "ORDER_LINES_MAX", ORDER_LINES_MAX)
    _require_modest_tags(req)
    path = find_path(tx, "location", req.location)
    if tx.one("SELECT 1 FROM reservation WHERE code = ?", req.reservation):
        raise CodeTaken(reservation=req.reservation)
    quantities = _quantities(tx, req)
    script = installed(tx, RESERVE)
    if script:
        units = _as_decided(tx, script, req, quantities)
        require_all_available(tx, {(path_to_root(tx, number_of(at)), product): n for (product, at), n in units.items()})
    else:
        units = {(product, req.location): quantity for product, quantity in quantities.items()}
        for product, quantity in quantities.items():
            require_available(tx, path, product, quantity)
    uid = tx.next_uid()
    tx.apply(
        Reserved(
            reservation=uid,
            code=req.reservation,
            items=[
                Reserved.Item(product=uid_text(product), quantity=quantity, location=location)
                for (product, location), quantity in units.items()
            ],
        )
    )
    return ReserveResp(reservation=uid)


@applies(Reserved)
def reserved(tx: Tx, event: Reserved) -> None:
    """Open the reservation and count its lines as promised."""
    reservation = tx.created(event.reservation)
    tx.write("INSERT INTO reservation VALUES (?, ?)", reservation, event.code)
    for item in event.items:
        promise_line(tx, reservation, number_of(item.product), number_of(item.location), item.quantity)


def _quantities(tx: Tx, req: ReserveReq) -> dict[int, int]:
    """Add up the items of one product, in the order in which the request names them."""
    quantities: dict[int, int] = {}
    for number, item in enumerate(req.items):
        require_quantity(f"items[{number}].quantity", item.quantity)
        product = find_sku(tx, f"items[{number}].sku", item.sku)
        quantities[product] = quantities.get(product, 0) + item.quantity
    return quantities


def _as_decided(tx: Tx, script: Script, req: ReserveReq, quantities: dict[int, int]) -> Units:
    """Let the tenant's script place the order."""
    products = dict(zip(dict.fromkeys(item.sku for item in req.items), quantities, strict=True))
    items = [(sku, uid_text(product), quantities[product]) for sku, product in products.items()]
    order = Order(req.reservation, dict(sorted(req.tags.items())), items, req.location)
    decision = ask_reserve(tx.scripts, script, order, TenantWorld(tx))
    if isinstance(decision, Refused):
        raise RefusedByScript(script=script.name, why=decision.why)
    return {(products[sku], at): quantity for (sku, at), quantity in decision.units.items()}


def _require_modest_tags(req: ReserveReq) -> None:
    if len(req.tags) > TAGS_MAX:
        raise TooMany(field="tags", count=len(req.tags), limit="TAGS_MAX", most=TAGS_MAX)
    for key, value in sorted(req.tags.items()):
        require_short("tags", max(key, value, key=len), "TAG_CHARS_MAX", TAG_CHARS_MAX)
