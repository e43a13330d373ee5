"""List what scripts wanted somebody to know."""

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import ListAlertsReq, ListAlertsResp
from bf.inventory.checks import rows_to_fetch
from bf.inventory.errors import Negative
from bf.inventory.limits import ALERTS_COUNT_MAX

Alert = ListAlertsResp.Alert


@handles(ListAlertsReq)
def list_alerts(tx: Tx, req: ListAlertsReq) -> ListAlertsResp:
    """Show the newest first."""
    if req.before < 0:
        raise Negative(field="before", number=req.before)
    rows = tx.query(
        """
        SELECT number, time_us, script, location, product, text FROM alert
        WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2
        """,
        req.before,
        rows_to_fetch(req.limit, ALERTS_COUNT_MAX),
    )
    return ListAlertsResp(
        alerts=[
            Alert(
                number=number,
                time_us=time_us,
                script=script,
                location=uid_text(location),
                product=uid_text(product),
                text=text,
            )
            for number, time_us, script, location, product, text in rows
        ]
    )
