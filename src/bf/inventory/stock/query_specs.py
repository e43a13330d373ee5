"""Specs of asking what is there."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import UID_NUMBER_MAX
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    Cancelled,
    Fulfilled,
    InventoryUpdated,
    LocationAdded,
    LocationMoved,
    ProductAdded,
    Reserved,
)
from bf.inventory.api.requests_pb2 import GetLocInventoryReq, GetLocInventoryResp
from bf.inventory.errors import LocationNotFound, Negative
from bf.inventory.limits import ON_HAND_UNITS_MAX

STORY = "docs/stories.md#asking-what-is-there"

Item = GetLocInventoryResp.Item

ROOT, WAREHOUSE, SHELF_1, SHELF_2, YARD, COLA, TEA, MILK = (u(number) for number in range(8))
SALE, GIFT = u(8), u(9)

EMPTY_SHELVES = (
    LocationAdded(uid=WAREHOUSE, name="Warehouse", parent=ROOT),
    LocationAdded(uid=SHELF_1, name="Shelf 1", parent=WAREHOUSE),
    LocationAdded(uid=SHELF_2, name="Shelf 2", parent=WAREHOUSE),
    LocationAdded(uid=YARD, name="Yard", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    ProductAdded(uid=MILK, sku="milk"),
)

STOCKED_SHELVES = (
    *EMPTY_SHELVES,
    InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=4, on_hand=4),
    InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=1, on_hand=1),
    InventoryUpdated(location=WAREHOUSE, product=COLA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=YARD, product=COLA, on_hand_change=10, on_hand=10),
)

STOCKED_SHELVES_DRAWN = """\
root           18 cola  4 tea
  Warehouse     8 cola  4 tea    5 cola of them on its own floor
    Shelf 1     2 cola  4 tea
    Shelf 2     1 cola
  Yard         10 cola"""

PROMISED_AT_THREE_LEVELS = (
    *STOCKED_SHELVES,
    Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)]),
    Reserved(reservation=GIFT, code="gift", items=[Reserved.Item(product=COLA, quantity=2, location=WAREHOUSE)]),
    Reserved(reservation=u(10), code="fair", items=[Reserved.Item(product=COLA, quantity=15, location=ROOT)]),
)

PROMISED_AT_THREE_LEVELS_DRAWN = """\
root           18 cola  reserved 18    15 of them anywhere
  Warehouse     8 cola  reserved  3     2 of them anywhere in it
    Shelf 1     2 cola  reserved  1
    Shelf 2     1 cola
  Yard         10 cola"""

THREE_PRODUCTS = (
    *EMPTY_SHELVES,
    InventoryUpdated(location=SHELF_1, product=MILK, on_hand_change=3, on_hand=3),
    InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=1, on_hand=1),
    InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=2, on_hand=2),
)

SPECS = [
    Spec(
        name="a shelf shows what lies on it",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location=SHELF_2),
        then=GetLocInventoryResp(items=[Item(product=COLA, on_hand=1, available=1)]),
    ),
    Spec(
        name="products are shown in the order of their uids, whichever came first to the shelf",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location=SHELF_1),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=2, available=2), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="a warehouse shows the sums of its floor and its shelves",
        story=STORY,
        prose=STOCKED_SHELVES_DRAWN,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=8, available=8), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="the root shows the sums of everything",
        story=STORY,
        prose=STOCKED_SHELVES_DRAWN,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location=ROOT),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=18, available=18), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="an empty shelf shows nothing",
        story=STORY,
        given=EMPTY_SHELVES,
        when=GetLocInventoryReq(location=SHELF_1),
        then=GetLocInventoryResp(),
    ),
    Spec(
        name="a business that has not begun has nothing",
        story=STORY,
        when=GetLocInventoryReq(location=ROOT),
        then=GetLocInventoryResp(),
    ),
    Spec(
        name="what is promised on a shelf is not available there",
        story=STORY,
        prose=f"{PROMISED_AT_THREE_LEVELS_DRAWN}\n\nPromises from further up may still come to Shelf 1: nobody knows yet.",
        given=PROMISED_AT_THREE_LEVELS,
        when=GetLocInventoryReq(location=SHELF_1),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=2, available=1), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="what is promised on a shelf is not available in its warehouse either",
        story=STORY,
        prose=PROMISED_AT_THREE_LEVELS_DRAWN,
        given=PROMISED_AT_THREE_LEVELS,
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=8, available=5), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="goods that are all promised are shown with nothing available",
        story=STORY,
        prose=PROMISED_AT_THREE_LEVELS_DRAWN,
        given=PROMISED_AT_THREE_LEVELS,
        when=GetLocInventoryReq(location=ROOT),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=18, available=0), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="what is promised from the warehouse is shown at none of its shelves",
        story=STORY,
        prose=PROMISED_AT_THREE_LEVELS_DRAWN,
        given=PROMISED_AT_THREE_LEVELS,
        when=GetLocInventoryReq(location=SHELF_2),
        then=GetLocInventoryResp(items=[Item(product=COLA, on_hand=1, available=1)]),
    ),
    Spec(
        name="what a customer gave back is available",
        story=STORY,
        given=[
            *PROMISED_AT_THREE_LEVELS,
            Cancelled(reservation=SALE, items=[Cancelled.Item(product=COLA, location=SHELF_1, released=1)]),
        ],
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=8, available=6), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="what was handed over is gone, and what was promised but not taken is available",
        story=STORY,
        given=[
            *PROMISED_AT_THREE_LEVELS,
            Fulfilled(reservation=GIFT, items=[Fulfilled.Item(product=COLA, location=WAREHOUSE, removed=1, on_hand=4)]),
        ],
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=7, available=6), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="a product that was taken away to the last unit is no longer shown",
        story=STORY,
        given=[*STOCKED_SHELVES, InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-2, on_hand=0)],
        when=GetLocInventoryReq(location=SHELF_1),
        then=GetLocInventoryResp(items=[Item(product=TEA, on_hand=4, available=4)]),
    ),
    Spec(
        name="a product that was handed over to the last unit is no longer shown",
        story=STORY,
        given=[
            *STOCKED_SHELVES,
            Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=TEA, quantity=4, location=ROOT)]),
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=TEA, location=SHELF_1, removed=4, on_hand=0)]),
        ],
        when=GetLocInventoryReq(location=ROOT),
        then=GetLocInventoryResp(items=[Item(product=COLA, on_hand=18, available=18)]),
    ),
    Spec(
        name="an emptied shelf leaves the rest of the warehouse as it was",
        story=STORY,
        given=[*STOCKED_SHELVES, InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-2, on_hand=0)],
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=6, available=6), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="what went with a moved shelf is no longer in the old warehouse",
        story=STORY,
        given=[*STOCKED_SHELVES, LocationMoved(uid=SHELF_1, old_parent=WAREHOUSE, new_parent=YARD)],
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(items=[Item(product=COLA, on_hand=6, available=6)]),
    ),
    Spec(
        name="what went with a moved shelf is in the new place",
        story=STORY,
        prose="A LocationMoved from elsewhere may not say where the shelf stood before; it came from there all the same.",
        given=[*STOCKED_SHELVES, LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD)],
        when=GetLocInventoryReq(location=YARD),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=12, available=12), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="a shelf shows the same goods after it moved",
        story=STORY,
        given=[*STOCKED_SHELVES, LocationMoved(uid=SHELF_1, old_parent=WAREHOUSE, new_parent=YARD)],
        when=GetLocInventoryReq(location=SHELF_1),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=2, available=2), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="moving a shelf changes nothing of what the root shows",
        story=STORY,
        given=[*STOCKED_SHELVES, LocationMoved(uid=SHELF_1, old_parent=WAREHOUSE, new_parent=YARD)],
        when=GetLocInventoryReq(location=ROOT),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=18, available=18), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="a shelf put into another shelf is still in the warehouse",
        story=STORY,
        given=[*STOCKED_SHELVES, LocationMoved(uid=SHELF_1, old_parent=WAREHOUSE, new_parent=SHELF_2)],
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=8, available=8), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="the promises of a shelf go with it",
        story=STORY,
        prose="""\
Warehouse     6 cola  reserved 2
Yard         12 cola  reserved 1
  Shelf 1     2 cola  reserved 1    stood in the Warehouse before""",
        given=[*PROMISED_AT_THREE_LEVELS, LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD)],
        when=GetLocInventoryReq(location=YARD),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=12, available=11), Item(product=TEA, on_hand=4, available=4)]
        ),
    ),
    Spec(
        name="the promises of a shelf leave its old warehouse",
        story=STORY,
        given=[*PROMISED_AT_THREE_LEVELS, LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD)],
        when=GetLocInventoryReq(location=WAREHOUSE),
        then=GetLocInventoryResp(items=[Item(product=COLA, on_hand=6, available=4)]),
    ),
    Spec(
        name="sums of the largest stock are exact",
        story=STORY,
        given=[
            *EMPTY_SHELVES,
            InventoryUpdated(
                location=SHELF_1, product=COLA, on_hand_change=ON_HAND_UNITS_MAX - 1, on_hand=ON_HAND_UNITS_MAX - 1
            ),
            InventoryUpdated(location=YARD, product=COLA, on_hand_change=1, on_hand=1),
        ],
        when=GetLocInventoryReq(location=ROOT),
        then=GetLocInventoryResp(items=[Item(product=COLA, on_hand=ON_HAND_UNITS_MAX, available=ON_HAND_UNITS_MAX)]),
    ),
    Spec(
        name="nobody asks for a location that nobody built",
        story=STORY,
        given=EMPTY_SHELVES,
        when=GetLocInventoryReq(location=u(99)),
        refused=LocationNotFound(field="location", uid=u(99)),
    ),
    Spec(
        name="the uid of a product is no location to look at",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location=COLA),
        refused=LocationNotFound(field="location", uid=COLA),
    ),
    Spec(
        name="nobody asks what is there without saying where",
        story=STORY,
        prose="The root has a uid as well: who means everything, says so.",
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(),
        refused=MalformedUid(field="location", value=""),
    ),
    Spec(
        name="a uid is written in lower case when asking",
        story=STORY,
        given=[LocationAdded(uid=u(10), name="Shelf", parent=ROOT)],
        when=GetLocInventoryReq(location="00000000-0000-0000-0000-00000000000A"),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-00000000000A"),
    ),
    Spec(
        name="a uid is written with all its digits",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location="00000000-0000-0000-0000-1"),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-1"),
    ),
    Spec(
        name="a uid has no more digits than twelve",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location="00000000-0000-0000-0000-1000000000000"),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-1000000000000"),
    ),
    Spec(
        name="a uid far too large for any counter is refused like any other wrong one",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location="00000000-0000-0000-0000-" + "f" * 40),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-" + "f" * 40),
    ),
    Spec(
        name="the counter of uids does not go below zero",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location="00000000-0000-0000-0000--00000000001"),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000--00000000001"),
    ),
    Spec(
        name="the last uid of all is well-formed, and names nothing yet",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location=u(UID_NUMBER_MAX)),
        refused=LocationNotFound(field="location", uid=u(UID_NUMBER_MAX)),
    ),
    Spec(
        name="a uid of another kind is refused",
        story=STORY,
        given=STOCKED_SHELVES,
        when=GetLocInventoryReq(location="123e4567-e89b-12d3-a456-000000000001"),
        refused=MalformedUid(field="location", value="123e4567-e89b-12d3-a456-000000000001"),
    ),
    Spec(
        name="the first page of a long list shows as many products as asked",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, limit=2),
        then=GetLocInventoryResp(
            items=[Item(product=COLA, on_hand=1, available=1), Item(product=TEA, on_hand=2, available=2)]
        ),
    ),
    Spec(
        name="the next page begins after the last product of the page before",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, limit=2, after=TEA),
        then=GetLocInventoryResp(items=[Item(product=MILK, on_hand=3, available=3)]),
    ),
    Spec(
        name="without a limit all products after the named one are shown",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, after=COLA),
        then=GetLocInventoryResp(
            items=[Item(product=TEA, on_hand=2, available=2), Item(product=MILK, on_hand=3, available=3)]
        ),
    ),
    Spec(
        name="after the last product comes nothing",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, after=MILK),
        then=GetLocInventoryResp(),
    ),
    Spec(
        name="paging goes on although the last product shown is gone",
        story=STORY,
        prose="Between two pages somebody took all the tea; `after` is a place in the order, not a product on the shelf.",
        given=[*THREE_PRODUCTS, InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=-2, on_hand=0)],
        when=GetLocInventoryReq(location=SHELF_1, limit=2, after=TEA),
        then=GetLocInventoryResp(items=[Item(product=MILK, on_hand=3, available=3)]),
    ),
    Spec(
        name="paging may begin after uid 0",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, limit=1, after=u(0)),
        then=GetLocInventoryResp(items=[Item(product=COLA, on_hand=1, available=1)]),
    ),
    Spec(
        name="a page larger than the list shows the list",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, limit=2**31 - 1),
        then=GetLocInventoryResp(
            items=[
                Item(product=COLA, on_hand=1, available=1),
                Item(product=TEA, on_hand=2, available=2),
                Item(product=MILK, on_hand=3, available=3),
            ]
        ),
    ),
    Spec(
        name="a page of fewer than no products cannot be asked for",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, limit=-1),
        refused=Negative(field="limit", number=-1),
    ),
    Spec(
        name="the smallest number that can be written is no page size",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, limit=-(2**31)),
        refused=Negative(field="limit", number=-(2**31)),
    ),
    Spec(
        name="a page begins after a uid, not after a SKU",
        story=STORY,
        given=THREE_PRODUCTS,
        when=GetLocInventoryReq(location=SHELF_1, after="cola"),
        refused=MalformedUid(field="after", value="cola"),
    ),
]
