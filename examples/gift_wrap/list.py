"""List the gifts that are still to be wrapped: those whose reservation is open."""

from examples.gift_wrap.requests_pb2 import ListGiftsReq, ListGiftsResp

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text


@handles(ListGiftsReq)
def list_gifts(tx: Tx, _req: ListGiftsReq) -> ListGiftsResp:
    """Show them in the order of their reservations."""
    rows = tx.query(
        """
        SELECT uid, code, paper FROM gift_wrap_gift JOIN reservation ON reservation = uid
        ORDER BY uid
        """
    )
    return ListGiftsResp(
        gifts=[ListGiftsResp.Item(reservation=uid_text(uid), code=code, paper=paper) for uid, code, paper in rows]
    )
