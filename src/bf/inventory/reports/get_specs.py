"""Specs of getting reports."""

from collections.abc import Mapping, Sequence

from google.protobuf.message import Message

from bf.core.refusal import MalformedUid
from bf.core.spec import SPEC_NOW_US, Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    Fulfilled,
    InventoryUpdated,
    LocationAdded,
    LocationMoved,
    LocationsTagged,
    ProductAdded,
    ReportDefined,
    ReportDropped,
    Reserved,
    ScriptInstalled,
    ScriptRemoved,
)
from bf.inventory.api.requests_pb2 import GetReportReq, GetReportResp
from bf.inventory.errors import Negative, ProductNotFound, TooLong, TooMany, TooMuchToShow
from bf.inventory.limits import REPORT_LOCATIONS_MAX, REPORT_ROWS_MAX, SCRIPTS_COUNT_MAX, SKU_CHARS_MAX
from bf.inventory.reports.errors import NotAPage, ReportNotFound
from bf.inventory.scripts.errors import ScriptFailed, ScriptNotFound

STORY = "docs/stories.md#reporting-what-is-where"
Column = GetReportResp.Column

ROOT, NORTH, SOUTH, BIN, COLA, TEA, FIGS, ORDER = (u(number) for number in range(8))

GOODS = (
    LocationAdded(uid=NORTH, name="North", parent=ROOT),
    LocationAdded(uid=SOUTH, name="South", parent=ROOT),
    LocationAdded(uid=BIN, name="Bin", parent=NORTH),
    ProductAdded(uid=COLA, sku="drink-cola"),
    ProductAdded(uid=TEA, sku="drink-a-tea"),
    ProductAdded(uid=FIGS, sku="figs"),
    InventoryUpdated(location=BIN, product=COLA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=NORTH, product=COLA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=SOUTH, product=TEA, on_hand_change=3, on_hand=3),
    Reserved(reservation=ORDER, code="order", items=[Reserved.Item(product=COLA, quantity=4, location=NORTH)]),
)
"""
North    on hand  7 cola          reserved 4
  Bin    on hand  5 cola
South    on hand         3 tea
"""
HOUSES = (*GOODS, ReportDefined(name="houses", children_of=ROOT))
BOTH = {COLA: "drink-cola", TEA: "drink-a-tea"}
ALL = {**BOTH, FIGS: "figs"}


def column(uid: str, name: str, *numbers: tuple[int, int], nested: bool = False) -> Column:
    """Write a column: of each product, what is on hand and reserved."""
    return Column(
        location=uid,
        name=name,
        nested=nested,
        on_hand=[on_hand for on_hand, _ in numbers],
        reserved=[reserved for _, reserved in numbers],
        available=[on_hand - reserved for on_hand, reserved in numbers],
    )


def spec(
    name: str,
    given: Sequence[Message],
    when: GetReportReq,
    products: Mapping[str, str],
    *columns: Column,
    first: int = -1,
    then: str = "",
    prose: str = "",
    computed: Mapping[str, Sequence[str]] | None = None,
) -> Spec:
    """Show products with their SKUs in columns, the total last; `then` is the last product before the next page."""
    position = len(given)
    shown = GetReportResp(
        position=position,
        time_us=SPEC_NOW_US,
        first_position=position if first < 0 else first,
        products=products,
        skus=products.values(),
        columns=columns[:-1],
        total=columns[-1],
        next_page=f"{position if first < 0 else first}:{then}" if then else "",
        computed=[GetReportResp.Computed(script=name, values=values) for name, values in (computed or {}).items()],
    )
    return Spec(name=name, story=STORY, given=given, when=when, then=shown, prose=prose)


def script(name: str, source: str) -> ScriptInstalled:
    """Install a script for reports."""
    return ScriptInstalled(hook="report", name=name, version=1, source=source, time_us=SPEC_NOW_US)


TO_BUY = script(
    "to buy",
    "function report(rows) local v = {} for n, row in ipairs(rows) do v[n] = 10 - row.available end return v end",
)
WORDS = script(
    "words",
    "function report(rows) local v = {} for n, row in ipairs(rows) do v[n] = row.on_hand < 5 and 'few' or 'many' end return v end",
)


SPECS = [
    spec(
        "a report shows what is on hand, reserved and available at each location and in all",
        HOUSES,
        GetReportReq(name="houses"),
        BOTH,
        column(NORTH, "North", (7, 4), (0, 0)),
        column(SOUTH, "South", (0, 0), (3, 0)),
        column("", "", (7, 4), (3, 0)),
    ),
    spec(
        "a report lists its locations in the order of their uids",
        (*GOODS, ReportDefined(name="listed", locations=[BIN, SOUTH])),
        GetReportReq(name="listed"),
        BOTH,
        column(SOUTH, "South", (0, 0), (3, 0)),
        column(BIN, "Bin", (5, 0), (0, 0)),
        column("", "", (5, 0), (3, 0)),
    ),
    spec(
        "what lies inside another location of the report counts once",
        (*GOODS, ReportDefined(name="nested", locations=[NORTH, BIN])),
        GetReportReq(name="nested"),
        {COLA: "drink-cola"},
        column(NORTH, "North", (7, 4)),
        column(BIN, "Bin", (5, 0), nested=True),
        column("", "", (7, 4)),
    ),
    spec(
        "the whole business is a column like any other",
        (*GOODS, ReportDefined(name="all", locations=[ROOT, NORTH])),
        GetReportReq(name="all"),
        BOTH,
        column(ROOT, "", (7, 4), (3, 0)),
        column(NORTH, "North", (7, 4), (0, 0), nested=True),
        column("", "", (7, 4), (3, 0)),
    ),
    spec(
        "a report by a tag covers what has the tag, wherever it lies",
        (
            *GOODS,
            ReportDefined(name="cold", tagged="cold"),
            LocationsTagged(locations=[SOUTH, NORTH], added=["cold"]),
            LocationMoved(uid=SOUTH, old_parent=ROOT, new_parent=BIN),
        ),
        GetReportReq(name="cold"),
        BOTH,
        column(NORTH, "North", (7, 4), (3, 0)),
        column(SOUTH, "South", (0, 0), (3, 0), nested=True),
        column("", "", (7, 4), (3, 0)),
    ),
    spec(
        "a location that lost its tag has left the report",
        (
            *GOODS,
            ReportDefined(name="cold", tagged="cold"),
            LocationsTagged(locations=[SOUTH, BIN], added=["cold"]),
            LocationsTagged(locations=[BIN], removed=["cold"]),
        ),
        GetReportReq(name="cold"),
        {TEA: "drink-a-tea"},
        column(SOUTH, "South", (3, 0)),
        column("", "", (3, 0)),
    ),
    spec(
        "a location that is moved away has left the report of what lies there",
        (*HOUSES, LocationMoved(uid=SOUTH, old_parent=ROOT, new_parent=NORTH)),
        GetReportReq(name="houses"),
        BOTH,
        column(NORTH, "North", (7, 4), (3, 0)),
        column("", "", (7, 4), (3, 0)),
    ),
    spec(
        "a location that a report lists stays in it, wherever it is moved",
        (
            *GOODS,
            ReportDefined(name="listed", locations=[SOUTH]),
            LocationMoved(uid=SOUTH, old_parent=ROOT, new_parent=BIN),
        ),
        GetReportReq(name="listed"),
        {TEA: "drink-a-tea"},
        column(SOUTH, "South", (3, 0)),
        column("", "", (3, 0)),
    ),
    spec(
        "a rule that finds no location makes an empty report",
        (*GOODS, ReportDefined(name="cold", tagged="cold")),
        GetReportReq(name="cold"),
        {},
        Column(),
    ),
    spec(
        "where a rule finds no location, everything is short",
        (*GOODS, ReportDefined(name="cold", tagged="cold")),
        GetReportReq(name="cold", least=1),
        ALL,
        column("", "", (0, 0), (0, 0), (0, 0)),
    ),
    spec(
        "where nothing lies, a report has columns and no rows",
        (*GOODS, ReportDefined(name="in the bin", children_of=BIN), LocationAdded(uid=u(8), name="Box", parent=BIN)),
        GetReportReq(name="in the bin"),
        {},
        column(u(8), "Box"),
        Column(),
    ),
    spec(
        "what was handed over has left the report",
        (
            *HOUSES,
            Fulfilled(reservation=ORDER, items=[Fulfilled.Item(product=COLA, location=BIN, removed=4, on_hand=1)]),
        ),
        GetReportReq(name="houses"),
        BOTH,
        column(NORTH, "North", (3, 0), (0, 0)),
        column(SOUTH, "South", (0, 0), (3, 0)),
        column("", "", (3, 0), (3, 0)),
    ),
    spec(
        "a report by a beginning of SKUs shows these in their order",
        HOUSES,
        GetReportReq(name="houses", sku_prefix="drink-"),
        {TEA: "drink-a-tea", COLA: "drink-cola"},
        column(NORTH, "North", (0, 0), (7, 4)),
        column(SOUTH, "South", (3, 0), (0, 0)),
        column("", "", (3, 0), (7, 4)),
    ),
    spec(
        "a whole SKU is a beginning of SKUs too",
        HOUSES,
        GetReportReq(name="houses", sku_prefix="drink-cola"),
        {COLA: "drink-cola"},
        column(NORTH, "North", (7, 4)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (7, 4)),
    ),
    spec(
        "a beginning of SKUs is told apart to the letter",
        HOUSES,
        GetReportReq(name="houses", sku_prefix="Drink"),
        {},
        column(NORTH, "North"),
        column(SOUTH, "South"),
        Column(),
    ),
    spec(
        "products by their SKUs of which nothing is there are left out",
        HOUSES,
        GetReportReq(name="houses", sku_prefix="figs"),
        {},
        column(NORTH, "North"),
        column(SOUTH, "South"),
        Column(),
    ),
    spec(
        "what is sold out is a shortage of 1",
        HOUSES,
        GetReportReq(name="houses", least=1),
        {FIGS: "figs"},
        column(NORTH, "North", (0, 0)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (0, 0)),
    ),
    spec(
        "a shortage is less available in all than the caller names",
        HOUSES,
        GetReportReq(name="houses", least=4),
        ALL,
        column(NORTH, "North", (7, 4), (0, 0), (0, 0)),
        column(SOUTH, "South", (0, 0), (3, 0), (0, 0)),
        column("", "", (7, 4), (3, 0), (0, 0)),
        prose="Of seven cola four are promised.",
    ),
    spec(
        "exactly as much as the caller names is no shortage",
        HOUSES,
        GetReportReq(name="houses", least=3),
        {FIGS: "figs"},
        column(NORTH, "North", (0, 0)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (0, 0)),
    ),
    spec(
        "what lies inside another location of the report makes up for no shortage",
        (*GOODS, ReportDefined(name="nested", locations=[NORTH, BIN])),
        GetReportReq(name="nested", least=4, sku_prefix="drink-c"),
        {COLA: "drink-cola"},
        column(NORTH, "North", (7, 4)),
        column(BIN, "Bin", (5, 0), nested=True),
        column("", "", (7, 4)),
        prose="Three are available in the north; the five of the bin are among its seven.",
    ),
    spec(
        "shortages by a beginning of SKUs are shown in their order",
        HOUSES,
        GetReportReq(name="houses", least=4, sku_prefix="drink-"),
        {TEA: "drink-a-tea", COLA: "drink-cola"},
        column(NORTH, "North", (0, 0), (7, 4)),
        column(SOUTH, "South", (3, 0), (0, 0)),
        column("", "", (3, 0), (7, 4)),
    ),
    spec(
        "products that are named are shown, also those of which nothing is there",
        HOUSES,
        GetReportReq(name="houses", products=[FIGS, COLA, FIGS]),
        {COLA: "drink-cola", FIGS: "figs"},
        column(NORTH, "North", (7, 4), (0, 0)),
        column(SOUTH, "South", (0, 0), (0, 0)),
        column("", "", (7, 4), (0, 0)),
    ),
    spec(
        "products that are named are shown if their SKUs begin as asked",
        HOUSES,
        GetReportReq(name="houses", products=[FIGS, COLA], sku_prefix="f"),
        {FIGS: "figs"},
        column(NORTH, "North", (0, 0)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (0, 0)),
    ),
    spec(
        "of products that are named the shortages are shown",
        HOUSES,
        GetReportReq(name="houses", products=[TEA, COLA], least=4),
        BOTH,
        column(NORTH, "North", (7, 4), (0, 0)),
        column(SOUTH, "South", (0, 0), (3, 0)),
        column("", "", (7, 4), (3, 0)),
    ),
    spec(
        "a first page names the next one",
        HOUSES,
        GetReportReq(name="houses", limit=1),
        {COLA: "drink-cola"},
        column(NORTH, "North", (7, 4)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (7, 4)),
        then=COLA,
    ),
    spec(
        "a next page goes on, and a last one names no other",
        HOUSES,
        GetReportReq(name="houses", limit=1, page=f"{len(HOUSES)}:{COLA}"),
        {TEA: "drink-a-tea"},
        column(NORTH, "North", (0, 0)),
        column(SOUTH, "South", (3, 0)),
        column("", "", (3, 0)),
    ),
    spec(
        "a page of a later moment is of that moment, and says that it is not the first one's",
        (*HOUSES, InventoryUpdated(location=NORTH, product=TEA, on_hand_change=1, on_hand=1)),
        GetReportReq(name="houses", limit=1, page=f"{len(HOUSES)}:{COLA}"),
        {TEA: "drink-a-tea"},
        column(NORTH, "North", (1, 0)),
        column(SOUTH, "South", (3, 0)),
        column("", "", (4, 0)),
        first=len(HOUSES),
    ),
    spec(
        "pages by a beginning of SKUs go on in the order of SKUs",
        HOUSES,
        GetReportReq(name="houses", sku_prefix="drink-", page=f"{len(HOUSES)}:{TEA}"),
        {COLA: "drink-cola"},
        column(NORTH, "North", (7, 4)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (7, 4)),
    ),
    spec(
        "a page of another beginning of SKUs shows none before its own",
        HOUSES,
        GetReportReq(name="houses", sku_prefix="f", least=1, page=f"{len(HOUSES)}:{TEA}"),
        {FIGS: "figs"},
        column(NORTH, "North", (0, 0)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (0, 0)),
    ),
    spec(
        "a page of shortages has no more of them than asked for",
        HOUSES,
        GetReportReq(name="houses", least=4, limit=2),
        BOTH,
        column(NORTH, "North", (7, 4), (0, 0)),
        column(SOUTH, "South", (0, 0), (3, 0)),
        column("", "", (7, 4), (3, 0)),
        then=TEA,
    ),
    spec(
        "a next page of shortages goes on after what was shown",
        HOUSES,
        GetReportReq(name="houses", least=4, limit=2, page=f"{len(HOUSES)}:{TEA}"),
        {FIGS: "figs"},
        column(NORTH, "North", (0, 0)),
        column(SOUTH, "South", (0, 0)),
        column("", "", (0, 0)),
    ),
    spec(
        "products that are named come in pages too",
        HOUSES,
        GetReportReq(name="houses", products=[COLA, TEA, FIGS], limit=1, page=f"{len(HOUSES)}:{COLA}"),
        {TEA: "drink-a-tea"},
        column(NORTH, "North", (0, 0)),
        column(SOUTH, "South", (3, 0)),
        column("", "", (3, 0)),
        then=TEA,
    ),
    Spec(
        name="nobody gets a report that there is not",
        story=STORY,
        given=(*HOUSES, ReportDropped(name="houses")),
        when=GetReportReq(name="houses"),
        refused=ReportNotFound(field="name", name="houses"),
    ),
    Spec(
        name="a rule that finds more locations than a report may cover is told so",
        story=STORY,
        given=(
            ReportDefined(name="bins", children_of=ROOT),
            *(LocationAdded(uid=u(uid), name=f"{uid}", parent=ROOT) for uid in range(1, REPORT_LOCATIONS_MAX + 2)),
        ),
        when=GetReportReq(name="bins"),
        refused=TooMuchToShow(
            limit="REPORT_LOCATIONS_MAX",
            most=REPORT_LOCATIONS_MAX,
            remedy="define reports that cover fewer locations each",
        ),
        heavy=True,
    ),
    Spec(
        name="a beginning of SKUs is not longer than a SKU",
        story=STORY,
        given=HOUSES,
        when=GetReportReq(name="houses", sku_prefix="x" * (SKU_CHARS_MAX + 1)),
        refused=TooLong(field="sku_prefix", chars=SKU_CHARS_MAX + 1, limit="SKU_CHARS_MAX", most=SKU_CHARS_MAX),
    ),
    Spec(
        name="nobody is short of less than nothing",
        story=STORY,
        given=HOUSES,
        when=GetReportReq(name="houses", least=-1),
        refused=Negative(field="least", number=-1),
    ),
    Spec(
        name="a page of a report has no negative length",
        story=STORY,
        given=HOUSES,
        when=GetReportReq(name="houses", limit=-1),
        refused=Negative(field="limit", number=-1),
    ),
    Spec(
        name="products that a report is asked for exist",
        story=STORY,
        given=HOUSES,
        when=GetReportReq(name="houses", products=[COLA, NORTH]),
        refused=ProductNotFound(field="products[1]", uid=NORTH),
    ),
    Spec(
        name="products that a report is asked for are named by their uids",
        story=STORY,
        given=HOUSES,
        when=GetReportReq(name="houses", products=["figs"]),
        refused=MalformedUid(field="products[0]", value="figs"),
    ),
    Spec(
        name="a report is asked for no more products than a page may have",
        story=STORY,
        given=HOUSES,
        when=GetReportReq(name="houses", products=[COLA] * (REPORT_ROWS_MAX + 1)),
        refused=TooMany(field="products", count=REPORT_ROWS_MAX + 1, limit="REPORT_ROWS_MAX", most=REPORT_ROWS_MAX),
    ),
    *(
        Spec(
            name=f"a page that was not named is none: {why}",
            story=STORY,
            given=HOUSES,
            when=GetReportReq(name="houses", page=page),
            refused=NotAPage(field="page", value=page),
        )
        for why, page in {
            "a number": "2",
            "no position": f"two:{COLA}",
            "a position that is not there yet": f"{len(HOUSES) + 1}:{COLA}",
            "no product": "2:figs",
            "a location": f"2:{NORTH}",
            "a position with a sign": f"+2:{COLA}",
        }.items()
    ),
    spec(
        "scripts compute columns of a report from its totals, in the order in which they are named",
        (*HOUSES, TO_BUY, WORDS),
        GetReportReq(name="houses", computed=["words", "to buy"]),
        BOTH,
        column(NORTH, "North", (7, 4), (0, 0)),
        column(SOUTH, "South", (0, 0), (3, 0)),
        column("", "", (7, 4), (3, 0)),
        computed={"words": ["many", "few"], "to buy": ["7", "7"]},
    ),
    spec(
        "a script computes a column of a page that shows nothing",
        (*HOUSES, TO_BUY),
        GetReportReq(name="houses", sku_prefix="x", computed=["to buy"]),
        {},
        column(NORTH, "North"),
        column(SOUTH, "South"),
        column("", ""),
        computed={"to buy": []},
    ),
    Spec(
        name="a column that no script computes is refused",
        story=STORY,
        given=(*HOUSES, TO_BUY),
        when=GetReportReq(name="houses", computed=["to buy", "to sell"]),
        refused=ScriptNotFound(field="computed[1]", hook="report", script="to sell"),
    ),
    Spec(
        name="a script that was removed computes nothing",
        story=STORY,
        given=(*HOUSES, TO_BUY, ScriptRemoved(hook="report", name="to buy", version=1, time_us=SPEC_NOW_US)),
        when=GetReportReq(name="houses", computed=["to buy"]),
        refused=ScriptNotFound(field="computed[0]", hook="report", script="to buy"),
    ),
    Spec(
        name="a script that fails at a report is named with its line",
        story=STORY,
        given=(*HOUSES, script("broken", "function report(rows)\n    return rows.cola.sku\nend")),
        when=GetReportReq(name="houses", computed=["broken"]),
        refused=ScriptFailed(where="broken, line 2", problem="attempt to index a nil value (field 'cola')"),
    ),
    Spec(
        name="a script that answers for other rows than there are is refused",
        story=STORY,
        given=(*HOUSES, script("short", "function report(rows) return { 1 } end")),
        when=GetReportReq(name="houses", computed=["short"]),
        refused=ScriptFailed(where="short", problem="the answer is not a list of 2 values, one for each row"),
    ),
    Spec(
        name="a report asks no more scripts than there may be",
        story=STORY,
        given=(*HOUSES, TO_BUY),
        when=GetReportReq(name="houses", computed=["to buy"] * (SCRIPTS_COUNT_MAX + 1)),
        refused=TooMany(
            field="computed", count=SCRIPTS_COUNT_MAX + 1, limit="SCRIPTS_COUNT_MAX", most=SCRIPTS_COUNT_MAX
        ),
    ),
]
