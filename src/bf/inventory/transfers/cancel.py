"""Cancel a transfer: bring what is in transit back to where it came from."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import TransferCancelled
from bf.inventory.api.requests_pb2 import CancelTransferReq, CancelTransferResp
from bf.inventory.locations.tree import path_to_root
from bf.inventory.stock.totals import put, require_room, units_here
from bf.inventory.transfers.under_way import find_transfer, forget_if_empty, leave_transit


@handles(CancelTransferReq)
def cancel_transfer(tx: Tx, req: CancelTransferReq) -> CancelTransferResp:
    """Leave what was received already where it is."""
    transfer = find_transfer(tx, req.transfer)
    event = TransferCancelled(transfer=req.transfer, source=uid_text(transfer.source))
    for product, units in transfer.in_transit.items():
        require_room(tx, product, units)
        on_hand = units_here(tx, transfer.source, product) + units
        event.items.add(product=uid_text(product), returned=units, on_hand=on_hand)
    tx.apply(event)
    return CancelTransferResp()


@applies(TransferCancelled)
def transfer_cancelled(tx: Tx, event: TransferCancelled) -> None:
    """Lay the goods down at their source and forget the transfer."""
    path = path_to_root(tx, number_of(event.source))
    for item in event.items:
        product = number_of(item.product)
        leave_transit(tx, event.transfer, product, item.returned)
        put(tx, path, product, item.returned)
    forget_if_empty(tx, event.transfer)
