"""Reports: what they say is what every location says, and what they cost does not grow with the tenant."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import apsw
import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from tests.inventory.model_test import Stock
from tests.inventory.reasons import uid

from bf.adapters.sqlite.database import SqliteDatabase, empty_state
from bf.core.limits import REPLY_BYTES_MAX
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.core.uid import uid_text as u
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.api.events_pb2 import (
    InventoryUpdated,
    LocationAdded,
    LocationsTagged,
    ProductAdded,
    ReportDefined,
)
from bf.inventory.domain import INVENTORY
from bf.inventory.limits import (
    NAME_CHARS_MAX,
    ON_HAND_UNITS_MAX,
    REPORT_CELLS_MAX,
    REPORT_LOCATIONS_MAX,
    REPORT_NAME_CHARS_MAX,
    REPORT_ROWS_MAX,
    REPORTS_MAX,
    SKU_CHARS_MAX,
)


def report_of(state: State, **asked: Any) -> rq.GetReportResp:  # noqa: ANN401  # any field
    return cast("rq.GetReportResp", state.execute(rq.GetReportReq(**asked), SPEC_NOW_US).response)


def pages_of(state: State, **asked: Any) -> list[rq.GetReportResp]:  # noqa: ANN401  # any field
    pages = [report_of(state, **asked)]
    while pages[-1].next_page:
        pages.append(report_of(state, **asked, page=pages[-1].next_page))
    return pages


@given(data=st.data())
def test_a_report_says_of_each_location_what_the_location_says(data: st.DataObject) -> None:
    """After any history, in pages of any size."""
    stock = Stock()
    stock.start(is_filled=True)
    rules = [stock.update_inventory, stock.reserve, stock.fulfill, stock.cancel, stock.move_location, stock.take_stock]
    for rule in data.draw(st.lists(st.sampled_from(rules), max_size=12)):
        if rule not in (stock.fulfill, stock.cancel) or stock.model.promises:
            rule(data)
    covered = [uid(at) for at in data.draw(st.lists(st.sampled_from([*stock.model.names]), min_size=1, unique=True))]
    stock.ask(rq.DefineReportReq(name="report", locations=covered))
    pages = pages_of(stock.state, name="report", limit=data.draw(st.integers(0, 2)))
    for number, location in enumerate(sorted(covered)):
        said = {
            product: (on_hand, available)
            for page in pages
            for product, on_hand, available in zip(
                page.products, page.columns[number].on_hand, page.columns[number].available, strict=True
            )
            if on_hand
        }
        asked = stock.state.execute(rq.GetLocInventoryReq(location=location), SPEC_NOW_US).response
        assert isinstance(asked, rq.GetLocInventoryResp)
        assert said == {item.product: (item.on_hand, item.available) for item in asked.items}


# Sizes


def houses(count: int) -> list[Message]:
    return [LocationAdded(uid=u(1 + number), name=f"House {number}", parent=u(0)) for number in range(count)]


def state_after(events: Sequence[Message]) -> State:
    state = empty_state(INVENTORY)
    state.replay(events, SPEC_NOW_US)
    return state


def stocked(columns: int, products: int, *, elsewhere: int = 0, shift: int = 0) -> State:
    """Every product in every column, and in as many houses elsewhere; a report of the columns. A shift of uids."""
    first = 1 + columns + elsewhere + shift
    skus = [ProductAdded(uid=u(first + number), sku=f"sku {number:06}") for number in range(products)]
    stock = [
        InventoryUpdated(location=u(1 + house), product=sku.uid, on_hand_change=1 + number, on_hand=1 + number)
        for house in range(columns + elsewhere)
        for number, sku in enumerate(skus)
    ]
    covered = [u(1 + house) for house in range(columns)]
    tagged = [LocationsTagged(locations=covered, added=["report"])]
    report = [ReportDefined(name="report", tagged="report")]
    return state_after([*houses(columns + elsewhere), *skus, *stock, *tagged, *report])


def test_a_page_looks_at_no_more_products_than_its_limits_allow() -> None:
    state = stocked(1, REPORT_ROWS_MAX + 1)
    assert [len(page.products) for page in pages_of(state, name="report")] == [REPORT_ROWS_MAX, 1]
    assert [len(page.products) for page in pages_of(state, name="report", limit=REPORT_ROWS_MAX + 5)] == [
        REPORT_ROWS_MAX,
        1,
    ]
    columns = REPORT_CELLS_MAX // REPORT_ROWS_MAX + 5
    products = REPORT_CELLS_MAX // columns
    state = stocked(columns, products + 3)
    for asked in ({}, {"sku_prefix": "sku"}, {"least": ON_HAND_UNITS_MAX}):
        assert [len(page.products) for page in pages_of(state, name="report", **asked)] == [products, 3]
    sold_out = pages_of(state, name="report", least=1)
    assert [(len(page.products), bool(page.next_page)) for page in sold_out] == [(0, True), (0, False)]


def test_the_largest_page_fits_into_an_answer() -> None:
    """Its numbers and texts are as long as they can be: uids too, of which each digit is a byte in any case."""
    for columns in (REPORT_LOCATIONS_MAX, REPORT_CELLS_MAX // REPORT_ROWS_MAX, 1):
        rows = min(REPORT_ROWS_MAX, REPORT_CELLS_MAX // columns)
        units = [ON_HAND_UNITS_MAX] * rows
        numbers: dict[str, Any] = {"on_hand": units, "reserved": units, "available": units}
        column = rq.GetReportResp.Column(location=u(1), name="\U0001f4e6" * NAME_CHARS_MAX, nested=True, **numbers)
        page = rq.GetReportResp(
            position=2**62,
            time_us=2**62,
            first_position=2**62,
            products=[u(1)] * rows,
            skus=["\U0001f4e6" * SKU_CHARS_MAX] * rows,
            columns=[column] * columns,
            total=rq.GetReportResp.Column(**numbers),
            next_page=f"{2**62}:{u(1)}",
        )
        assert page.ByteSize() < REPLY_BYTES_MAX


def test_all_reports_fit_into_an_answer_of_their_list() -> None:
    listed = [u(1)] * REPORT_LOCATIONS_MAX
    report = rq.ListReportsResp.Report(name="\U0001f4e6" * REPORT_NAME_CHARS_MAX, locations=listed)
    assert rq.ListReportsResp(reports=[report] * REPORTS_MAX).ByteSize() < REPLY_BYTES_MAX


# Cost


class Work(NamedTuple):
    """What SQLite did; it depends on nothing but the rows."""

    steps: int
    """Instructions of its machine."""
    scanned: int
    """Rows of tables that were read from one end to the other, or for which an index was made."""
    statements: int


def work_of(state: State, **asked: Any) -> Work:  # noqa: ANN401  # any field
    """Count what a page costs."""
    told: list[dict[str, int]] = []
    connection = cast("SqliteDatabase", state.database).connection
    trace = cast("Any", connection.trace_v2)

    def profile(event: dict[str, dict[str, int]]) -> None:
        told.append(event["stmt_status"])

    trace(apsw.SQLITE_TRACE_PROFILE, profile)
    report_of(state, name="report", **asked)
    trace(0)
    return Work(
        steps=sum(each["SQLITE_STMTSTATUS_VM_STEP"] for each in told),
        scanned=sum(each["SQLITE_STMTSTATUS_FULLSCAN_STEP"] + each["SQLITE_STMTSTATUS_AUTOINDEX"] for each in told),
        statements=len(told),
    )


WAYS: dict[str, dict[str, Any]] = {
    "all": {},
    "by a beginning of SKUs": {"sku_prefix": "sku 00001"},
    "shortages": {"least": ON_HAND_UNITS_MAX},
    "by products": {"products": [u(number) for number in range(501, 511)]},
    "a next page": {"page": f"1:{u(550)}"},
    "a next page by a beginning of SKUs": {"sku_prefix": "sku 0000", "page": f"1:{u(550)}"},
}


@pytest.fixture(scope="module")
def tenants() -> dict[str, State]:
    """A report of five houses, of a tenant that has no others, and of one that has a hundred times as many."""
    return {"small": stocked(5, 100, shift=495), "large": stocked(5, 100, elsewhere=495)}


@pytest.mark.parametrize("way", WAYS)
def test_a_page_costs_the_same_in_a_tenant_of_any_size(tenants: dict[str, State], way: str) -> None:
    assert work_of(tenants["small"], **WAYS[way], limit=20) == work_of(tenants["large"], **WAYS[way], limit=20)


@pytest.mark.parametrize("way", WAYS)
def test_no_table_is_read_from_one_end_to_the_other(tenants: dict[str, State], way: str) -> None:
    assert work_of(tenants["large"], **WAYS[way]).scanned == 0


@pytest.mark.parametrize("way", ["all", "by a beginning of SKUs"])
def test_a_page_costs_what_it_shows_and_not_what_comes_after(way: str) -> None:
    few, many = stocked(5, 100), stocked(5, REPORT_ROWS_MAX)
    assert work_of(few, **WAYS[way], limit=20) == work_of(many, **WAYS[way], limit=20)
    assert work_of(many).steps < 15 * 5 * REPORT_ROWS_MAX + 1_000


def test_a_page_takes_a_statement_for_each_column_and_few_others(tenants: dict[str, State]) -> None:
    for asked in WAYS.values():
        assert work_of(tenants["large"], **asked).statements <= 5 + 6 + len(asked.get("products", []))


def test_sparse_columns_cost_what_lies_there_and_not_what_the_catalogue_has() -> None:
    """Many containers with a few things each, in a business of many things."""
    containers = [LocationAdded(uid=u(1 + number), name=f"{number}", parent=u(0)) for number in range(100)]
    products = [ProductAdded(uid=u(101 + number), sku=f"sku {number}") for number in range(REPORT_ROWS_MAX)]
    lying = [
        InventoryUpdated(location=u(1 + number), product=u(101 + 9 * number), on_hand_change=1, on_hand=1)
        for number in range(100)
    ]
    report = ReportDefined(name="report", children_of=u(0))
    state = state_after([*containers, *products, *lying, report])
    assert work_of(state).steps < 150 * len(lying)
