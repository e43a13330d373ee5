"""Start a transfer: goods leave one location on their way to another.

Rules of a transfer, for all files of this folder:
1. Goods in transit are on hand nowhere, so nobody can promise them. They belong to their transfer.
2. For each product, what is on hand plus what is in transit changes by deliveries, sales and counts, and by what a
   receipt says is missing, with its reason; never by a transfer itself.
3. What has left keeps to the rule of every removal: never below what is promised at the source or around it.
4. A receipt may be partial. What is not received stays in transit, until a receipt gives a reason why the rest will
   never come, or the transfer is cancelled and the rest goes back to its source.
5. More than was sent never arrives: a surplus is found by taking stock.
6. A transfer with nothing in transit is closed and forgotten; its code is free again.
"""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import TransferStarted
from bf.inventory.api.requests_pb2 import StartTransferReq, StartTransferResp
from bf.inventory.checks import require_items, require_quantity, require_text
from bf.inventory.errors import RootHoldsNothing, SamePlace, TransferTaken
from bf.inventory.limits import CODE_CHARS_MAX, TRANSFER_LINES_MAX
from bf.inventory.locations.tree import ROOT, Path, find_path, path_to_root
from bf.inventory.products.catalogue import find_product
from bf.inventory.stock.totals import require_available, require_here, take


@handles(StartTransferReq)
def start_transfer(tx: Tx, req: StartTransferReq) -> StartTransferResp:
    """Let go only what lies at the source itself and is promised to nobody."""
    require_text("transfer", req.transfer, "CODE_CHARS_MAX", CODE_CHARS_MAX)
    require_items("items", req.items, "TRANSFER_LINES_MAX", TRANSFER_LINES_MAX)
    source, destination = _find_place(tx, "source", req.source), _find_place(tx, "destination", req.destination)
    if source == destination:
        raise SamePlace(field="destination")
    if tx.one("SELECT 1 FROM transfer WHERE code = ?", req.transfer):
        raise TransferTaken(field="transfer", transfer=req.transfer)
    event = TransferStarted(transfer=req.transfer, source=req.source, destination=req.destination)
    for product, units in _quantities(tx, req).items():
        left = require_here(tx, source[0], product, units)
        require_available(tx, source, product, units)
        event.items.add(product=uid_text(product), quantity=units, on_hand=left)
    tx.apply(event)
    return StartTransferResp()


@applies(TransferStarted)
def transfer_started(tx: Tx, event: TransferStarted) -> None:
    """Take the goods away from the source and note that they are in transit."""
    path = path_to_root(tx, number_of(event.source))
    tx.write("INSERT INTO transfer VALUES (?, ?, ?)", event.transfer, path[0], number_of(event.destination))
    for item in event.items:
        product = number_of(item.product)
        take(tx, path, product, item.quantity)
        tx.write("INSERT INTO transfer_line VALUES (?, ?, ?)", event.transfer, product, item.quantity)


def _find_place(tx: Tx, field: str, uid: str) -> Path:
    path = find_path(tx, field, uid)
    if path[0] == ROOT:
        raise RootHoldsNothing(field=field)
    return path


def _quantities(tx: Tx, req: StartTransferReq) -> dict[int, int]:
    """Add up the items of one product, in the order in which the request names them."""
    quantities: dict[int, int] = {}
    for number, item in enumerate(req.items):
        require_quantity(f"items[{number}].quantity", item.quantity)
        product = find_product(tx, f"items[{number}].product", item.product)
        quantities[product] = quantities.get(product, 0) + item.quantity
    return quantities
