"""The books agree with every spec that is about what customers do, and refuse events that break a rule."""

from collections.abc import Sequence

import pytest
from google.protobuf.message import Message

from bf.core.spec import SPEC_NOW_US, Spec, specs_of
from bf.core.uid import uid_text
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.sim.books import Books, WrongError
from bf.sim.rules.answers import ANSWERS, answer_to
from bf.sim.rules.expect import RULES, expect

NOBODY_DOES = {
    "Blank",
    "FeatureNotFound",
    "NameTaken",
    "Negative",
    "NothingAsked",
    "StockFull",
    "TooDeep",
    "TooLong",
    "TooMany",
    "TooManyReports",
    "TooManyTags",
    "TooManyUnits",
    "TooMuchToShow",
}
"""Refusals of what no customer of the simulation does: the books do not know them."""

ASKED = {"location", "tag", "name", "least"}
"""What customers say when they ask: they do not leaf through pages."""

ELSEWHERE = {
    "a uid is written in lower case when counting": "its uids have gaps",
    "a uid is written in lower case when promising": "its uids have gaps",
    "a uid is written in lower case when handing over": "its uids have gaps",
    "a uid is written in lower case when cancelling": "its uids have gaps",
    "the largest number that can be written is too large a delivery": "the sum fits into no event",
    "a uid is written in lower case when asking": "its uids have gaps",
    "the oldest alerts are forgotten": "the numbers of its alerts have gaps",
    "a wave that is closed is not picked again": "its events do not say what is left",
    "transfers under way are listed in the order of their codes, each with what it has in transit": "as above",
    "what has arrived is no longer listed as in transit": "as above",
}
"""Specs that the books cannot be asked about, and why."""

SCRIPTS = ev.ScriptInstalled, ev.ScriptRemoved, rq.InstallScriptReq
"""Simulated tenants have scripts of their own, which tests/sim/scripts_test.py is about."""


def is_about_customers(spec: Spec) -> bool:
    is_scripted = any(isinstance(each, SCRIPTS) for each in (*spec.given, spec.when))
    return not is_scripted and type(spec.refused).__name__ not in NOBODY_DOES and spec.name not in ELSEWHERE


def names_set(message: Message) -> set[str]:
    return {field.name for field, _ in message.ListFields()}


SPECS = [spec for spec in specs_of(INVENTORY) if is_about_customers(spec)]
COMMANDS = [spec for spec in SPECS if type(spec.when) in RULES]
QUESTIONS = [
    spec
    for spec in SPECS
    if type(spec.when) in (*ANSWERS, rq.GetReportReq) and names_set(spec.when) <= ASKED and not spec.refused
]


def books_of(events: Sequence[Message]) -> Books:
    books = Books()
    for event in events:
        books.apply(event)
    return books


def test_most_specs_are_about_what_customers_do() -> None:
    assert len(COMMANDS) > 350
    assert len({type(spec.when) for spec in COMMANDS}) == len(RULES) - 1, "all but scripts"
    assert {type(spec.when) for spec in QUESTIONS} == {*ANSWERS, rq.GetReportReq}
    assert {spec.name for spec in specs_of(INVENTORY)} >= {*ELSEWHERE}


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_the_books_decide_as_a_spec_says(spec: Spec) -> None:
    codes, events = expect(books_of(spec.given), spec.when, SPEC_NOW_US)
    assert (spec.refused.code if spec.refused else 0) in codes
    assert spec.refused or events == list(spec.events)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_looking_at_a_request_changes_nothing(spec: Spec) -> None:
    looked, untouched = books_of(spec.given), books_of(spec.given)
    expect(looked, spec.when, SPEC_NOW_US)
    assert facts(looked) == facts(untouched)


def facts(books: Books) -> dict[str, object]:
    """Return what is written in books; what is nothing is not written."""
    written = {name: value for name, value in vars(books).items() if name != "now_us"}
    return {
        name: {key: each for key, each in value.items() if each} if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType]  # whatever is kept
        for name, value in written.items()
    }


@pytest.mark.parametrize("spec", QUESTIONS, ids=lambda spec: spec.name)
def test_the_books_answer_as_a_spec_says(spec: Spec) -> None:
    answer = answer_to(books_of(spec.given), spec.when, len(spec.given))
    if isinstance(answer, rq.GetReportResp):
        answer.time_us = SPEC_NOW_US
    assert answer == spec.then


# What the books refuse. Two shelves, 1 and 2, and a product, 3, of which 5 lie on the first.

SHELF, OTHER, PRODUCT, ORDER = (uid_text(number) for number in (1, 2, 3, 4))
SHOP: Sequence[Message] = (
    ev.LocationAdded(uid=SHELF, name="a", parent=uid_text(0)),
    ev.LocationAdded(uid=OTHER, name="b", parent=uid_text(0)),
    ev.ProductAdded(uid=PRODUCT, sku="sku"),
    ev.InventoryUpdated(location=SHELF, product=PRODUCT, on_hand_change=5, on_hand=5),
)


def reserved(location: str) -> ev.Reserved:
    item = ev.Reserved.Item(product=PRODUCT, quantity=2, location=location)
    return ev.Reserved(reservation=ORDER, code="order", items=[item])


def started(units: int = 4, left: int = 1) -> ev.TransferStarted:
    item = ev.TransferStarted.Item(product=PRODUCT, quantity=units, on_hand=left)
    return ev.TransferStarted(transfer="t", source=SHELF, destination=OTHER, items=[item])


def received(units: int, missing: int = 0) -> ev.TransferReceived:
    item = ev.TransferReceived.Item(product=PRODUCT, received=units, missing=missing, on_hand=units)
    return ev.TransferReceived(transfer="t", destination=OTHER, items=[item])


def cancelled(units: int) -> ev.TransferCancelled:
    item = ev.TransferCancelled.Item(product=PRODUCT, returned=units, on_hand=1 + units)
    return ev.TransferCancelled(transfer="t", source=SHELF, items=[item])


def counted(difference: int, on_hand: int) -> ev.StockCounted:
    item = ev.StockCounted.Item(product=PRODUCT, difference=difference, on_hand=on_hand)
    return ev.StockCounted(location=SHELF, items=[item])


def allocated(place: str, units: int = 2) -> ev.Allocated:
    items = [ev.Allocated.Item(location=place, quantity=units)]
    return ev.Allocated(reservation=ORDER, product=PRODUCT, location=uid_text(0), items=items)


PLANNED = ev.WavePlanned(wave="w", location=uid_text(0), reservations=[ORDER])
PICKED = ev.WavePicked(wave="w", picked=[ORDER])
REPORT = ev.ReportDefined(name="r", children_of=uid_text(0))


@pytest.mark.parametrize(
    ("given", "event", "complaint"),
    [
        ([started()], started(), "is under way already"),
        ([], started(6, 0), "-1 units of 3 at 1"),
        ([], started(4, 2), "on hand is 1 at"),
        ([reserved(SHELF)], started(), "oversold: 2 of product 3 inside 1, 1 on hand"),
        ([started()], received(5), "1 units of 3 arrived that were not in transit"),
        ([started()], received(3, 2), "1 units of 3 arrived that were not in transit"),
        ([started(), received(4)], received(1), "transfer t is not under way"),
        ([started()], cancelled(3), "transfer t is cancelled and under way"),
        ([], counted(-2, 4), "on hand is 3 at"),
        ([reserved(SHELF)], counted(-4, 1), "oversold: 2 of product 3 inside 1, 1 on hand"),
        ([reserved(uid_text(0))], allocated(OTHER), "oversold: 2 of product 3 inside 2, 0 on hand"),
        ([reserved(uid_text(0))], allocated(uid_text(0)), "what is planned does not lie at"),
        ([reserved(uid_text(0))], allocated(SHELF, 1), "2 units are promised at"),
        ([reserved(SHELF)], allocated(SHELF), "0 units are promised at"),
        ([reserved(SHELF), PLANNED], PLANNED, "wave w is there already"),
        ([reserved(SHELF), PLANNED], ev.WavePlanned(wave="v", reservations=[ORDER]), "closed or in a wave"),
        ([], PLANNED, "closed or in a wave"),
        ([reserved(SHELF)], PICKED, "there is no wave w"),
        ([reserved(SHELF), PLANNED], PICKED, "what is picked is still promised"),
        ([reserved(SHELF), PLANNED], ev.WavePicked(wave="w", picked=[PRODUCT]), "3 is not in the wave w"),
        ([REPORT], REPORT, "report r is there already"),
        ([], ev.ReportDropped(name="r"), "there is no report r"),
        ([], ev.AlertRaised(number=2), "alert 2 follows 0"),
        ([], ev.ScriptRemoved(), "an event of an unknown kind: ScriptRemoved"),
    ],
    ids=str,
)
def test_an_event_that_breaks_a_rule_is_refused(given: Sequence[Message], event: Message, complaint: str) -> None:
    books = books_of([*SHOP, *given])
    with pytest.raises(WrongError, match=complaint):
        books.apply(event)


def test_goods_that_get_lost_on_their_way_are_missed() -> None:
    books = books_of([*SHOP, started()])
    books.transfers["t"].units.clear()
    books.in_transit.clear()
    with pytest.raises(WrongError, match="1 units of 3 are on hand or in transit, 5 came"):
        books.apply(REPORT)


def test_a_request_that_nobody_knows_is_not_in_a_log() -> None:
    with pytest.raises(WrongError, match="RemoveScriptReq in the log"):
        expect(Books(), rq.RemoveScriptReq(), 0)
