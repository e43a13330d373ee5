"""Specs of picking waves."""

from bf.core.spec import Spec
from bf.inventory.api.events_pb2 import (
    Cancelled,
    Fulfilled,
    InventoryUpdated,
    LocationMoved,
    Reserved,
    WavePicked,
    WavePlanned,
)
from bf.inventory.api.requests_pb2 import PickWaveReq, PickWaveResp
from bf.inventory.errors import Negative, NotOnHand, PlacedOutside, ReservationNotFound, WaveNotFound
from bf.inventory.waves.plan_specs import (
    BIN_A,
    BIN_B,
    COLA,
    GIFT,
    HOUSE,
    ROOT,
    SALE,
    SHELF_1,
    SHELF_2,
    STOCKED,
    TEA,
    TWO_ORDERS,
    YARD,
    allocated,
    planned,
    reserved,
)

STORY = "docs/stories.md#picking-in-waves"
Skipped = PickWaveResp.Skipped

TWO_IN_BINS = (
    *STOCKED,
    reserved(SALE, (COLA, BIN_A, 2), (COLA, BIN_B, 1)),
    reserved(GIFT, (COLA, BIN_B, 2)),
    planned(SALE, GIFT),
)


def taken(uid: str, *items: tuple[str, int, int]) -> Fulfilled:
    """Take cola: from where, how many, and how many are left there."""
    lines = [
        Fulfilled.Item(product=COLA, location=location, removed=removed, on_hand=on_hand)
        for location, removed, on_hand in items
    ]
    return Fulfilled(reservation=uid, items=lines)


SALE_TAKEN = taken(SALE, (BIN_A, 2, 0), (BIN_B, 1, 2))
GIFT_TAKEN = taken(GIFT, (BIN_B, 2, 1))


def overtaken(uid: str, why: ReservationNotFound | PlacedOutside | NotOnHand) -> Skipped:
    """Skip an order and say why."""
    return Skipped(reservation=uid, reason=why.reason, message=str(why))


def picked(*uids: str, skipped: dict[str, str] | None = None) -> WavePicked:
    """End a walk."""
    left_out = [WavePicked.Skipped(reservation=uid, reason=reason) for uid, reason in (skipped or {}).items()]
    return WavePicked(wave="wave", picked=uids, skipped=left_out)


SPECS = [
    Spec(
        name="a wave is picked in its order and closed",
        story=STORY,
        given=TWO_IN_BINS,
        when=PickWaveReq(wave="wave"),
        then=PickWaveResp(picked=[SALE, GIFT]),
        events=[SALE_TAKEN, taken(GIFT, (BIN_B, 2, 0)), picked(SALE, GIFT)],
    ),
    Spec(
        name="the next order of a wave is picked alone",
        story=STORY,
        given=TWO_IN_BINS,
        when=PickWaveReq(wave="wave", limit=1),
        then=PickWaveResp(picked=[SALE], left=1),
        events=[SALE_TAKEN, picked(SALE)],
    ),
    Spec(
        name="a wave is picked to its end by those who come later",
        story=STORY,
        given=(*TWO_IN_BINS, SALE_TAKEN, picked(SALE)),
        when=PickWaveReq(wave="wave", limit=5),
        then=PickWaveResp(picked=[GIFT]),
        events=[taken(GIFT, (BIN_B, 2, 0)), picked(GIFT)],
    ),
    Spec(
        name="orders are picked from the places that were planned",
        story=STORY,
        given=(*TWO_ORDERS, allocated(GIFT, HOUSE, (BIN_B, 1), (SHELF_2, 2)), planned(GIFT)),
        when=PickWaveReq(wave="wave"),
        then=PickWaveResp(picked=[GIFT]),
        events=[taken(GIFT, (SHELF_2, 2, 2), (BIN_B, 1, 2)), picked(GIFT)],
    ),
    Spec(
        name="an order that was cancelled meanwhile is skipped",
        story=STORY,
        given=(*TWO_IN_BINS, Cancelled(reservation=SALE)),
        when=PickWaveReq(wave="wave"),
        then=PickWaveResp(picked=[GIFT], skipped=[overtaken(SALE, ReservationNotFound(uid=SALE))]),
        events=[taken(GIFT, (BIN_B, 2, 1)), picked(GIFT, skipped={SALE: "ReservationNotFound"})],
    ),
    Spec(
        name="an order that was fulfilled meanwhile is skipped and not fulfilled again",
        story=STORY,
        given=(*TWO_IN_BINS, SALE_TAKEN),
        when=PickWaveReq(wave="wave", limit=1),
        then=PickWaveResp(skipped=[overtaken(SALE, ReservationNotFound(uid=SALE))], left=1),
        events=[picked(skipped={SALE: "ReservationNotFound"})],
    ),
    Spec(
        name="an order whose goods were moved out of the wave's location is skipped",
        story=STORY,
        given=(
            *TWO_IN_BINS,
            LocationMoved(uid=BIN_A, old_parent=SHELF_1, new_parent=YARD),
        ),
        when=PickWaveReq(wave="wave"),
        then=PickWaveResp(
            picked=[GIFT],
            skipped=[overtaken(SALE, PlacedOutside(reservation=SALE, place=BIN_A, location=HOUSE))],
        ),
        events=[taken(GIFT, (BIN_B, 2, 1)), picked(GIFT, skipped={SALE: "PlacedOutside"})],
    ),
    Spec(
        name="an order whose goods only lie deeper inside its place by now is skipped",
        story=STORY,
        given=(
            *STOCKED,
            InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=2, on_hand=2),
            reserved(SALE, (COLA, SHELF_1, 2)),
            planned(SALE),
            InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-1, on_hand=1),
        ),
        prose="The bins on the shelf still cover the promise, so the unit could be taken from the shelf itself.",
        when=PickWaveReq(wave="wave"),
        then=PickWaveResp(skipped=[overtaken(SALE, NotOnHand(location=SHELF_1, product=COLA, on_hand=1, asked=2))]),
        events=[picked(skipped={SALE: "NotOnHand"})],
    ),
    Spec(
        name="a skipped order is promised as before, and nobody else gets its goods",
        story=STORY,
        given=(
            *STOCKED,
            reserved(SALE, (COLA, SHELF_1, 5)),
            planned(SALE),
            WavePicked(wave="wave", skipped=[WavePicked.Skipped(reservation=SALE, reason="NotOnHand")]),
            Reserved(reservation=GIFT, code="gift", items=[Reserved.Item(product=TEA, quantity=1, location=SHELF_2)]),
            WavePlanned(wave="wave", location=ROOT, reservations=[GIFT]),
        ),
        when=PickWaveReq(wave="wave"),
        then=PickWaveResp(picked=[GIFT]),
        events=[
            Fulfilled(reservation=GIFT, items=[Fulfilled.Item(product=TEA, location=SHELF_2, removed=1)]),
            picked(GIFT),
        ],
    ),
    Spec(
        name="a wave that is closed is not picked again",
        story=STORY,
        given=(*TWO_IN_BINS, SALE_TAKEN, GIFT_TAKEN, picked(SALE, GIFT)),
        when=PickWaveReq(wave="wave"),
        refused=WaveNotFound(field="wave", wave="wave"),
    ),
    Spec(
        name="a wave is picked by its code",
        story=STORY,
        given=TWO_IN_BINS,
        when=PickWaveReq(),
        refused=WaveNotFound(field="wave", wave=""),
    ),
    Spec(
        name="nobody picks fewer orders than none",
        story=STORY,
        given=TWO_IN_BINS,
        when=PickWaveReq(wave="wave", limit=-1),
        refused=Negative(field="limit", number=-1),
    ),
]
