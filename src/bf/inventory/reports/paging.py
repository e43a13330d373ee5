"""Pages of a report: a page is named by where the first one stood and by the last product before it."""

from bf.core.refusal import MalformedUid
from bf.core.tx import Tx
from bf.core.uid import uid_number, uid_text
from bf.inventory.reports.errors import NotAPage


def written(first: int, product: int) -> str:
    """Name the page after a product."""
    return f"{first}:{uid_text(product)}"


def read(tx: Tx, field: str, page: str) -> tuple[int, int]:
    """Return the position of the first page, and the product after which this one begins; NotAPage."""
    if not page:
        return tx.position, 0
    first, _, product = page.partition(":")
    try:
        position, after = int(first), uid_number(field, product)
    except (ValueError, MalformedUid):
        raise NotAPage(field=field, value=page) from None
    known = tx.one("SELECT 1 FROM product WHERE uid = ?", after)
    if not known or not 0 <= position <= tx.position or written(position, after) != page:
        raise NotAPage(field=field, value=page)
    return position, after
