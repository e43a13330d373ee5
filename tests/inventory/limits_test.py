"""Limits to the letter: what is exactly at a limit works. The specs show what is one beyond it."""

from google.protobuf.message import Message

from bf.adapters.sqlite.database import empty_state
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.core.uid import uid_text as u
from bf.inventory.api import requests_pb2 as ask
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, LocationsTagged, ProductAdded, Reserved
from bf.inventory.domain import INVENTORY
from bf.inventory.limits import (
    ADDED_LOCATIONS_MAX,
    ADDED_PRODUCTS_MAX,
    COUNTED_PRODUCTS_MAX,
    LISTED_LOCATIONS_MAX,
    LISTED_PRODUCTS_MAX,
    LISTED_TRANSFER_LINES_MAX,
    LOCATION_TAGS_MAX,
    TAGGED_LOCATIONS_MAX,
    TRANSFER_LINES_MAX,
    WAVE_LINES_MAX,
)


def state_after(given: list[Message]) -> State:
    state = empty_state(INVENTORY)
    state.begin()
    state.replay(given, SPEC_NOW_US)
    return state


def test_one_request_adds_as_many_locations_as_the_limit_allows() -> None:
    bins = [ask.AddLocationsReq.Loc(name=f"Bin {number}") for number in range(ADDED_LOCATIONS_MAX - 1)]
    row = ask.AddLocationsReq.Loc(name="Row", locs=bins)
    done = state_after([]).execute(ask.AddLocationsReq(locs=[row], parent=u(0)), SPEC_NOW_US)
    assert len(done.events) == ADDED_LOCATIONS_MAX


def test_one_request_adds_as_many_products_as_the_limit_allows() -> None:
    skus = [f"sku {number}" for number in range(ADDED_PRODUCTS_MAX)]
    done = state_after([]).execute(ask.AddProductsReq(skus=skus), SPEC_NOW_US)
    assert len(done.events) == ADDED_PRODUCTS_MAX


def test_one_answer_shows_as_many_locations_as_the_limit_allows() -> None:
    row = LocationAdded(uid=u(1), name="Row", parent=u(0))
    bins = [
        LocationAdded(uid=u(number), name=f"{number}", parent=u(1)) for number in range(2, LISTED_LOCATIONS_MAX + 1)
    ]
    response = state_after([row, *bins]).execute(ask.ListLocationsReq(location=u(1)), SPEC_NOW_US).response
    assert isinstance(response, ask.ListLocationsResp)
    assert len(response.locs[0].children) == LISTED_LOCATIONS_MAX - 1


def test_one_answer_shows_as_many_products_as_the_limit_allows_and_a_page_shows_the_rest() -> None:
    shelf = LocationAdded(uid=u(1), name="Shelf", parent=u(0))
    uids = [u(number) for number in range(2, LISTED_PRODUCTS_MAX + 3)]
    products = [ProductAdded(uid=uid, sku=uid) for uid in uids]
    stock = [InventoryUpdated(location=u(1), product=uid, on_hand_change=1, on_hand=1) for uid in uids]
    state = state_after([shelf, *products, *stock])
    listed = state.execute(ask.ListProductsReq(limit=LISTED_PRODUCTS_MAX), SPEC_NOW_US).response
    lying = state.execute(ask.GetLocInventoryReq(location=u(1), limit=LISTED_PRODUCTS_MAX), SPEC_NOW_US).response
    assert isinstance(listed, ask.ListProductsResp)
    assert isinstance(lying, ask.GetLocInventoryResp)
    assert [item.uid for item in listed.items] == [item.product for item in lying.items] == uids[:-1]
    rest = state.execute(ask.GetLocInventoryReq(location=u(1), after=uids[-2]), SPEC_NOW_US).response
    assert isinstance(rest, ask.GetLocInventoryResp)
    assert [item.product for item in rest.items] == uids[-1:]


def test_one_request_gives_as_many_tags_to_as_many_locations_as_the_limits_allow() -> None:
    uids = [u(number) for number in range(1, TAGGED_LOCATIONS_MAX + 1)]
    tags = [f"tag {number}" for number in range(LOCATION_TAGS_MAX)]
    state = state_after([LocationAdded(uid=uid, name=uid, parent=u(0)) for uid in uids])
    (event,) = state.execute(ask.TagLocationsReq(locations=uids, add=tags), SPEC_NOW_US).events
    assert event == LocationsTagged(locations=uids, added=tags)
    listed = state.execute(ask.ListTaggedReq(tag=tags[-1]), SPEC_NOW_US).response
    assert isinstance(listed, ask.ListTaggedResp)
    assert [item.uid for item in listed.items] == uids


def test_as_many_lines_as_the_limits_allow_are_counted_sent_listed_and_received() -> None:
    north, south = (LocationAdded(uid=u(number), name=f"{number}", parent=u(0)) for number in (1, 2))
    lines = max(COUNTED_PRODUCTS_MAX, TRANSFER_LINES_MAX)
    uids = [u(number) for number in range(3, lines + 3)]
    state = state_after([north, south, *(ProductAdded(uid=uid, sku=uid) for uid in uids)])
    counts = [ask.TakeStockReq.Count(product=uid, counted=9) for uid in uids[:COUNTED_PRODUCTS_MAX]]
    state.execute(ask.TakeStockReq(location=u(1), reason="opening", counts=counts), SPEC_NOW_US)
    left = [ask.StartTransferReq.Item(product=uid, quantity=1) for uid in uids[:TRANSFER_LINES_MAX]]
    for number in range(LISTED_TRANSFER_LINES_MAX // TRANSFER_LINES_MAX):
        start = ask.StartTransferReq(transfer=f"{number}", source=u(1), destination=u(2), items=left)
        state.execute(start, SPEC_NOW_US)
    listed = state.execute(ask.ListTransfersReq(), SPEC_NOW_US).response
    assert isinstance(listed, ask.ListTransfersResp)
    assert sum(len(transfer.items) for transfer in listed.transfers) == LISTED_TRANSFER_LINES_MAX
    arrived = [ask.ReceiveTransferReq.Item(product=item.product, quantity=1) for item in left]
    receipt = state.execute(ask.ReceiveTransferReq(transfer="0", items=arrived), SPEC_NOW_US).response
    assert receipt == ask.ReceiveTransferResp()


def test_a_wave_has_as_many_lines_as_the_limit_allows_and_is_picked_at_once() -> None:
    house, cola, order = u(1), u(2), u(WAVE_LINES_MAX + 3)
    bins = [u(number) for number in range(3, WAVE_LINES_MAX + 3)]
    state = state_after(
        [
            LocationAdded(uid=house, name="House", parent=u(0)),
            ProductAdded(uid=cola, sku="cola"),
            *(LocationAdded(uid=uid, name=uid, parent=house) for uid in bins),
            *(InventoryUpdated(location=uid, product=cola, on_hand_change=1, on_hand=1) for uid in bins),
            Reserved(
                reservation=order,
                code="all",
                items=[Reserved.Item(product=cola, quantity=WAVE_LINES_MAX, location=house)],
            ),
        ]
    )
    state.execute(ask.EnableFeatureReq(feature="fulfilment-waves"), SPEC_NOW_US)
    planned = state.execute(ask.PlanWaveReq(wave="wave", location=u(0)), SPEC_NOW_US).response
    assert isinstance(planned, ask.PlanWaveResp)
    assert [item.location for item in planned.picks[0].items] == bins
    picked = state.execute(ask.PickWaveReq(wave="wave"), SPEC_NOW_US).response
    assert picked == ask.PickWaveResp(picked=[order])
