"""Specs of cancelling a reservation."""

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
from bf.inventory.api.requests_pb2 import CancelReq, CancelResp
from bf.inventory.errors import ReservationNotFound
from bf.inventory.limits import ON_HAND_UNITS_MAX

STORY = "docs/stories.md#giving-a-reservation-back"

SHELF_WITH_A_SALE = (
    LocationAdded(uid=u(1), name="Shelf", parent=u(0)),
    ProductAdded(uid=u(2), sku="cola"),
    InventoryUpdated(location=u(1), product=u(2), on_hand_change=10, on_hand=10),
    Reserved(reservation=u(3), code="sale", items=[Reserved.Item(product=u(2), quantity=7, location=u(1))]),
)

SHELF_IN_A_HALL = (
    LocationAdded(uid=u(1), name="Shelf", parent=u(0)),
    LocationAdded(uid=u(2), name="Hall", parent=u(0)),
    LocationMoved(uid=u(1), old_parent="", new_parent=u(2)),
    ProductAdded(uid=u(3), sku="cola"),
    ProductAdded(uid=u(4), sku="tea"),
    InventoryUpdated(location=u(1), product=u(3), on_hand_change=5, on_hand=5),
    InventoryUpdated(location=u(1), product=u(4), on_hand_change=5, on_hand=5),
)

SPECS = [
    Spec(
        name="cancelling a reservation gives everything back",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=CancelReq(reservation=u(3)),
        then=CancelResp(),
        events=[Cancelled(reservation=u(3), items=[Cancelled.Item(product=u(2), location=u(1), released=7)])],
    ),
    Spec(
        name="a reservation from anywhere in the country is given back there",
        story=STORY,
        given=[
            *SHELF_WITH_A_SALE,
            Reserved(reservation=u(4), code="fair", items=[Reserved.Item(product=u(2), quantity=3, location=u(0))]),
        ],
        when=CancelReq(reservation=u(4)),
        then=CancelResp(),
        events=[Cancelled(reservation=u(4), items=[Cancelled.Item(product=u(2), location=u(0), released=3)])],
    ),
    Spec(
        name="what is given back is named in the order of products and places",
        story=STORY,
        prose="""\
Hall       reserved 5 cola, 4 tea    two cola and three tea of them anywhere in it
  Shelf    reserved 3 cola, 1 tea    the shelf was built before the hall, so it comes first

The order in which they were promised does not matter.""",
        given=[
            *SHELF_IN_A_HALL,
            Reserved(
                reservation=u(5),
                code="sale",
                items=[
                    Reserved.Item(product=u(4), quantity=3, location=u(2)),
                    Reserved.Item(product=u(3), quantity=2, location=u(2)),
                    Reserved.Item(product=u(4), quantity=1, location=u(1)),
                    Reserved.Item(product=u(3), quantity=3, location=u(1)),
                ],
            ),
        ],
        when=CancelReq(reservation=u(5)),
        then=CancelResp(),
        events=[
            Cancelled(
                reservation=u(5),
                items=[
                    Cancelled.Item(product=u(3), location=u(1), released=3),
                    Cancelled.Item(product=u(3), location=u(2), released=2),
                    Cancelled.Item(product=u(4), location=u(1), released=1),
                    Cancelled.Item(product=u(4), location=u(2), released=3),
                ],
            )
        ],
    ),
    Spec(
        name="lines of one product at one place are given back as one",
        story=STORY,
        given=[
            *SHELF_IN_A_HALL,
            Reserved(
                reservation=u(5),
                code="sale",
                items=[
                    Reserved.Item(product=u(3), quantity=2, location=u(1)),
                    Reserved.Item(product=u(3), quantity=3, location=u(1)),
                ],
            ),
        ],
        when=CancelReq(reservation=u(5)),
        then=CancelResp(),
        events=[Cancelled(reservation=u(5), items=[Cancelled.Item(product=u(3), location=u(1), released=5)])],
    ),
    Spec(
        name="a reservation goes with a moved shelf and is given back where the shelf stands now",
        story=STORY,
        prose="A LocationMoved from elsewhere may not say where the shelf stood before.",
        given=[
            *SHELF_WITH_A_SALE,
            LocationAdded(uid=u(4), name="Hall", parent=u(0)),
            LocationMoved(uid=u(1), old_parent="", new_parent=u(4)),
        ],
        when=CancelReq(reservation=u(3)),
        then=CancelResp(),
        events=[Cancelled(reservation=u(3), items=[Cancelled.Item(product=u(2), location=u(1), released=7)])],
    ),
    Spec(
        name="all that a tenant may hold can be given back at once",
        story=STORY,
        given=[
            LocationAdded(uid=u(1), name="Shelf", parent=u(0)),
            ProductAdded(uid=u(2), sku="cola"),
            InventoryUpdated(location=u(1), product=u(2), on_hand_change=ON_HAND_UNITS_MAX, on_hand=ON_HAND_UNITS_MAX),
            Reserved(
                reservation=u(3),
                code="sale",
                items=[Reserved.Item(product=u(2), quantity=ON_HAND_UNITS_MAX, location=u(1))],
            ),
        ],
        when=CancelReq(reservation=u(3)),
        then=CancelResp(),
        events=[
            Cancelled(reservation=u(3), items=[Cancelled.Item(product=u(2), location=u(1), released=ON_HAND_UNITS_MAX)])
        ],
    ),
    Spec(
        name="a fulfilled reservation cannot be cancelled",
        story=STORY,
        given=[
            *SHELF_WITH_A_SALE,
            Fulfilled(reservation=u(3), items=[Fulfilled.Item(product=u(2), location=u(1), removed=7, on_hand=3)]),
        ],
        when=CancelReq(reservation=u(3)),
        refused=ReservationNotFound(uid=u(3)),
    ),
    Spec(
        name="what was not taken at the handover is not given back a second time",
        story=STORY,
        given=[
            *SHELF_WITH_A_SALE,
            Fulfilled(reservation=u(3), items=[Fulfilled.Item(product=u(2), location=u(1), removed=1, on_hand=9)]),
        ],
        when=CancelReq(reservation=u(3)),
        refused=ReservationNotFound(uid=u(3)),
    ),
    Spec(
        name="a reservation is cancelled once",
        story=STORY,
        given=[
            *SHELF_WITH_A_SALE,
            Cancelled(reservation=u(3), items=[Cancelled.Item(product=u(2), location=u(1), released=7)]),
        ],
        when=CancelReq(reservation=u(3)),
        refused=ReservationNotFound(uid=u(3)),
    ),
    Spec(
        name="the old uid of a code that was reserved again cancels nothing",
        story=STORY,
        given=[
            *SHELF_WITH_A_SALE,
            Cancelled(reservation=u(3), items=[Cancelled.Item(product=u(2), location=u(1), released=7)]),
            Reserved(reservation=u(4), code="sale", items=[Reserved.Item(product=u(2), quantity=7, location=u(1))]),
        ],
        when=CancelReq(reservation=u(3)),
        refused=ReservationNotFound(uid=u(3)),
    ),
    Spec(
        name="a reservation that nobody made cannot be cancelled",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=CancelReq(reservation=u(99)),
        refused=ReservationNotFound(uid=u(99)),
    ),
    Spec(
        name="the uid of a shelf is no reservation to cancel",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=CancelReq(reservation=u(1)),
        refused=ReservationNotFound(uid=u(1)),
    ),
    Spec(
        name="uid 0 is no reservation to cancel",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=CancelReq(reservation=u(0)),
        refused=ReservationNotFound(uid=u(0)),
    ),
    Spec(
        name="a reservation is cancelled by its uid, not by its code",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=CancelReq(reservation="sale"),
        refused=MalformedUid(field="reservation", value="sale"),
    ),
    Spec(
        name="nothing is cancelled without saying which reservation",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=CancelReq(),
        refused=MalformedUid(field="reservation", value=""),
    ),
    Spec(
        name="a uid is written in lower case when cancelling",
        story=STORY,
        given=[
            *SHELF_WITH_A_SALE,
            Reserved(reservation=u(10), code="gift", items=[Reserved.Item(product=u(2), quantity=1, location=u(1))]),
        ],
        when=CancelReq(reservation="00000000-0000-0000-0000-00000000000A"),
        refused=MalformedUid(field="reservation", value="00000000-0000-0000-0000-00000000000A"),
    ),
]
