"""Specs of defining reports."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import LocationAdded, ReportDefined, ReportDropped
from bf.inventory.api.requests_pb2 import DefineReportReq, DefineReportResp
from bf.inventory.errors import Blank, LocationNotFound, TooLong, TooMany
from bf.inventory.limits import REPORT_LOCATIONS_MAX, REPORT_NAME_CHARS_MAX, REPORTS_MAX, TAG_CHARS_MAX
from bf.inventory.reports.errors import NotOneRule, ReportNameTaken, TooManyReports

STORY = "docs/stories.md#reporting-what-is-where"

ROOT, NORTH, SOUTH = (u(number) for number in range(3))

HOUSES = (
    LocationAdded(uid=NORTH, name="North", parent=ROOT),
    LocationAdded(uid=SOUTH, name="South", parent=ROOT),
)

SPECS = [
    Spec(
        name="a report lists its locations",
        story=STORY,
        given=HOUSES,
        when=DefineReportReq(name="houses", locations=[SOUTH, NORTH]),
        then=DefineReportResp(),
        events=[ReportDefined(name="houses", locations=[SOUTH, NORTH])],
    ),
    Spec(
        name="a report covers whatever lies in a location",
        story=STORY,
        given=HOUSES,
        when=DefineReportReq(name="per warehouse", children_of=ROOT),
        then=DefineReportResp(),
        events=[ReportDefined(name="per warehouse", children_of=ROOT)],
    ),
    Spec(
        name="a report covers whatever has a tag, even if nothing has it yet",
        story=STORY,
        when=DefineReportReq(name="all containers in transit", tagged="in transit"),
        then=DefineReportResp(),
        events=[ReportDefined(name="all containers in transit", tagged="in transit")],
    ),
    Spec(
        name="the whole business is a location of a report too",
        story=STORY,
        when=DefineReportReq(name="all", locations=[ROOT]),
        then=DefineReportResp(),
        events=[ReportDefined(name="all", locations=[ROOT])],
    ),
    Spec(
        name="a location that is listed twice is covered once",
        story=STORY,
        given=HOUSES,
        when=DefineReportReq(name="houses", locations=[NORTH, SOUTH, NORTH]),
        then=DefineReportResp(),
        events=[ReportDefined(name="houses", locations=[NORTH, SOUTH])],
    ),
    Spec(
        name="the name of a dropped report is free again",
        story=STORY,
        given=(*HOUSES, ReportDefined(name="houses", locations=[NORTH]), ReportDropped(name="houses")),
        when=DefineReportReq(name="houses", locations=[SOUTH]),
        then=DefineReportResp(),
        events=[ReportDefined(name="houses", locations=[SOUTH])],
    ),
    Spec(
        name="two reports have different names",
        story=STORY,
        given=(*HOUSES, ReportDefined(name="houses", locations=[NORTH])),
        when=DefineReportReq(name="houses", children_of=ROOT),
        refused=ReportNameTaken(field="name", name="houses"),
    ),
    Spec(
        name="a report has a name",
        story=STORY,
        when=DefineReportReq(name=" ", children_of=ROOT),
        refused=Blank(field="name"),
    ),
    Spec(
        name="the name of a report is not longer than its limit",
        story=STORY,
        when=DefineReportReq(name="x" * (REPORT_NAME_CHARS_MAX + 1), children_of=ROOT),
        refused=TooLong(
            field="name",
            chars=REPORT_NAME_CHARS_MAX + 1,
            limit="REPORT_NAME_CHARS_MAX",
            most=REPORT_NAME_CHARS_MAX,
        ),
    ),
    Spec(
        name="a report covers something",
        story=STORY,
        when=DefineReportReq(name="houses"),
        refused=NotOneRule(field="locations", count=0),
    ),
    Spec(
        name="a report says in one way what it covers",
        story=STORY,
        given=HOUSES,
        when=DefineReportReq(name="houses", locations=[NORTH], tagged="house"),
        refused=NotOneRule(field="locations", count=2),
    ),
    Spec(
        name="a listed location exists",
        story=STORY,
        given=HOUSES,
        when=DefineReportReq(name="houses", locations=[NORTH, u(9)]),
        refused=LocationNotFound(field="locations[1]", uid=u(9)),
    ),
    Spec(
        name="a listed location is named by its uid",
        story=STORY,
        given=HOUSES,
        when=DefineReportReq(name="houses", locations=["North"]),
        refused=MalformedUid(field="locations[0]", value="North"),
    ),
    Spec(
        name="the location whose inside is covered exists",
        story=STORY,
        when=DefineReportReq(name="houses", children_of=u(9)),
        refused=LocationNotFound(field="children_of", uid=u(9)),
    ),
    Spec(
        name="a tag that a report covers is something to read",
        story=STORY,
        when=DefineReportReq(name="houses", tagged=" "),
        refused=Blank(field="tagged"),
    ),
    Spec(
        name="a tag that nobody may have is covered by no report",
        story=STORY,
        when=DefineReportReq(name="houses", tagged="x" * (TAG_CHARS_MAX + 1)),
        refused=TooLong(field="tagged", chars=TAG_CHARS_MAX + 1, limit="TAG_CHARS_MAX", most=TAG_CHARS_MAX),
    ),
    Spec(
        name="a report lists no more locations than its limit",
        story=STORY,
        given=HOUSES,
        when=DefineReportReq(name="houses", locations=[NORTH] * (REPORT_LOCATIONS_MAX + 1)),
        refused=TooMany(
            field="locations",
            count=REPORT_LOCATIONS_MAX + 1,
            limit="REPORT_LOCATIONS_MAX",
            most=REPORT_LOCATIONS_MAX,
        ),
    ),
    Spec(
        name="there are no more reports than their limit",
        story=STORY,
        given=[ReportDefined(name=f"{number}", children_of=ROOT) for number in range(REPORTS_MAX)],
        when=DefineReportReq(name="one more", children_of=ROOT),
        refused=TooManyReports(count=REPORTS_MAX + 1, most=REPORTS_MAX),
    ),
]
