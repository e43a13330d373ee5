"""Specs of cancelling a reservation."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import Cancelled, Fulfilled, InventoryUpdated, LocationAdded, ProductAdded, Reserved
from bf.inventory.api.requests_pb2 import CancelReq, CancelResp
from bf.inventory.errors import ReservationNotFound

STORY = "docs/stories.md#giving-a-reservation-back"

SHELF_WITH_A_SALE = (
    LocationAdded(uid=u(1), name="Shelf", parent=u(0)),
    ProductAdded(uid=u(2), sku="cola"),
    InventoryUpdated(location=u(1), product=u(2), on_hand_change=10, on_hand=10),
    Reserved(reservation=u(3), code="sale", items=[Reserved.Item(product=u(2), quantity=7, location=u(1))]),
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
        name="a reservation is cancelled by its uid, not by its code",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=CancelReq(reservation="sale"),
        refused=MalformedUid(field="reservation", value="sale"),
    ),
]
