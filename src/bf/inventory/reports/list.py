"""List the reports, each with what it covers."""

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import ListReportsReq, ListReportsResp


@handles(ListReportsReq)
def list_reports(tx: Tx, _req: ListReportsReq) -> ListReportsResp:
    """Show them in the order of their names; REPORTS_MAX of them always fit into an answer."""
    resp = ListReportsResp()
    shown: dict[str, ListReportsResp.Report] = {}
    for name, parent, tag in tx.query("SELECT name, parent, tag FROM report ORDER BY name"):
        shown[name] = resp.reports.add(
            name=name, children_of="" if parent is None else uid_text(parent), tagged=tag or ""
        )
    for name, location in tx.query("SELECT report, location FROM report_location ORDER BY report, location"):
        shown[name].locations.append(uid_text(location))
    return resp
