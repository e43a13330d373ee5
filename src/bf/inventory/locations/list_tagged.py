"""List the locations that have a tag."""

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import ListTaggedReq, ListTaggedResp
from bf.inventory.checks import page, require_page, require_text
from bf.inventory.limits import LISTED_LOCATIONS_MAX, TAG_CHARS_MAX

Item = ListTaggedResp.Item


@handles(ListTaggedReq)
def list_tagged(tx: Tx, req: ListTaggedReq) -> ListTaggedResp:
    """Show locations in the order of their uids; a tag that nobody has shows nothing."""
    require_text("tag", req.tag, "TAG_CHARS_MAX", TAG_CHARS_MAX)
    after, most = page(req.after, req.limit, LISTED_LOCATIONS_MAX)
    rows = tx.query(
        """
        SELECT uid, name, parent FROM location_tag CROSS JOIN location ON location.uid = location_tag.location
        WHERE tag = ? AND location_tag.location > ? ORDER BY location_tag.location LIMIT ?
        """,
        req.tag,
        after,
        most,
    )
    require_page(rows, "LISTED_LOCATIONS_MAX", LISTED_LOCATIONS_MAX)
    return ListTaggedResp(
        items=[Item(uid=uid_text(uid), name=name, parent=uid_text(parent)) for uid, name, parent in rows]
    )
