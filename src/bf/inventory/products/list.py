"""List products by their SKUs, or the whole catalogue in pages."""

import json

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import ListProductsReq, ListProductsResp
from bf.inventory.checks import page, require_page
from bf.inventory.errors import TooMany
from bf.inventory.limits import ADDED_PRODUCTS_MAX

Item = ListProductsResp.Item


@handles(ListProductsReq)
def list_products(tx: Tx, req: ListProductsReq) -> ListProductsResp:
    """Show products in the order of their uids; unknown SKUs are left out."""
    if len(req.skus) > ADDED_PRODUCTS_MAX:
        raise TooMany(field="skus", count=len(req.skus), limit="ADDED_PRODUCTS_MAX", most=ADDED_PRODUCTS_MAX)
    after, most = page(req.after, req.limit)
    rows = tx.query(
        """
        SELECT uid, sku FROM product
        WHERE uid > ?1 AND (?2 = '[]' OR sku IN (SELECT value FROM json_each(?2)))
        ORDER BY uid LIMIT ?3
        """,
        after,
        json.dumps(list(req.skus)),
        most,
    )
    require_page(rows)
    return ListProductsResp(items=[Item(uid=uid_text(uid), sku=sku) for uid, sku in rows])
