"""The edges of the rules, in a small warehouse and without dice: answered as the model does, with all invariants.

The warehouse is drawn in `Stock.start`.
"""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from tests.inventory import asking
from tests.inventory.model_test import Stock
from tests.inventory.reasons import uid

from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.inventory.limits import ADDED_LOCATIONS_MAX, ADDED_PRODUCTS_MAX, ON_HAND_UNITS_MAX, ORDER_LINES_MAX

Loc = rq.AddLocationsReq.Loc

SENSIBLE = [
    rq.AddProductsReq(skus=["sprite"]),
    rq.ListProductsReq(skus=["cola", "fanta"], after=uid(1), limit=1),
    rq.AddLocationsReq(parent=uid(3), locs=[Loc(name="C", locs=[Loc(name="A"), Loc(name="B")])]),
    rq.ListLocationsReq(location=uid(0), levels=2),
    rq.MoveLocationReq(uid=uid(7), new_parent=uid(4)),
    rq.UpdateInventoryReq(location=uid(10), product=uid(2), on_hand_change=1),
    rq.GetLocInventoryReq(location=uid(3), after=uid(0), limit=1),
    rq.ReserveReq(reservation="new", items=[rq.ReserveReq.Item(sku="cola", quantity=1)], location=uid(10)),
    rq.FulfillReq(reservation=uid(12), items=[rq.FulfillReq.Item(product=uid(1), location=uid(5), quantity=1)]),
    rq.CancelReq(reservation=uid(12)),
    rq.TagLocationsReq(locations=[uid(4), uid(5)], add=["reefer"], remove=["in transit"]),
    rq.ListTaggedReq(tag="reefer", after=uid(4), limit=1),
    rq.TakeStockReq(location=uid(10), reason="mice", counts=[rq.TakeStockReq.Count(product=uid(1), counted=1)]),
    rq.StartTransferReq(
        transfer="truck",
        source=uid(10),
        destination=uid(8),
        items=[rq.StartTransferReq.Item(product=uid(1), quantity=2)],
    ),
    rq.ReceiveTransferReq(
        transfer="truck", items=[rq.ReceiveTransferReq.Item(product=uid(1), quantity=1)], reason="broken"
    ),
    rq.CancelTransferReq(transfer="truck"),
    rq.ListTransfersReq(after="train", limit=1),
    rq.EnableFeatureReq(feature=asking.WAVES_FEATURE),
    rq.DisableFeatureReq(feature=asking.WAVES_FEATURE),
    rq.ListFeaturesReq(),
    rq.PlanWaveReq(wave="wave", location=uid(3), reservations=[uid(11), uid(12)], limit=2),
    rq.PickWaveReq(wave="wave", limit=1),
    rq.DefineReportReq(name="report", locations=[uid(4), uid(9), uid(3)]),
    rq.ListReportsReq(),
    rq.GetReportReq(name="report", sku_prefix="co", least=9, products=[uid(1), uid(2)], page=f"9:{uid(1)}", limit=1),
    rq.DropReportReq(name="report"),
    rq.InstallScriptReq(hook="reserve", name="house", source="function reserve(order) end"),
    rq.ListScriptsReq(),
    rq.RemoveScriptReq(hook="reserve", name="house"),
    rq.ListAlertsReq(before=3, limit=1),
]

BEFORE: dict[type[Message], type[Message]] = {
    rq.ListTaggedReq: rq.TagLocationsReq,
    rq.ReceiveTransferReq: rq.StartTransferReq,
    rq.CancelTransferReq: rq.StartTransferReq,
    rq.ListTransfersReq: rq.StartTransferReq,
    rq.PickWaveReq: rq.PlanWaveReq,
    rq.ListReportsReq: rq.DefineReportReq,
    rq.GetReportReq: rq.DefineReportReq,
    rq.DropReportReq: rq.DefineReportReq,
    rq.RemoveScriptReq: rq.InstallScriptReq,
}
"""What is asked about something that another request makes."""


@pytest.fixture
def stock() -> Stock:
    stock = Stock()
    stock.start(is_filled=True)
    return stock


def test_every_request_has_a_sensible_example() -> None:
    assert {type(request) for request in SENSIBLE} == set(INVENTORY.requests.values())


@pytest.mark.parametrize("request_", SENSIBLE, ids=[type(request).__name__ for request in SENSIBLE])
def test_a_sensible_request_with_one_odd_field(stock: Stock, request_: Message) -> None:
    for first in SENSIBLE:
        if type(first) is BEFORE.get(type(request_)):
            stock.ask(first)
    for _ in spoiled(request_):
        ask_and_forget(stock, request_)


def spoiled(message: Message) -> Iterator[None]:
    """Give each field, one after the other, each odd value; empty and double each list."""
    for field in cast("list[FieldDescriptor]", message.DESCRIPTOR.fields):
        value: Any = getattr(message, field.name)
        if not field.is_repeated:
            for odd in odd_values(field, value):
                setattr(message, field.name, odd)
                yield
            setattr(message, field.name, value)
        elif not (field.message_type and field.message_type.GetOptions().map_entry):
            yield from _spoiled_list(field, value)


def _spoiled_list(field: FieldDescriptor, values: list[Any]) -> Iterator[None]:
    kept = list(values)
    for several in ([], kept * 2):
        del values[:]
        values.extend(several)
        yield
    del values[:]
    values.extend(kept)
    for index, value in enumerate(kept):
        if field.message_type:
            yield from spoiled(values[index])
        else:
            for odd in odd_values(field, value):
                values[index] = odd
                yield
            values[index] = value


def odd_values(field: FieldDescriptor, value: object) -> list[Any]:
    if isinstance(value, str):
        return [*asking.ODD_TEXTS, *asking.ODD_UIDS, *map(uid, range(14)), *asking.SKUS, *asking.NAMES, "sale-2"]
    most = 2**31 if field.type == FieldDescriptor.TYPE_INT32 else 2**63
    odd = [*asking.ODD_QUANTITIES, *(-each for each in asking.ODD_QUANTITIES), *range(-4, 5)]
    return [each for each in odd if -most <= each < most]


@pytest.mark.parametrize("tags", asking.TAGS)
def test_tags_are_few_and_short(stock: Stock, tags: dict[str, str]) -> None:
    ask_and_forget(stock, reserve(0, 1, "new", tags))


@pytest.mark.parametrize("beyond", [0, 1])
def test_one_request_holds_so_many_and_not_one_more(stock: Stock, beyond: int) -> None:
    locs = [Loc(name=f"{number}", locs=[Loc(name="A")]) for number in range(ADDED_LOCATIONS_MAX // 2)]
    ask_and_forget(stock, rq.AddLocationsReq(parent=uid(7), locs=locs + [Loc(name="last")] * beyond))
    ask_and_forget(stock, rq.AddProductsReq(skus=[f"{number}" for number in range(ADDED_PRODUCTS_MAX + beyond)]))
    items = [rq.ReserveReq.Item(sku="cola", quantity=1)] * (ORDER_LINES_MAX + beyond)
    stock.ask(rq.UpdateInventoryReq(location=uid(10), product=uid(1), on_hand_change=ORDER_LINES_MAX))
    ask_and_forget(stock, rq.ReserveReq(reservation="new", items=items, location=uid(10)))


def test_locations_nest_so_deep_and_not_deeper(stock: Stock) -> None:
    play(
        stock,
        rq.CancelReq(reservation=uid(11)),  # so that nothing else is in the way
        rq.CancelReq(reservation=uid(12)),
        rq.AddLocationsReq(parent=uid(0), locs=[asking.a_chain(41)]),
        rq.AddLocationsReq(parent=uid(3), locs=[asking.a_chain(40)]),
        rq.AddLocationsReq(parent=uid(0), locs=[asking.a_chain(40)]),  # 13 to 52
        rq.AddLocationsReq(parent=uid(52), locs=[asking.a_chain(1)]),
        rq.MoveLocationReq(uid=uid(4), new_parent=uid(51)),
        rq.MoveLocationReq(uid=uid(10), new_parent=uid(51)),
        rq.MoveLocationReq(uid=uid(10), new_parent=uid(52)),
        rq.MoveLocationReq(uid=uid(51), new_parent=uid(7)),
        rq.MoveLocationReq(uid=uid(13), new_parent=uid(8)),
        rq.MoveLocationReq(uid=uid(14), new_parent=uid(8)),
        rq.MoveLocationReq(uid=uid(15), new_parent=uid(0)),
        rq.MoveLocationReq(uid=uid(3), new_parent=uid(13)),
    )


def test_a_code_is_free_again_when_its_reservation_is_closed(stock: Stock) -> None:
    again = reserve(10, 1, "sale-3")
    taken = rq.FulfillReq(reservation=uid(13), items=[take(10, 1)])
    play(stock, again, rq.CancelReq(reservation=uid(11)), again, again, taken, again)


def test_a_tenant_holds_so_much_of_a_product_and_not_more(stock: Stock) -> None:
    put = [
        rq.UpdateInventoryReq(location=uid(location), product=uid(product), on_hand_change=change)
        for location, product, change in (
            (10, 1, ON_HAND_UNITS_MAX - 7),
            (10, 1, ON_HAND_UNITS_MAX - 8),
            (8, 1, 1),
            (8, 2, ON_HAND_UNITS_MAX),
            (7, 2, 1),
        )
    ]
    play(stock, *put, reserve(0, ON_HAND_UNITS_MAX - 5, "all"), reserve(0, 1, "one more"))


def test_what_is_taken_is_promised_lies_there_and_is_not_promised_to_others(stock: Stock) -> None:
    play(
        stock,
        fulfill(12, take(5, 1), take(6, 2)),  # more than is promised
        fulfill(12, take(5, 3)),
        fulfill(12, take(9, 1)),  # not inside
        fulfill(12, take(3, 1)),  # around it
        fulfill(11, take(5, 2), take(6, 1)),  # promised to the other
        reserve(0, 3, "big"),
        fulfill(13, take(10, 3)),  # more than lies there
        fulfill(13, take(10, 1), take(10, 2)),
        fulfill(13, take(9, 2)),  # the last but one that may be taken from inside 3
        fulfill(13, take(9, 1)),
        fulfill(12, take(5, 1), take(5, 1)),
        fulfill(11, take(6, 2), take(9, 1)),
    )


def test_a_promise_deeper_down_is_used_before_one_higher_up(stock: Stock) -> None:
    stock.split([(0, 1), (4, 1)])
    play(stock, fulfill(13, take(10, 1), take(9, 1)), fulfill(13, take(5, 1), take(10, 1)))


def test_lines_of_one_place_are_added_up(stock: Stock) -> None:
    stock.split([(10, 1), (10, 1)])
    stock.check()
    play(stock, fulfill(13, take(10, 2)))


def test_nothing_is_moved_away_from_a_promise(stock: Stock) -> None:
    for moved in (4, 5, 6, 7, 9):
        for parent in (0, 10, 3, 4, 7, 8, 9):
            ask_and_forget(stock, rq.MoveLocationReq(uid=uid(moved), new_parent=uid(parent)))


def test_nothing_is_taken_away_from_a_promise(stock: Stock) -> None:
    for location in (3, 5, 6, 9, 10):
        for units in (1, 2, 3):
            request = rq.UpdateInventoryReq(location=uid(location), product=uid(1), on_hand_change=-units)
            ask_and_forget(stock, request)


def test_goods_in_transit_are_nowhere_and_come_back_or_arrive_or_are_missing(stock: Stock) -> None:
    play(
        stock,
        send("one", 10, 8, 2),
        reserve(0, 2, "what is on the truck"),  # six are on hand, and five of them promised
        receive("one", 1),
        send("two", 8, 10, 1),
        rq.MoveLocationReq(uid=uid(8), new_parent=uid(0)),
        receive("one", 0, "broken"),
        receive("one", 1),
        rq.CancelTransferReq(transfer="two"),
        send("one", 8, 10, 1),
        receive("one", 1, "as it should be"),
        rq.ListTransfersReq(),
    )


def test_nothing_is_sent_away_from_a_promise_or_counted_away(stock: Stock) -> None:
    for location in (3, 5, 6, 9, 10):
        for units in (0, 1, 2, 3):
            ask_and_forget(stock, send("truck", location, 8, units))
            count = rq.TakeStockReq.Count(product=uid(1), counted=units)
            ask_and_forget(stock, rq.TakeStockReq(location=uid(location), reason="mice", counts=[count]))


@pytest.mark.parametrize("at", range(13))
def test_a_wave_at_any_location_takes_what_waits_inside_it(stock: Stock, at: int) -> None:
    stock.split([(3, 1), (4, 1), (10, 1)])
    put = rq.UpdateInventoryReq(location=uid(4), product=uid(1), on_hand_change=2)
    play(stock, put, plan("wave", at), plan("next", 0), rq.PickWaveReq(wave="wave"), rq.PickWaveReq(wave="next"))


@pytest.mark.parametrize("meanwhile", range(6))
def test_a_wave_that_was_overtaken_skips_what_it_cannot_pick(stock: Stock, meanwhile: int) -> None:
    stock.ask(rq.UpdateInventoryReq(location=uid(4), product=uid(1), on_hand_change=2))
    play(
        stock,
        plan("wave", 3),
        [
            rq.CancelReq(reservation=uid(11)),
            fulfill(12, take(4, 2)),
            fulfill(12, take(5, 1)),  # planned from elsewhere
            rq.MoveLocationReq(uid=uid(4), new_parent=uid(0)),
            rq.UpdateInventoryReq(location=uid(4), product=uid(1), on_hand_change=-2),
            rq.UpdateInventoryReq(location=uid(5), product=uid(1), on_hand_change=-2),
        ][meanwhile],
        rq.PickWaveReq(wave="wave", limit=1),
        plan("next", 0),
        rq.PickWaveReq(wave="wave"),
        plan("last", 0),
        rq.PickWaveReq(wave="next"),
        rq.PickWaveReq(wave="last"),
    )


def reserve(at: int, units: int, code: str, tags: dict[str, str] | None = None) -> rq.ReserveReq:
    items = [rq.ReserveReq.Item(sku="cola", quantity=units)]
    return rq.ReserveReq(reservation=code, items=items, tags=tags, location=uid(at))


def fulfill(reservation: int, *items: rq.FulfillReq.Item) -> rq.FulfillReq:
    return rq.FulfillReq(reservation=uid(reservation), items=items)


def take(at: int, units: int) -> rq.FulfillReq.Item:
    return rq.FulfillReq.Item(product=uid(1), location=uid(at), quantity=units)


def send(code: str, source: int, destination: int, units: int) -> rq.StartTransferReq:
    items = [rq.StartTransferReq.Item(product=uid(1), quantity=units)]
    return rq.StartTransferReq(transfer=code, source=uid(source), destination=uid(destination), items=items)


def receive(code: str, units: int, reason: str = "") -> rq.ReceiveTransferReq:
    items = [rq.ReceiveTransferReq.Item(product=uid(1), quantity=units)] if units else []
    return rq.ReceiveTransferReq(transfer=code, items=items, reason=reason)


def plan(wave: str, at: int, *reservations: int) -> rq.PlanWaveReq:
    return rq.PlanWaveReq(wave=wave, location=uid(at), reservations=map(uid, reservations))


def play(stock: Stock, *requests: Message) -> None:
    for request in requests:
        stock.ask(request)
        stock.check()
    stock.teardown()


def ask_and_forget(stock: Stock, request: Message) -> None:
    stock.begin_a_batch()
    stock.ask(request)
    stock.check()
    stock.invariant_4_a_failed_batch_changes_nothing()
