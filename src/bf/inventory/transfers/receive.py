"""Receive a transfer: put down at the destination what has arrived, and say why the rest never will."""

from collections import defaultdict
from collections.abc import Mapping

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import TransferReceived
from bf.inventory.api.requests_pb2 import ReceiveTransferReq, ReceiveTransferResp
from bf.inventory.checks import require_items, require_quantity, require_text
from bf.inventory.errors import NotInTransit
from bf.inventory.limits import REASON_CHARS_MAX, TRANSFER_LINES_MAX
from bf.inventory.locations.tree import path_to_root
from bf.inventory.products.catalogue import find_product
from bf.inventory.stock.totals import put, require_room, units_here
from bf.inventory.transfers.under_way import find_transfer, forget_if_empty, leave_transit, units_in_transit


@handles(ReceiveTransferReq)
def receive_transfer(tx: Tx, req: ReceiveTransferReq) -> ReceiveTransferResp:
    """With a reason, all that does not arrive now is missing; with it alone, everything is."""
    transfer = find_transfer(tx, req.transfer)
    if req.reason:
        require_text("reason", req.reason, "REASON_CHARS_MAX", REASON_CHARS_MAX)
    if req.items or not req.reason:
        require_items("items", req.items, "TRANSFER_LINES_MAX", TRANSFER_LINES_MAX)
    received = _received(tx, req, transfer.in_transit)
    event = TransferReceived(transfer=req.transfer, destination=uid_text(transfer.destination), reason=req.reason)
    for product, in_transit in transfer.in_transit.items():
        units = received.get(product, 0)
        missing = in_transit - units if req.reason else 0
        if units or missing:
            require_room(tx, product, units)
            on_hand = units_here(tx, transfer.destination, product) + units
            event.items.add(product=uid_text(product), received=units, missing=missing, on_hand=on_hand)
    tx.apply(event)
    left = units_in_transit(tx, req.transfer)
    return ReceiveTransferResp(
        in_transit=[ReceiveTransferResp.Item(product=uid_text(each), quantity=units) for each, units in left.items()]
    )


@applies(TransferReceived)
def transfer_received(tx: Tx, event: TransferReceived) -> None:
    """Lay the goods down; neither they nor what is missing are in transit any more."""
    path = path_to_root(tx, number_of(event.destination))
    for item in event.items:
        product = number_of(item.product)
        leave_transit(tx, event.transfer, product, item.received + item.missing)
        if item.received:
            put(tx, path, product, item.received)
    forget_if_empty(tx, event.transfer)


def _received(tx: Tx, req: ReceiveTransferReq, in_transit: Mapping[int, int]) -> dict[int, int]:
    """Add up the items of one product, none of which is more than is in transit."""
    received: dict[int, int] = defaultdict(int)
    for number, item in enumerate(req.items):
        require_quantity(f"items[{number}].quantity", item.quantity)
        product = find_product(tx, f"items[{number}].product", item.product)
        left = in_transit.get(product, 0) - received[product]
        if left < item.quantity:
            raise NotInTransit(field=f"items[{number}]", product=item.product, in_transit=left, asked=item.quantity)
        received[product] += item.quantity
    return received
