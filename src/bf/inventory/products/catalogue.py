"""The catalogue: finding products by what callers call them."""

from bf.core.tx import Tx
from bf.core.uid import uid_number
from bf.inventory.errors import ProductNotFound, SkuNotFound


def find_product(tx: Tx, field: str, uid: str) -> int:
    """Return the product that a request's `field` names by its uid; ProductNotFound."""
    product = uid_number(field, uid)
    if not tx.one("SELECT 1 FROM product WHERE uid = ?", product):
        raise ProductNotFound(field=field, uid=uid)
    return product


def find_sku(tx: Tx, field: str, sku: str) -> int:
    """Return the product that a request's `field` names by its SKU; SkuNotFound."""
    row = tx.one("SELECT uid FROM product WHERE sku = ?", sku)
    if row is None:
        raise SkuNotFound(field=field, sku=sku)
    return row[0]
