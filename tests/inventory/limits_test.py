"""Limits to the letter: what is exactly at a limit works. The specs show what is one beyond it."""

from google.protobuf.message import Message

from bf.adapters.sqlite.database import empty_state
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.core.uid import uid_text as u
from bf.inventory.api import requests_pb2 as ask
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, ProductAdded
from bf.inventory.domain import INVENTORY
from bf.inventory.limits import (
    ADDED_LOCATIONS_MAX,
    ADDED_PRODUCTS_MAX,
    LISTED_LOCATIONS_MAX,
    LISTED_PRODUCTS_MAX,
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
