"""Drop a report: forget its name and what it covers; nothing happens to any stock."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import ReportDropped
from bf.inventory.api.requests_pb2 import DropReportReq, DropReportResp
from bf.inventory.reports.errors import ReportNotFound


@handles(DropReportReq)
def drop_report(tx: Tx, req: DropReportReq) -> DropReportResp:
    """Drop what is there; its name is free again."""
    if not tx.one("SELECT 1 FROM report WHERE name = ?", req.name):
        raise ReportNotFound(field="name", name=req.name)
    tx.apply(ReportDropped(name=req.name))
    return DropReportResp()


@applies(ReportDropped)
def report_dropped(tx: Tx, event: ReportDropped) -> None:
    """Forget the rule with the name."""
    tx.write("DELETE FROM report_location WHERE report = ?", event.name)
    dropped = tx.changed("DELETE FROM report WHERE name = ?", event.name)
    assert dropped, f"no report is named {event.name!r}"
