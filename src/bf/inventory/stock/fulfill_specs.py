"""Specs of handing goods over."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
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
from bf.inventory.api.requests_pb2 import FulfillReq, FulfillResp
from bf.inventory.errors import (
    LocationNotFound,
    NotAvailable,
    NothingAsked,
    NotOnHand,
    NotPositive,
    NotReserved,
    ProductNotFound,
    ReservationNotFound,
    TooMany,
    TooManyUnits,
)
from bf.inventory.limits import ON_HAND_UNITS_MAX, ORDER_LINES_MAX

STORY = "docs/stories.md#handing-goods-over"

Item = FulfillReq.Item

ROOT, WAREHOUSE, SHELF_1, SHELF_2, YARD, COLA, TEA = (u(number) for number in range(7))
SALE, GIFT = u(7), u(8)

STOCKED_SHELVES = (
    LocationAdded(uid=WAREHOUSE, name="Warehouse", parent=ROOT),
    LocationAdded(uid=SHELF_1, name="Shelf 1", parent=WAREHOUSE),
    LocationAdded(uid=SHELF_2, name="Shelf 2", parent=WAREHOUSE),
    LocationAdded(uid=YARD, name="Yard", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=1, on_hand=1),
    InventoryUpdated(location=YARD, product=COLA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=4, on_hand=4),
)

SALE_AT_SHELF_1 = (
    *STOCKED_SHELVES,
    Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=2, location=SHELF_1)]),
)

SALE_FROM_THE_WAREHOUSE = (
    *STOCKED_SHELVES,
    Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=2, location=WAREHOUSE)]),
)

SALE_FROM_THE_WAREHOUSE_DRAWN = """\
Warehouse    on hand 3  reserved 2    anywhere in it, for the sale
  Shelf 1    on hand 2
  Shelf 2    on hand 1"""

SALE_ABOVE_A_GIFT = (
    *SALE_FROM_THE_WAREHOUSE,
    Reserved(reservation=GIFT, code="gift", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)]),
)

SALE_ABOVE_A_GIFT_DRAWN = """\
Warehouse    on hand 3  reserved 3    two of them anywhere in it, for the sale
  Shelf 1    on hand 2  reserved 1    for the gift
  Shelf 2    on hand 1"""

SALE_FROM_ANYWHERE = (
    *STOCKED_SHELVES,
    Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=6, location=ROOT)]),
    Reserved(reservation=GIFT, code="gift", items=[Reserved.Item(product=COLA, quantity=2, location=WAREHOUSE)]),
)

SALE_FROM_ANYWHERE_DRAWN = """\
root           on hand 8  reserved 8    six of them anywhere, for the sale
  Warehouse    on hand 3  reserved 2    anywhere in it, for the gift
    Shelf 1    on hand 2
    Shelf 2    on hand 1
  Yard         on hand 5"""

SALE_ON_THREE_LEVELS = (
    *STOCKED_SHELVES,
    Reserved(
        reservation=SALE,
        code="sale",
        items=[
            Reserved.Item(product=COLA, quantity=1, location=ROOT),
            Reserved.Item(product=COLA, quantity=1, location=WAREHOUSE),
            Reserved.Item(product=COLA, quantity=1, location=SHELF_1),
        ],
    ),
)

SALE_ON_THREE_LEVELS_DRAWN = """\
root           on hand 8  reserved 3    one of them anywhere
  Warehouse    on hand 3  reserved 2    one of them anywhere in it
    Shelf 1    on hand 2  reserved 1
    Shelf 2    on hand 1
  Yard         on hand 5"""

SALE_OF_TWO_PRODUCTS = (
    *STOCKED_SHELVES,
    Reserved(
        reservation=SALE,
        code="sale",
        items=[
            Reserved.Item(product=COLA, quantity=3, location=WAREHOUSE),
            Reserved.Item(product=TEA, quantity=4, location=WAREHOUSE),
        ],
    ),
)

SPECS = [
    Spec(
        name="what is promised on a shelf is handed over from it",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0)])
        ],
    ),
    Spec(
        name="what is promised from anywhere in a warehouse is taken from one of its shelves",
        story=STORY,
        prose=SALE_FROM_THE_WAREHOUSE_DRAWN,
        given=SALE_FROM_THE_WAREHOUSE,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0)])
        ],
    ),
    Spec(
        name="what is promised from anywhere in a warehouse is taken from several of its shelves",
        story=STORY,
        prose=f"{SALE_FROM_THE_WAREHOUSE_DRAWN}\n\nThe event keeps the order in which the worker walked.",
        given=SALE_FROM_THE_WAREHOUSE,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_2, quantity=1),
                Item(product=COLA, location=SHELF_1, quantity=1),
            ],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=COLA, location=SHELF_2, removed=1, on_hand=0),
                    Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1),
                ],
            )
        ],
    ),
    Spec(
        name="what is promised from the warehouse is taken from its own floor as well",
        story=STORY,
        given=[
            *SALE_FROM_THE_WAREHOUSE,
            InventoryUpdated(location=WAREHOUSE, product=COLA, on_hand_change=3, on_hand=3),
        ],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=WAREHOUSE, quantity=2)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=WAREHOUSE, removed=2, on_hand=1)])
        ],
    ),
    Spec(
        name="what is promised from anywhere in the country is taken from any shelf",
        story=STORY,
        prose=SALE_FROM_ANYWHERE_DRAWN,
        given=SALE_FROM_ANYWHERE,
        when=FulfillReq(
            reservation=SALE,
            items=[Item(product=COLA, location=YARD, quantity=5), Item(product=COLA, location=SHELF_2, quantity=1)],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=COLA, location=YARD, removed=5, on_hand=0),
                    Fulfilled.Item(product=COLA, location=SHELF_2, removed=1, on_hand=0),
                ],
            )
        ],
    ),
    Spec(
        name="several products are handed over in the order in which they were taken",
        story=STORY,
        given=SALE_OF_TWO_PRODUCTS,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=TEA, location=SHELF_1, quantity=4),
                Item(product=COLA, location=SHELF_2, quantity=1),
                Item(product=COLA, location=SHELF_1, quantity=2),
            ],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=TEA, location=SHELF_1, removed=4, on_hand=0),
                    Fulfilled.Item(product=COLA, location=SHELF_2, removed=1, on_hand=0),
                    Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0),
                ],
            )
        ],
    ),
    Spec(
        name="what is taken from one place in several grips is added up where the first grip stood",
        story=STORY,
        given=SALE_OF_TWO_PRODUCTS,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=TEA, location=SHELF_1, quantity=1),
                Item(product=COLA, location=SHELF_1, quantity=1),
                Item(product=TEA, location=SHELF_1, quantity=2),
                Item(product=COLA, location=SHELF_1, quantity=1),
            ],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=TEA, location=SHELF_1, removed=3, on_hand=1),
                    Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0),
                ],
            )
        ],
    ),
    Spec(
        name="less than promised may be handed over, and the reservation is closed all the same",
        story=STORY,
        prose="What was not taken is free again.",
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=1)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1)])
        ],
    ),
    Spec(
        name="one of two promised products may be handed over",
        story=STORY,
        given=SALE_OF_TWO_PRODUCTS,
        when=FulfillReq(reservation=SALE, items=[Item(product=TEA, location=SHELF_1, quantity=4)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=TEA, location=SHELF_1, removed=4, on_hand=0)])
        ],
    ),
    Spec(
        name="nobody hands over more than was promised",
        story=STORY,
        given=SALE_FROM_ANYWHERE,
        when=FulfillReq(reservation=GIFT, items=[Item(product=COLA, location=SHELF_1, quantity=3)]),
        refused=NotReserved(field="items[0]", product=COLA, location=SHELF_1, promised=2, asked=3),
    ),
    Spec(
        name="nobody hands over more than was promised, in several grips either",
        story=STORY,
        prose=SALE_FROM_THE_WAREHOUSE_DRAWN,
        given=SALE_FROM_THE_WAREHOUSE,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_1, quantity=1),
                Item(product=COLA, location=SHELF_2, quantity=1),
                Item(product=COLA, location=SHELF_1, quantity=1),
            ],
        ),
        refused=NotReserved(field="items[2]", product=COLA, location=SHELF_1, promised=0, asked=1),
    ),
    Spec(
        name="goods from outside the reserved location are not handed over",
        story=STORY,
        given=SALE_FROM_THE_WAREHOUSE,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=YARD, quantity=1)]),
        refused=NotReserved(field="items[0]", product=COLA, location=YARD, promised=0, asked=1),
    ),
    Spec(
        name="goods from the next shelf are not handed over for a shelf's own promise",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_1, quantity=1),
                Item(product=COLA, location=SHELF_2, quantity=1),
            ],
        ),
        refused=NotReserved(field="items[1]", product=COLA, location=SHELF_2, promised=0, asked=1),
    ),
    Spec(
        name="goods from the warehouse's floor are not handed over for a shelf's own promise",
        story=STORY,
        given=[*SALE_AT_SHELF_1, InventoryUpdated(location=WAREHOUSE, product=COLA, on_hand_change=1, on_hand=1)],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=WAREHOUSE, quantity=1)]),
        refused=NotReserved(field="items[0]", product=COLA, location=WAREHOUSE, promised=0, asked=1),
    ),
    Spec(
        name="a product that the customer did not order is not handed over",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(
            reservation=SALE,
            items=[Item(product=COLA, location=SHELF_1, quantity=1), Item(product=TEA, location=SHELF_1, quantity=1)],
        ),
        refused=NotReserved(field="items[1]", product=TEA, location=SHELF_1, promised=0, asked=1),
    ),
    Spec(
        name="what somebody else ordered is not handed over",
        story=STORY,
        prose=f"{SALE_ABOVE_A_GIFT_DRAWN}\n\nThe gift is promised from Shelf 1 only.",
        given=SALE_ABOVE_A_GIFT,
        when=FulfillReq(reservation=GIFT, items=[Item(product=COLA, location=SHELF_2, quantity=1)]),
        refused=NotReserved(field="items[0]", product=COLA, location=SHELF_2, promised=0, asked=1),
    ),
    Spec(
        name="nobody hands over more from a shelf than lies there",
        story=STORY,
        prose=SALE_FROM_THE_WAREHOUSE_DRAWN,
        given=SALE_FROM_THE_WAREHOUSE,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_2, quantity=2)]),
        refused=NotOnHand(location=SHELF_2, product=COLA, on_hand=1, asked=2),
    ),
    Spec(
        name="nobody hands over more from a shelf than lies there, in several grips either",
        story=STORY,
        prose=SALE_FROM_THE_WAREHOUSE_DRAWN,
        given=SALE_FROM_THE_WAREHOUSE,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_2, quantity=1),
                Item(product=COLA, location=SHELF_2, quantity=1),
            ],
        ),
        refused=NotOnHand(location=SHELF_2, product=COLA, on_hand=1, asked=2),
    ),
    Spec(
        name="handing over says from which shelf, not only from which warehouse",
        story=STORY,
        prose=f"{SALE_FROM_THE_WAREHOUSE_DRAWN}\n\nNothing lies on the Warehouse's own floor.",
        given=SALE_FROM_THE_WAREHOUSE,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=WAREHOUSE, quantity=2)]),
        refused=NotOnHand(location=WAREHOUSE, product=COLA, on_hand=0, asked=2),
    ),
    Spec(
        name="nothing is handed over from the root, where nothing lies",
        story=STORY,
        given=SALE_FROM_ANYWHERE,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=ROOT, quantity=1)]),
        refused=NotOnHand(location=ROOT, product=COLA, on_hand=0, asked=1),
    ),
    Spec(
        name="the warehouse's customer does not get what is promised on the shelf",
        story=STORY,
        prose=f"""\
{SALE_ABOVE_A_GIFT_DRAWN}

Taking both from Shelf 1 would break Shelf 1's own promise: the gift cannot come from Shelf 2.""",
        given=SALE_ABOVE_A_GIFT,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        refused=NotAvailable(location=SHELF_1, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="the warehouse's customer gets what the shelf did not promise",
        story=STORY,
        prose=SALE_ABOVE_A_GIFT_DRAWN,
        given=SALE_ABOVE_A_GIFT,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_1, quantity=1),
                Item(product=COLA, location=SHELF_2, quantity=1),
            ],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1),
                    Fulfilled.Item(product=COLA, location=SHELF_2, removed=1, on_hand=0),
                ],
            )
        ],
    ),
    Spec(
        name="the shelf's customer is served although everything in the warehouse is promised",
        story=STORY,
        prose=SALE_ABOVE_A_GIFT_DRAWN,
        given=SALE_ABOVE_A_GIFT,
        when=FulfillReq(reservation=GIFT, items=[Item(product=COLA, location=SHELF_1, quantity=1)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=GIFT, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1)])
        ],
    ),
    Spec(
        name="the country's customer does not get what is promised in the warehouse",
        story=STORY,
        prose=f"""\
{SALE_FROM_ANYWHERE_DRAWN}

Neither shelf promised anything, but two from the Warehouse would leave one there for the gift of two.""",
        given=SALE_FROM_ANYWHERE,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_1, quantity=1),
                Item(product=COLA, location=SHELF_2, quantity=1),
            ],
        ),
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="the promise that names the nearest place is kept first",
        story=STORY,
        prose=f"""\
{SALE_ON_THREE_LEVELS_DRAWN}

All three are the sale's own. The unit from Shelf 1 keeps Shelf 1's promise, so that the other two are left for
Shelf 2 and the Yard, where Shelf 1's promise does not reach.""",
        given=SALE_ON_THREE_LEVELS,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_1, quantity=1),
                Item(product=COLA, location=SHELF_2, quantity=1),
                Item(product=COLA, location=YARD, quantity=1),
            ],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1),
                    Fulfilled.Item(product=COLA, location=SHELF_2, removed=1, on_hand=0),
                    Fulfilled.Item(product=COLA, location=YARD, removed=1, on_hand=4),
                ],
            )
        ],
    ),
    Spec(
        name="promises at nested places are kept in whichever order the goods are taken",
        story=STORY,
        prose=SALE_ON_THREE_LEVELS_DRAWN,
        given=SALE_ON_THREE_LEVELS,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=YARD, quantity=1),
                Item(product=COLA, location=SHELF_2, quantity=1),
                Item(product=COLA, location=SHELF_1, quantity=1),
            ],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=COLA, location=YARD, removed=1, on_hand=4),
                    Fulfilled.Item(product=COLA, location=SHELF_2, removed=1, on_hand=0),
                    Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1),
                ],
            )
        ],
    ),
    Spec(
        name="one grip may keep promises at several nested places",
        story=STORY,
        prose=f"""\
{SALE_ON_THREE_LEVELS_DRAWN}

The two from Shelf 1 are Shelf 1's and the Warehouse's; the root's is left for Shelf 2.""",
        given=SALE_ON_THREE_LEVELS,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_1, quantity=2),
                Item(product=COLA, location=SHELF_2, quantity=1),
            ],
        ),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[
                    Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0),
                    Fulfilled.Item(product=COLA, location=SHELF_2, removed=1, on_hand=0),
                ],
            )
        ],
    ),
    Spec(
        name="a promise that names one shelf does not stretch to another",
        story=STORY,
        prose=f"""\
{SALE_ON_THREE_LEVELS_DRAWN}

Three are promised in all, but only two of them may come from Shelf 2.""",
        given=[
            *SALE_ON_THREE_LEVELS,
            InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=2, on_hand=3),
        ],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_2, quantity=3)]),
        refused=NotReserved(field="items[0]", product=COLA, location=SHELF_2, promised=2, asked=3),
    ),
    Spec(
        name="lines of one product at one place are one promise",
        story=STORY,
        given=[
            *STOCKED_SHELVES,
            Reserved(
                reservation=SALE,
                code="sale",
                items=[
                    Reserved.Item(product=COLA, quantity=1, location=SHELF_1),
                    Reserved.Item(product=COLA, quantity=1, location=SHELF_1),
                ],
            ),
        ],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0)])
        ],
    ),
    Spec(
        name="a reservation goes with a moved shelf and is fulfilled where the shelf stands now",
        story=STORY,
        prose="A LocationMoved from elsewhere may not say where the shelf stood before.",
        given=[*SALE_AT_SHELF_1, LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD)],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0)])
        ],
    ),
    Spec(
        name="a reservation at a moved place is fulfilled from what moved along inside it",
        story=STORY,
        prose="""\
Yard           on hand 8  reserved 2
  Warehouse    on hand 3  reserved 2    stood beside the Yard before
    Shelf 1    on hand 2
    Shelf 2    on hand 1""",
        given=[*SALE_FROM_THE_WAREHOUSE, LocationMoved(uid=WAREHOUSE, old_parent=ROOT, new_parent=YARD)],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        then=FulfillResp(),
        events=[
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0)])
        ],
    ),
    Spec(
        name="what arrived in a reserved place may be handed over",
        story=STORY,
        given=[*SALE_FROM_THE_WAREHOUSE, LocationMoved(uid=YARD, old_parent=ROOT, new_parent=WAREHOUSE)],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=YARD, quantity=2)]),
        then=FulfillResp(),
        events=[Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=YARD, removed=2, on_hand=3)])],
    ),
    Spec(
        name="what left a reserved place is not handed over",
        story=STORY,
        given=[*SALE_FROM_THE_WAREHOUSE, LocationMoved(uid=SHELF_2, old_parent="", new_parent=YARD)],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_2, quantity=1)]),
        refused=NotReserved(field="items[0]", product=COLA, location=SHELF_2, promised=0, asked=1),
    ),
    Spec(
        name="all that a tenant may hold can be handed over at once",
        story=STORY,
        given=[
            LocationAdded(uid=u(1), name="Hall", parent=ROOT),
            ProductAdded(uid=u(2), sku="cola"),
            InventoryUpdated(location=u(1), product=u(2), on_hand_change=ON_HAND_UNITS_MAX, on_hand=ON_HAND_UNITS_MAX),
            Reserved(
                reservation=u(3),
                code="sale",
                items=[Reserved.Item(product=u(2), quantity=ON_HAND_UNITS_MAX, location=ROOT)],
            ),
        ],
        when=FulfillReq(reservation=u(3), items=[Item(product=u(2), location=u(1), quantity=ON_HAND_UNITS_MAX)]),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=u(3),
                items=[Fulfilled.Item(product=u(2), location=u(1), removed=ON_HAND_UNITS_MAX, on_hand=0)],
            )
        ],
    ),
    Spec(
        name="a reservation is fulfilled once",
        story=STORY,
        given=[
            *SALE_AT_SHELF_1,
            Fulfilled(reservation=SALE, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1)]),
        ],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=1)]),
        refused=ReservationNotFound(uid=SALE),
    ),
    Spec(
        name="a cancelled reservation cannot be fulfilled",
        story=STORY,
        given=[
            *SALE_AT_SHELF_1,
            Cancelled(reservation=SALE, items=[Cancelled.Item(product=COLA, location=SHELF_1, released=2)]),
        ],
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        refused=ReservationNotFound(uid=SALE),
    ),
    Spec(
        name="a reservation that nobody made cannot be fulfilled",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=u(99), items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        refused=ReservationNotFound(uid=u(99)),
    ),
    Spec(
        name="a reservation is fulfilled by its uid, not by its code",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation="sale", items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        refused=MalformedUid(field="reservation", value="sale"),
    ),
    Spec(
        name="nothing is handed over without saying for which reservation",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(items=[Item(product=COLA, location=SHELF_1, quantity=2)]),
        refused=MalformedUid(field="reservation", value=""),
    ),
    Spec(
        name="handing over nothing is not handing over",
        story=STORY,
        prose="Who gives up a reservation, cancels it.",
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE),
        refused=NothingAsked(field="items"),
    ),
    Spec(
        name="zero units cannot be handed over",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1)]),
        refused=NotPositive(field="items[0].quantity", quantity=0),
    ),
    Spec(
        name="less than zero units cannot be handed over, beside others either",
        story=STORY,
        prose="A negative item must not make room for a larger one.",
        given=SALE_AT_SHELF_1,
        when=FulfillReq(
            reservation=SALE,
            items=[
                Item(product=COLA, location=SHELF_1, quantity=2),
                Item(product=COLA, location=SHELF_1, quantity=-1),
            ],
        ),
        refused=NotPositive(field="items[1].quantity", quantity=-1),
    ),
    Spec(
        name="the smallest number that can be written is not handed over",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=-(2**63))]),
        refused=NotPositive(field="items[0].quantity", quantity=-(2**63)),
    ),
    Spec(
        name="the largest number that can be written is not handed over",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=2**63 - 1)]),
        refused=TooManyUnits(field="items[0].quantity", quantity=2**63 - 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="one grip does not take more than a tenant may hold",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=ON_HAND_UNITS_MAX + 1)]),
        refused=TooManyUnits(field="items[0].quantity", quantity=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="the longest list of grips is handed over",
        story=STORY,
        given=[
            *STOCKED_SHELVES,
            InventoryUpdated(location=YARD, product=TEA, on_hand_change=ORDER_LINES_MAX, on_hand=ORDER_LINES_MAX),
            Reserved(
                reservation=SALE,
                code="sale",
                items=[Reserved.Item(product=TEA, quantity=ORDER_LINES_MAX, location=YARD)],
            ),
        ],
        when=FulfillReq(reservation=SALE, items=[Item(product=TEA, location=YARD, quantity=1)] * ORDER_LINES_MAX),
        then=FulfillResp(),
        events=[
            Fulfilled(
                reservation=SALE,
                items=[Fulfilled.Item(product=TEA, location=YARD, removed=ORDER_LINES_MAX, on_hand=0)],
            )
        ],
        heavy=True,
    ),
    Spec(
        name="a list of grips has no more items than its limit",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(
            reservation=SALE, items=[Item(product=COLA, location=SHELF_1, quantity=1)] * (ORDER_LINES_MAX + 1)
        ),
        refused=TooMany(field="items", count=ORDER_LINES_MAX + 1, limit="ORDER_LINES_MAX", most=ORDER_LINES_MAX),
    ),
    Spec(
        name="a product that is not in the catalogue cannot be handed over",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=u(99), location=SHELF_1, quantity=1)]),
        refused=ProductNotFound(field="items[0].product", uid=u(99)),
    ),
    Spec(
        name="a product is handed over by its uid, not by its SKU",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product="cola", location=SHELF_1, quantity=1)]),
        refused=MalformedUid(field="items[0].product", value="cola"),
    ),
    Spec(
        name="goods are not handed over from a location that nobody built",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(
            reservation=SALE,
            items=[Item(product=COLA, location=SHELF_1, quantity=1), Item(product=COLA, location=u(99), quantity=1)],
        ),
        refused=LocationNotFound(field="items[1].location", uid=u(99)),
    ),
    Spec(
        name="goods are not handed over without saying from where",
        story=STORY,
        given=SALE_AT_SHELF_1,
        when=FulfillReq(reservation=SALE, items=[Item(product=COLA, quantity=1)]),
        refused=MalformedUid(field="items[0].location", value=""),
    ),
    Spec(
        name="a uid is written in lower case when handing over",
        story=STORY,
        given=[
            LocationAdded(uid=u(1), name="Shelf", parent=ROOT),
            ProductAdded(uid=u(2), sku="cola"),
            InventoryUpdated(location=u(1), product=u(2), on_hand_change=1, on_hand=1),
            Reserved(reservation=u(10), code="sale", items=[Reserved.Item(product=u(2), quantity=1, location=u(1))]),
        ],
        when=FulfillReq(
            reservation="00000000-0000-0000-0000-00000000000A",
            items=[Item(product=u(2), location=u(1), quantity=1)],
        ),
        refused=MalformedUid(field="reservation", value="00000000-0000-0000-0000-00000000000A"),
    ),
]
