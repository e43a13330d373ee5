"""Ask what lies at a location and everything inside it, and how much of it is free."""

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import GetLocInventoryReq, GetLocInventoryResp
from bf.inventory.checks import page, require_page
from bf.inventory.locations.tree import find_path

Item = GetLocInventoryResp.Item


@handles(GetLocInventoryReq)
def get_loc_inventory(tx: Tx, req: GetLocInventoryReq) -> GetLocInventoryResp:
    """Show products with something on hand, in the order of their uids."""
    location = find_path(tx, "location", req.location)[0]
    after, most = page(req.after, req.limit)
    rows = tx.query(
        """
        SELECT product, on_hand, on_hand - reserved FROM stock
        WHERE location = ? AND product > ? ORDER BY product LIMIT ?
        """,
        location,
        after,
        most,
    )
    require_page(rows)
    return GetLocInventoryResp(
        items=[Item(product=uid_text(product), on_hand=on_hand, available=free) for product, on_hand, free in rows]
    )
