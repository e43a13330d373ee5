"""Specs of dropping reports."""

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import LocationAdded, ReportDefined, ReportDropped
from bf.inventory.api.requests_pb2 import DropReportReq, DropReportResp
from bf.inventory.reports.errors import ReportNotFound

STORY = "docs/stories.md#reporting-what-is-where"

ROOT, NORTH = u(0), u(1)

REPORTED = (
    LocationAdded(uid=NORTH, name="North", parent=ROOT),
    ReportDefined(name="houses", locations=[NORTH]),
    ReportDefined(name="per warehouse", children_of=ROOT),
)

SPECS = [
    Spec(
        name="a report that lists locations is dropped",
        story=STORY,
        given=REPORTED,
        when=DropReportReq(name="houses"),
        then=DropReportResp(),
        events=[ReportDropped(name="houses")],
    ),
    Spec(
        name="a report with a rule is dropped",
        story=STORY,
        given=REPORTED,
        when=DropReportReq(name="per warehouse"),
        then=DropReportResp(),
        events=[ReportDropped(name="per warehouse")],
    ),
    Spec(
        name="nobody drops a report that there is not",
        story=STORY,
        given=REPORTED,
        when=DropReportReq(name="Houses"),
        refused=ReportNotFound(field="name", name="Houses"),
    ),
    Spec(
        name="a report is dropped once",
        story=STORY,
        given=(*REPORTED, ReportDropped(name="houses")),
        when=DropReportReq(name="houses"),
        refused=ReportNotFound(field="name", name="houses"),
    ),
]
