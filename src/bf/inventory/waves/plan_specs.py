"""Specs of planning waves."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    Allocated,
    Cancelled,
    FeatureEnabled,
    InventoryUpdated,
    LocationAdded,
    ProductAdded,
    Reserved,
    WavePicked,
    WavePlanned,
)
from bf.inventory.api.requests_pb2 import PlanWaveReq, PlanWaveResp
from bf.inventory.errors import (
    Blank,
    InAnotherWave,
    LocationNotFound,
    Negative,
    NothingToPick,
    PlacedOutside,
    ReservationNotFound,
    TooLong,
    TooMany,
    TooMuchToShow,
    WaveTaken,
)
from bf.inventory.limits import CODE_CHARS_MAX, WAVE_LINES_MAX

STORY = "docs/stories.md#picking-in-waves"
Pick = PlanWaveResp.Pick
Item = PlanWaveResp.Item

ROOT, HOUSE, SHELF_1, SHELF_2, BIN_A, BIN_B, YARD, COLA, TEA = (u(number) for number in range(9))
SALE, GIFT, LOAN = u(9), u(10), u(11)

ENABLED = FeatureEnabled(feature="fulfilment-waves")

STOCKED = (
    ENABLED,
    LocationAdded(uid=HOUSE, name="House", parent=ROOT),
    LocationAdded(uid=SHELF_1, name="Shelf 1", parent=HOUSE),
    LocationAdded(uid=SHELF_2, name="Shelf 2", parent=HOUSE),
    LocationAdded(uid=BIN_A, name="Bin A", parent=SHELF_1),
    LocationAdded(uid=BIN_B, name="Bin B", parent=SHELF_1),
    LocationAdded(uid=YARD, name="Yard", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    InventoryUpdated(location=BIN_A, product=COLA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=BIN_B, product=COLA, on_hand_change=3, on_hand=3),
    InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=4, on_hand=4),
    InventoryUpdated(location=SHELF_2, product=TEA, on_hand_change=1, on_hand=1),
    InventoryUpdated(location=YARD, product=COLA, on_hand_change=9, on_hand=9),
)

STOCKED_DRAWN = """\
House        9 cola, 1 tea
  Shelf 1
    Bin A    2 cola
    Bin B    3 cola
  Shelf 2    4 cola, 1 tea
Yard         9 cola"""


def reserved(uid: str, *lines: tuple[str, str, int]) -> Reserved:
    """Promise products from inside locations."""
    items = [Reserved.Item(product=product, location=location, quantity=units) for product, location, units in lines]
    return Reserved(reservation=uid, code=uid, items=items)


def allocated(uid: str, location: str, *items: tuple[str, int]) -> Allocated:
    """Move a promise of cola down to its places."""
    places = [Allocated.Item(location=place, quantity=units) for place, units in items]
    return Allocated(reservation=uid, product=COLA, location=location, items=places)


def planned(*uids: str, location: str = HOUSE, wave: str = "wave") -> WavePlanned:
    """Put orders into a wave."""
    return WavePlanned(wave=wave, location=location, reservations=uids)


def pick(uid: str, *lines: tuple[str, str, int]) -> Pick:
    """Show from where an order is picked."""
    items = [Item(product=product, location=location, quantity=units) for product, location, units in lines]
    return Pick(reservation=uid, items=items)


TWO_ORDERS = (
    *STOCKED,
    reserved(SALE, (COLA, HOUSE, 4), (TEA, HOUSE, 1)),
    reserved(GIFT, (COLA, HOUSE, 3)),
)

ONE_IS_PLANNED = (
    *TWO_ORDERS,
    allocated(SALE, HOUSE, (BIN_A, 2), (BIN_B, 2)),
    Allocated(reservation=SALE, product=TEA, location=HOUSE, items=[Allocated.Item(location=SHELF_2, quantity=1)]),
    planned(SALE),
)

SPECS = [
    Spec(
        name="a wave takes goods from one place after the other, and from each for the oldest order first",
        story=STORY,
        given=TWO_ORDERS,
        prose=STOCKED_DRAWN,
        when=PlanWaveReq(wave="wave", location=HOUSE),
        then=PlanWaveResp(
            picks=[
                pick(SALE, (COLA, BIN_A, 2), (COLA, BIN_B, 2), (TEA, SHELF_2, 1)),
                pick(GIFT, (COLA, SHELF_2, 2), (COLA, BIN_B, 1)),
            ]
        ),
        events=[
            allocated(SALE, HOUSE, (BIN_A, 2), (BIN_B, 2)),
            Allocated(
                reservation=SALE, product=TEA, location=HOUSE, items=[Allocated.Item(location=SHELF_2, quantity=1)]
            ),
            allocated(GIFT, HOUSE, (BIN_B, 1), (SHELF_2, 2)),
            planned(SALE, GIFT),
        ],
    ),
    Spec(
        name="what is promised to others at a place is left there",
        story=STORY,
        given=(*STOCKED, reserved(SALE, (COLA, SHELF_1, 4)), reserved(GIFT, (COLA, HOUSE, 3))),
        prose="Any four of the five on Shelf 1 are the sale's: only one of them is for the gift, from whichever bin.",
        when=PlanWaveReq(wave="wave", location=HOUSE, reservations=[GIFT]),
        then=PlanWaveResp(picks=[pick(GIFT, (COLA, SHELF_2, 2), (COLA, BIN_A, 1))]),
        events=[allocated(GIFT, HOUSE, (BIN_A, 1), (SHELF_2, 2)), planned(GIFT)],
    ),
    Spec(
        name="the goods of a place itself come before those inside it, without the ones promised there to others",
        story=STORY,
        given=(
            *STOCKED,
            InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=3, on_hand=3),
            reserved(SALE, (COLA, SHELF_1, 2)),
            reserved(GIFT, (COLA, SHELF_1, 2)),
        ),
        when=PlanWaveReq(wave="wave", location=HOUSE, reservations=[GIFT]),
        then=PlanWaveResp(picks=[pick(GIFT, (COLA, SHELF_1, 1), (COLA, BIN_A, 1))]),
        events=[allocated(GIFT, SHELF_1, (SHELF_1, 1), (BIN_A, 1)), planned(GIFT)],
    ),
    Spec(
        name="what is promised at a place and more than lies there is found inside it",
        story=STORY,
        given=(
            *STOCKED,
            InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=1, on_hand=1),
            reserved(SALE, (COLA, SHELF_1, 4)),
            reserved(GIFT, (COLA, SHELF_1, 2)),
        ),
        when=PlanWaveReq(wave="wave", location=SHELF_1, reservations=[GIFT]),
        then=PlanWaveResp(picks=[pick(GIFT, (COLA, BIN_A, 2))]),
        events=[allocated(GIFT, SHELF_1, (BIN_A, 2)), planned(GIFT, location=SHELF_1)],
    ),
    Spec(
        name="an order that is promised from one bin is picked there",
        story=STORY,
        given=(*STOCKED, reserved(SALE, (COLA, BIN_B, 2))),
        when=PlanWaveReq(wave="wave", location=SHELF_1),
        then=PlanWaveResp(picks=[pick(SALE, (COLA, BIN_B, 2))]),
        events=[planned(SALE, location=SHELF_1)],
    ),
    Spec(
        name="an order with lines on several levels is allocated from the deepest on",
        story=STORY,
        given=(*STOCKED, reserved(SALE, (COLA, HOUSE, 4), (COLA, SHELF_1, 3), (COLA, BIN_B, 1))),
        when=PlanWaveReq(wave="wave", location=ROOT),
        then=PlanWaveResp(picks=[pick(SALE, (COLA, SHELF_2, 3), (COLA, BIN_A, 2), (COLA, BIN_B, 3))]),
        events=[
            allocated(SALE, SHELF_1, (BIN_A, 2), (BIN_B, 1)),
            allocated(SALE, HOUSE, (BIN_B, 1), (SHELF_2, 3)),
            planned(SALE, location=ROOT),
        ],
    ),
    Spec(
        name="a wave takes the oldest orders up to its limit",
        story=STORY,
        given=(
            *STOCKED,
            reserved(SALE, (COLA, BIN_B, 1)),
            reserved(GIFT, (COLA, BIN_A, 1)),
            reserved(LOAN, (COLA, BIN_A, 1)),
        ),
        when=PlanWaveReq(wave="wave", location=HOUSE, limit=2),
        then=PlanWaveResp(picks=[pick(SALE, (COLA, BIN_B, 1)), pick(GIFT, (COLA, BIN_A, 1))]),
        events=[planned(SALE, GIFT)],
    ),
    Spec(
        name="orders that are named are picked in the order of their age, up to the limit",
        story=STORY,
        given=(
            *STOCKED,
            reserved(SALE, (COLA, BIN_B, 1)),
            reserved(GIFT, (COLA, BIN_A, 1)),
            reserved(LOAN, (COLA, BIN_A, 1)),
        ),
        when=PlanWaveReq(wave="wave", location=HOUSE, reservations=[LOAN, GIFT, SALE, GIFT], limit=2),
        then=PlanWaveResp(picks=[pick(SALE, (COLA, BIN_B, 1)), pick(GIFT, (COLA, BIN_A, 1))]),
        events=[planned(SALE, GIFT)],
    ),
    Spec(
        name="orders around the location, elsewhere, or partly elsewhere are not in its wave",
        story=STORY,
        given=(
            *STOCKED,
            reserved(SALE, (COLA, HOUSE, 1)),
            reserved(GIFT, (COLA, BIN_A, 1), (COLA, YARD, 1)),
            reserved(LOAN, (COLA, BIN_B, 1)),
        ),
        when=PlanWaveReq(wave="wave", location=SHELF_1),
        then=PlanWaveResp(picks=[pick(LOAN, (COLA, BIN_B, 1))]),
        events=[planned(LOAN, location=SHELF_1)],
    ),
    Spec(
        name="the next wave takes what the first one left, from what the first one leaves",
        story=STORY,
        given=ONE_IS_PLANNED,
        when=PlanWaveReq(wave="wave 2", location=HOUSE),
        then=PlanWaveResp(picks=[pick(GIFT, (COLA, SHELF_2, 2), (COLA, BIN_B, 1))]),
        events=[allocated(GIFT, HOUSE, (BIN_B, 1), (SHELF_2, 2)), planned(GIFT, wave="wave 2")],
    ),
    Spec(
        name="an order that left a wave unpicked may be in the next one",
        story=STORY,
        given=(
            *ONE_IS_PLANNED,
            WavePicked(wave="wave", skipped=[WavePicked.Skipped(reservation=SALE, reason="NotOnHand")]),
        ),
        when=PlanWaveReq(wave="wave", location=HOUSE, reservations=[SALE]),
        then=PlanWaveResp(picks=[pick(SALE, (COLA, BIN_A, 2), (COLA, BIN_B, 2), (TEA, SHELF_2, 1))]),
        events=[planned(SALE)],
    ),
    Spec(
        name="two waves do not have one code",
        story=STORY,
        given=ONE_IS_PLANNED,
        when=PlanWaveReq(wave="wave", location=HOUSE),
        refused=WaveTaken(field="wave", wave="wave"),
    ),
    Spec(
        name="an order is in one wave at a time",
        story=STORY,
        given=ONE_IS_PLANNED,
        when=PlanWaveReq(wave="wave 2", location=HOUSE, reservations=[GIFT, SALE]),
        refused=InAnotherWave(field="reservations[1]", reservation=SALE, wave="wave"),
    ),
    Spec(
        name="a named order that is placed around the location refuses the wave",
        story=STORY,
        given=TWO_ORDERS,
        when=PlanWaveReq(wave="wave", location=SHELF_1, reservations=[SALE]),
        refused=PlacedOutside(reservation=SALE, place=HOUSE, location=SHELF_1),
    ),
    Spec(
        name="a named order that is closed refuses the wave",
        story=STORY,
        given=(*TWO_ORDERS, Cancelled(reservation=GIFT)),
        when=PlanWaveReq(wave="wave", location=HOUSE, reservations=[SALE, GIFT]),
        refused=ReservationNotFound(uid=GIFT),
    ),
    Spec(
        name="orders are named by their uids, not by their codes",
        story=STORY,
        given=TWO_ORDERS,
        when=PlanWaveReq(wave="wave", location=HOUSE, reservations=[SALE, "order"]),
        refused=MalformedUid(field="reservations[1]", value="order"),
    ),
    Spec(
        name="where nobody waits no wave is planned",
        story=STORY,
        given=(*ONE_IS_PLANNED, Cancelled(reservation=GIFT)),
        when=PlanWaveReq(wave="wave 2", location=HOUSE),
        refused=NothingToPick(location=HOUSE),
    ),
    Spec(
        name="a wave is for a location that exists",
        story=STORY,
        given=[ENABLED],
        when=PlanWaveReq(wave="wave", location=u(99)),
        refused=LocationNotFound(field="location", uid=u(99)),
    ),
    Spec(
        name="a wave has a code",
        story=STORY,
        given=TWO_ORDERS,
        when=PlanWaveReq(location=HOUSE),
        refused=Blank(field="wave"),
    ),
    Spec(
        name="the code of a wave is not longer than its limit",
        story=STORY,
        given=[ENABLED],
        when=PlanWaveReq(wave="x" * (CODE_CHARS_MAX + 1), location=ROOT),
        refused=TooLong(field="wave", chars=CODE_CHARS_MAX + 1, limit="CODE_CHARS_MAX", most=CODE_CHARS_MAX),
    ),
    Spec(
        name="a wave has no negative limit",
        story=STORY,
        given=TWO_ORDERS,
        when=PlanWaveReq(wave="wave", location=HOUSE, limit=-1),
        refused=Negative(field="limit", number=-1),
    ),
    Spec(
        name="a wave names no more orders than it may have lines",
        story=STORY,
        given=TWO_ORDERS,
        when=PlanWaveReq(wave="wave", location=HOUSE, reservations=[SALE] * (WAVE_LINES_MAX + 1)),
        refused=TooMany(field="reservations", count=WAVE_LINES_MAX + 1, limit="WAVE_LINES_MAX", most=WAVE_LINES_MAX),
    ),
    Spec(
        name="a wave with more lines than its limit is refused, not cut short",
        story=STORY,
        given=[
            *STOCKED,
            InventoryUpdated(location=YARD, product=TEA, on_hand_change=9_999, on_hand=9_999),
            *(reserved(u(number), (TEA, YARD, 1)) for number in range(9, WAVE_LINES_MAX + 10)),
        ],
        when=PlanWaveReq(wave="wave", location=YARD),
        refused=TooMuchToShow(
            limit="WAVE_LINES_MAX", most=WAVE_LINES_MAX, remedy="name fewer reservations, or a lower `limit`"
        ),
        heavy=True,
    ),
]
