"""Specs of listing reports."""

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import LocationAdded, ReportDefined, ReportDropped
from bf.inventory.api.requests_pb2 import ListReportsReq, ListReportsResp

STORY = "docs/stories.md#reporting-what-is-where"
Report = ListReportsResp.Report

ROOT, NORTH, SOUTH = (u(number) for number in range(3))

REPORTED = (
    LocationAdded(uid=NORTH, name="North", parent=ROOT),
    LocationAdded(uid=SOUTH, name="South", parent=ROOT),
    ReportDefined(name="per warehouse", children_of=ROOT),
    ReportDefined(name="containers", tagged="container"),
    ReportDefined(name="houses", locations=[SOUTH, NORTH]),
)

SPECS = [
    Spec(
        name="reports are listed by name, their locations by uid",
        story=STORY,
        given=REPORTED,
        when=ListReportsReq(),
        then=ListReportsResp(
            reports=[
                Report(name="containers", tagged="container"),
                Report(name="houses", locations=[NORTH, SOUTH]),
                Report(name="per warehouse", children_of=ROOT),
            ]
        ),
    ),
    Spec(
        name="a dropped report is not listed",
        story=STORY,
        given=(*REPORTED, ReportDropped(name="houses"), ReportDropped(name="containers")),
        when=ListReportsReq(),
        then=ListReportsResp(reports=[Report(name="per warehouse", children_of=ROOT)]),
    ),
    Spec(name="a new tenant has no reports", story=STORY, when=ListReportsReq(), then=ListReportsResp()),
]
