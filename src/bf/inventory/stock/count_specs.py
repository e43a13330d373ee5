"""Specs of taking stock."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, ProductAdded, Reserved, StockCounted
from bf.inventory.api.requests_pb2 import TakeStockReq, TakeStockResp
from bf.inventory.errors import (
    BelowPromise,
    Blank,
    CountedTwice,
    LocationNotFound,
    Negative,
    NothingAsked,
    ProductNotFound,
    RootHoldsNothing,
    StockFull,
    TooLong,
    TooMany,
    TooManyUnits,
)
from bf.inventory.limits import COUNTED_PRODUCTS_MAX, ON_HAND_UNITS_MAX, REASON_CHARS_MAX

STORY = "docs/stories.md#taking-stock"
Count = TakeStockReq.Count
Item = StockCounted.Item
Difference = TakeStockResp.Item

ROOT, HOUSE, SHELF, BIN, COLA, TEA, FIGS, SALE, GIFT = (u(number) for number in range(9))

STOCKED = (
    LocationAdded(uid=HOUSE, name="House", parent=ROOT),
    LocationAdded(uid=SHELF, name="Shelf", parent=HOUSE),
    LocationAdded(uid=BIN, name="Bin", parent=SHELF),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    ProductAdded(uid=FIGS, sku="figs"),
    InventoryUpdated(location=SHELF, product=COLA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=SHELF, product=TEA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=BIN, product=COLA, on_hand_change=3, on_hand=3),
)


def reserved(uid: str, location: str, quantity: int) -> Reserved:
    """Promise cola."""
    return Reserved(
        reservation=uid, code=uid, items=[Reserved.Item(product=COLA, quantity=quantity, location=location)]
    )


def counted(*counts: Count, location: str = SHELF, reason: str = "yearly") -> TakeStockReq:
    """Ask to take stock of the shelf, or of another location."""
    return TakeStockReq(location=location, reason=reason, counts=counts)


SPECS = [
    Spec(
        name="the books follow the count where they differ from it",
        story=STORY,
        given=STOCKED,
        when=counted(
            Count(product=TEA, counted=2),
            Count(product=FIGS, counted=1),
            Count(product=COLA, counted=4),
        ),
        then=TakeStockResp(
            differences=[Difference(product=FIGS, difference=1), Difference(product=COLA, difference=-1)]
        ),
        events=[
            StockCounted(
                location=SHELF,
                reason="yearly",
                items=[Item(product=FIGS, difference=1, on_hand=1), Item(product=COLA, difference=-1, on_hand=4)],
            )
        ],
    ),
    Spec(
        name="a count that finds what the books say changes nothing",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=5), Count(product=FIGS, counted=0)),
        then=TakeStockResp(),
    ),
    Spec(
        name="an empty place is counted as zero",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=TEA, counted=0), reason="stolen"),
        then=TakeStockResp(differences=[Difference(product=TEA, difference=-2)]),
        events=[StockCounted(location=SHELF, reason="stolen", items=[Item(product=TEA, difference=-2)])],
    ),
    Spec(
        name="what lies inside a place is not counted with it",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=1), location=HOUSE),
        then=TakeStockResp(differences=[Difference(product=COLA, difference=1)]),
        events=[StockCounted(location=HOUSE, reason="yearly", items=[Item(product=COLA, difference=1, on_hand=1)])],
    ),
    Spec(
        name="a count down to what is promised is entered",
        story=STORY,
        given=(*STOCKED, reserved(SALE, SHELF, 7)),
        prose="Seven are promised from the shelf, its bin has three of them.",
        when=counted(Count(product=COLA, counted=4)),
        then=TakeStockResp(differences=[Difference(product=COLA, difference=-1)]),
        events=[StockCounted(location=SHELF, reason="yearly", items=[Item(product=COLA, difference=-1, on_hand=4)])],
    ),
    Spec(
        name="a count below what is promised at the place names the promise",
        story=STORY,
        given=(*STOCKED, reserved(SALE, SHELF, 7)),
        when=counted(Count(product=TEA, counted=1), Count(product=COLA, counted=3)),
        refused=BelowPromise(
            field="counts[1].counted", product=COLA, location=SHELF, on_hand=6, promised=7, reservation=SALE
        ),
    ),
    Spec(
        name="a count below what is promised around the place names the promise",
        story=STORY,
        given=(*STOCKED, reserved(SALE, BIN, 1), reserved(GIFT, HOUSE, 6)),
        prose="""\
House      on hand 8  reserved 7    six of them anywhere in it, for the gift
  Shelf    on hand 8  reserved 1
    Bin    on hand 3  reserved 1    for the sale""",
        when=counted(Count(product=COLA, counted=3)),
        refused=BelowPromise(
            field="counts[0].counted", product=COLA, location=HOUSE, on_hand=6, promised=7, reservation=GIFT
        ),
    ),
    Spec(
        name="a product is counted once",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=2), Count(product=COLA, counted=3)),
        refused=CountedTwice(field="counts[1].product", product=COLA),
    ),
    Spec(
        name="nobody counts less than nothing",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=-1)),
        refused=Negative(field="counts[0].counted", number=-1),
    ),
    Spec(
        name="nobody counts more than anybody may hold",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=FIGS, counted=ON_HAND_UNITS_MAX + 1)),
        refused=TooManyUnits(field="counts[0].counted", quantity=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="a count does not lift the stock beyond what a tenant may hold",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=ON_HAND_UNITS_MAX - 2)),
        refused=StockFull(product=COLA, on_hand=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="what is counted is in the catalogue",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=u(9), counted=1)),
        refused=ProductNotFound(field="counts[0].product", uid=u(9)),
    ),
    Spec(
        name="a stock-take counts something",
        story=STORY,
        given=STOCKED,
        when=counted(),
        refused=NothingAsked(field="counts"),
    ),
    Spec(
        name="a stock-take says why",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=1), reason=""),
        refused=Blank(field="reason"),
    ),
    Spec(
        name="the reason of a stock-take is not longer than its limit",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=1), reason="x" * (REASON_CHARS_MAX + 1)),
        refused=TooLong(field="reason", chars=REASON_CHARS_MAX + 1, limit="REASON_CHARS_MAX", most=REASON_CHARS_MAX),
    ),
    Spec(
        name="a stock-take counts no more products than its limit",
        story=STORY,
        given=STOCKED,
        when=counted(*[Count(product=COLA, counted=1)] * (COUNTED_PRODUCTS_MAX + 1)),
        refused=TooMany(
            field="counts", count=COUNTED_PRODUCTS_MAX + 1, limit="COUNTED_PRODUCTS_MAX", most=COUNTED_PRODUCTS_MAX
        ),
    ),
    Spec(
        name="nobody counts the root",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=1), location=ROOT),
        refused=RootHoldsNothing(field="location"),
    ),
    Spec(
        name="nobody counts a place that does not exist",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=1), location=u(9)),
        refused=LocationNotFound(field="location", uid=u(9)),
    ),
    Spec(
        name="a place that is counted is named by its uid",
        story=STORY,
        given=STOCKED,
        when=counted(Count(product=COLA, counted=1), location="Shelf"),
        refused=MalformedUid(field="location", value="Shelf"),
    ),
]
