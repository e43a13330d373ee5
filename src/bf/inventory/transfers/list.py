"""List the transfers under way, each with what it has in transit."""

from itertools import groupby
from operator import itemgetter

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import ListTransfersReq, ListTransfersResp
from bf.inventory.checks import require_page, rows_to_fetch
from bf.inventory.limits import LISTED_TRANSFER_LINES_MAX


@handles(ListTransfersReq)
def list_transfers(tx: Tx, req: ListTransfersReq) -> ListTransfersResp:
    """Show transfers in the order of their codes; the limit of an answer is about their lines."""
    rows = tx.query(
        """
        SELECT code, source, destination, product, quantity
        FROM (SELECT * FROM transfer WHERE code > ?1 ORDER BY code LIMIT ?2)
        CROSS JOIN transfer_line ON transfer = code
        ORDER BY code, product LIMIT ?3
        """,
        req.after,
        rows_to_fetch(req.limit, LISTED_TRANSFER_LINES_MAX),
        LISTED_TRANSFER_LINES_MAX + 1,
    )
    require_page(rows, "LISTED_TRANSFER_LINES_MAX", LISTED_TRANSFER_LINES_MAX)
    resp = ListTransfersResp()
    for (code, source, destination), lines in groupby(rows, key=itemgetter(0, 1, 2)):
        shown = resp.transfers.add(transfer=code, source=uid_text(source), destination=uid_text(destination))
        for _, _, _, product, quantity in lines:
            shown.items.add(product=uid_text(product), quantity=quantity)
    return resp
