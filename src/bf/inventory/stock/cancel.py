"""Cancel: give everything that a reservation promises back."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import Cancelled
from bf.inventory.api.requests_pb2 import CancelReq, CancelResp
from bf.inventory.stock.promises import close, find_lines


@handles(CancelReq)
def cancel(tx: Tx, req: CancelReq) -> CancelResp:
    """Close an open reservation."""
    lines = find_lines(tx, req.reservation)
    tx.apply(
        Cancelled(
            reservation=req.reservation,
            items=[
                Cancelled.Item(product=uid_text(product), location=uid_text(location), released=quantity)
                for (product, location), quantity in lines.items()
            ],
        )
    )
    return CancelResp()


@applies(Cancelled)
def cancelled(tx: Tx, event: Cancelled) -> None:
    """Free what was promised."""
    close(tx, number_of(event.reservation))
