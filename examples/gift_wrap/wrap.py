"""Wrap a gift: note the paper in which an open reservation is handed over."""

from examples.gift_wrap.errors import WrappedAlready
from examples.gift_wrap.events_pb2 import GiftWrapped
from examples.gift_wrap.requests_pb2 import WrapGiftReq, WrapGiftResp

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of
from bf.inventory.checks import require_text
from bf.inventory.stock.promises import find_lines

PAPER_CHARS_MAX = 64
"""The longest name of a paper."""


@handles(WrapGiftReq)
def wrap_gift(tx: Tx, req: WrapGiftReq) -> WrapGiftResp:
    """Wrap a reservation once; asking for the same paper again changes nothing."""
    require_text("paper", req.paper, "PAPER_CHARS_MAX", PAPER_CHARS_MAX)
    find_lines(tx, req.reservation)
    row = tx.one("SELECT paper FROM gift_wrap_gift WHERE reservation = ?", number_of(req.reservation))
    if row and row[0] != req.paper:
        raise WrappedAlready(reservation=req.reservation, paper=row[0])
    if not row:
        tx.apply(GiftWrapped(reservation=req.reservation, paper=req.paper))
    return WrapGiftResp()


@applies(GiftWrapped)
def gift_wrapped(tx: Tx, event: GiftWrapped) -> None:
    """Note the paper."""
    tx.write("INSERT INTO gift_wrap_gift VALUES (?, ?)", number_of(event.reservation), event.paper)
