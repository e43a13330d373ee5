"""Ask what lies at a location and everything inside it, and how much of it is free."""

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_number, uid_text
from bf.inventory.api.requests_pb2 import GetLocInventoryReq, GetLocInventoryResp
from bf.inventory.errors import Negative, TooMuchToShow
from bf.inventory.limits import LISTED_PRODUCTS_MAX
from bf.inventory.locations.tree import find_path

Item = GetLocInventoryResp.Item


@handles(GetLocInventoryReq)
def get_loc_inventory(tx: Tx, req: GetLocInventoryReq) -> GetLocInventoryResp:
    """Show products with something on hand, in the order of their uids."""
    location = find_path(tx, "location", req.location)[0]
    after = uid_number("after", req.after) if req.after else 0
    if req.limit < 0:
        raise Negative(field="limit", number=req.limit)
    rows = tx.query(
        """
        SELECT product, on_hand, on_hand - reserved FROM stock
        WHERE location = ? AND product > ? ORDER BY product LIMIT ?
        """,
        location,
        after,
        min(req.limit or LISTED_PRODUCTS_MAX + 1, LISTED_PRODUCTS_MAX + 1),
    )
    if len(rows) > LISTED_PRODUCTS_MAX:
        raise TooMuchToShow(
            limit="LISTED_PRODUCTS_MAX", most=LISTED_PRODUCTS_MAX, remedy="ask in pages with `after` and `limit`"
        )
    return GetLocInventoryResp(
        items=[Item(product=uid_text(product), on_hand=on_hand, available=free) for product, on_hand, free in rows]
    )
