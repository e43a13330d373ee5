"""Define a report: give a name to some locations, or to a rule that finds them whenever the report is asked for."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of
from bf.inventory.api.events_pb2 import ReportDefined
from bf.inventory.api.requests_pb2 import DefineReportReq, DefineReportResp
from bf.inventory.checks import require_items, require_text
from bf.inventory.limits import REPORT_LOCATIONS_MAX, REPORT_NAME_CHARS_MAX, REPORTS_MAX, TAG_CHARS_MAX
from bf.inventory.locations.tree import find_path
from bf.inventory.reports.errors import NotOneRule, ReportNameTaken, TooManyReports


@handles(DefineReportReq)
def define_report(tx: Tx, req: DefineReportReq) -> DefineReportResp:
    """Name each location once, in the order given."""
    require_text("name", req.name, "REPORT_NAME_CHARS_MAX", REPORT_NAME_CHARS_MAX)
    if tx.one("SELECT 1 FROM report WHERE name = ?", req.name):
        raise ReportNameTaken(field="name", name=req.name)
    _require_rule(tx, req)
    (reports,) = tx.one("SELECT count(*) FROM report") or (0,)
    if reports >= REPORTS_MAX:
        raise TooManyReports(count=reports + 1, most=REPORTS_MAX)
    locations = dict.fromkeys(req.locations)
    tx.apply(ReportDefined(name=req.name, locations=locations, children_of=req.children_of, tagged=req.tagged))
    return DefineReportResp()


@applies(ReportDefined)
def report_defined(tx: Tx, event: ReportDefined) -> None:
    """Keep the name and the rule."""
    parent = number_of(event.children_of) if event.children_of else None
    tx.write("INSERT INTO report VALUES (?, ?, ?)", event.name, parent, event.tagged or None)
    for location in map(number_of, event.locations):
        tx.write("INSERT INTO report_location VALUES (?, ?)", event.name, location)


def _require_rule(tx: Tx, req: DefineReportReq) -> None:
    """Refuse a report that does not cover locations in exactly one way."""
    given = sum(map(bool, (req.locations, req.children_of, req.tagged)))
    if given != 1:
        raise NotOneRule(field="locations", count=given)
    if req.tagged:
        require_text("tagged", req.tagged, "TAG_CHARS_MAX", TAG_CHARS_MAX)
    elif req.children_of:
        find_path(tx, "children_of", req.children_of)
    else:
        require_items("locations", req.locations, "REPORT_LOCATIONS_MAX", REPORT_LOCATIONS_MAX)
        for number, uid in enumerate(req.locations):
            find_path(tx, f"locations[{number}]", uid)
