"""Add products: all of them or none."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import ProductAdded
from bf.inventory.api.requests_pb2 import AddProductsReq, AddProductsResp
from bf.inventory.checks import require_items, require_text
from bf.inventory.errors import SkuTaken
from bf.inventory.limits import ADDED_PRODUCTS_MAX, SKU_CHARS_MAX


@handles(AddProductsReq)
def add_products(tx: Tx, req: AddProductsReq) -> AddProductsResp:
    """Number the products in the order of the request."""
    require_items("skus", req.skus, "ADDED_PRODUCTS_MAX", ADDED_PRODUCTS_MAX)
    uids: list[str] = []
    for number, sku in enumerate(req.skus):
        field = f"skus[{number}]"
        require_text(field, sku, "SKU_CHARS_MAX", SKU_CHARS_MAX)
        if tx.one("SELECT 1 FROM product WHERE sku = ?", sku):
            raise SkuTaken(field=field, sku=sku)
        uids.append(tx.next_uid())
        tx.apply(ProductAdded(uid=uids[-1], sku=sku))
    return AddProductsResp(uids=uids)


@applies(ProductAdded)
def product_added(tx: Tx, event: ProductAdded) -> None:
    """Put the product into the catalogue."""
    tx.write("INSERT INTO product VALUES (?, ?)", tx.created(event.uid), event.sku)
