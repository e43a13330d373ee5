"""Specs of receiving transfers."""

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    InventoryUpdated,
    LocationAdded,
    LocationMoved,
    ProductAdded,
    TransferReceived,
    TransferStarted,
)
from bf.inventory.api.requests_pb2 import ReceiveTransferReq, ReceiveTransferResp
from bf.inventory.errors import (
    Blank,
    NothingAsked,
    NotInTransit,
    NotPositive,
    ProductNotFound,
    StockFull,
    TooLong,
    TooMany,
    TooManyUnits,
    TransferNotFound,
)
from bf.inventory.limits import ON_HAND_UNITS_MAX, REASON_CHARS_MAX, TRANSFER_LINES_MAX

STORY = "docs/stories.md#moving-stock-between-places"
Item = ReceiveTransferReq.Item
Left = ReceiveTransferResp.Item

ROOT, NORTH, SOUTH, COLA, TEA, FIGS = (u(number) for number in range(6))

ON_THE_TRUCK = (
    LocationAdded(uid=NORTH, name="North", parent=ROOT),
    LocationAdded(uid=SOUTH, name="South", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    ProductAdded(uid=FIGS, sku="figs"),
    InventoryUpdated(location=NORTH, product=COLA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=NORTH, product=TEA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=SOUTH, product=COLA, on_hand_change=1, on_hand=1),
    TransferStarted(
        transfer="truck",
        source=NORTH,
        destination=SOUTH,
        items=[
            TransferStarted.Item(product=COLA, quantity=4, on_hand=1),
            TransferStarted.Item(product=TEA, quantity=2, on_hand=0),
        ],
    ),
)

HALF_IS_THERE = (
    *ON_THE_TRUCK,
    TransferReceived(
        transfer="truck",
        destination=SOUTH,
        items=[TransferReceived.Item(product=COLA, received=3, on_hand=4)],
    ),
)


def received(*items: TransferReceived.Item, reason: str = "") -> TransferReceived:
    """Let the truck arrive."""
    return TransferReceived(transfer="truck", destination=SOUTH, items=items, reason=reason)


SPECS = [
    Spec(
        name="a truck arrives with all that left",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(
            transfer="truck", items=[Item(product=TEA, quantity=2), Item(product=COLA, quantity=4)]
        ),
        then=ReceiveTransferResp(),
        events=[
            received(
                TransferReceived.Item(product=COLA, received=4, on_hand=5),
                TransferReceived.Item(product=TEA, received=2, on_hand=2),
            )
        ],
    ),
    Spec(
        name="what does not arrive with the first truck stays in transit",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=COLA, quantity=3)]),
        then=ReceiveTransferResp(in_transit=[Left(product=COLA, quantity=1), Left(product=TEA, quantity=2)]),
        events=[received(TransferReceived.Item(product=COLA, received=3, on_hand=4))],
    ),
    Spec(
        name="the second truck brings the rest and closes the transfer",
        story=STORY,
        given=HALF_IS_THERE,
        when=ReceiveTransferReq(
            transfer="truck", items=[Item(product=COLA, quantity=1), Item(product=TEA, quantity=2)]
        ),
        then=ReceiveTransferResp(),
        events=[
            received(
                TransferReceived.Item(product=COLA, received=1, on_hand=5),
                TransferReceived.Item(product=TEA, received=2, on_hand=2),
            )
        ],
    ),
    Spec(
        name="with a reason the rest is missing, and the transfer is closed",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=COLA, quantity=3)], reason="broken on the way"),
        then=ReceiveTransferResp(),
        events=[
            received(
                TransferReceived.Item(product=COLA, received=3, missing=1, on_hand=4),
                TransferReceived.Item(product=TEA, missing=2),
                reason="broken on the way",
            )
        ],
    ),
    Spec(
        name="a truck that never arrives is written off with a reason",
        story=STORY,
        given=HALF_IS_THERE,
        when=ReceiveTransferReq(transfer="truck", reason="burned out"),
        then=ReceiveTransferResp(),
        events=[
            received(
                TransferReceived.Item(product=COLA, missing=1, on_hand=4),
                TransferReceived.Item(product=TEA, missing=2),
                reason="burned out",
            )
        ],
    ),
    Spec(
        name="items of one product arrive as one",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(
            transfer="truck", items=[Item(product=COLA, quantity=1), Item(product=COLA, quantity=2)]
        ),
        then=ReceiveTransferResp(in_transit=[Left(product=COLA, quantity=1), Left(product=TEA, quantity=2)]),
        events=[received(TransferReceived.Item(product=COLA, received=3, on_hand=4))],
    ),
    Spec(
        name="a transfer arrives at its destination wherever that has been moved",
        story=STORY,
        given=(*ON_THE_TRUCK, LocationMoved(uid=SOUTH, old_parent=ROOT, new_parent=NORTH)),
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=TEA, quantity=2)]),
        then=ReceiveTransferResp(in_transit=[Left(product=COLA, quantity=4)]),
        events=[received(TransferReceived.Item(product=TEA, received=2, on_hand=2))],
    ),
    Spec(
        name="more than was sent does not arrive",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(
            transfer="truck", items=[Item(product=COLA, quantity=3), Item(product=COLA, quantity=2)]
        ),
        refused=NotInTransit(field="items[1]", product=COLA, in_transit=1, asked=2),
    ),
    Spec(
        name="what was not sent does not arrive",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=FIGS, quantity=1)]),
        refused=NotInTransit(field="items[0]", product=FIGS, in_transit=0, asked=1),
    ),
    Spec(
        name="what has arrived does not arrive again",
        story=STORY,
        given=HALF_IS_THERE,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=COLA, quantity=3)]),
        refused=NotInTransit(field="items[0]", product=COLA, in_transit=1, asked=3),
    ),
    Spec(
        name="a transfer that is not under way does not arrive",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="train", items=[Item(product=COLA, quantity=1)]),
        refused=TransferNotFound(field="transfer", transfer="train"),
    ),
    Spec(
        name="a receipt without a reason says what has arrived",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck"),
        refused=NothingAsked(field="items"),
    ),
    Spec(
        name="a receipt names products that exist",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=u(9), quantity=1)]),
        refused=ProductNotFound(field="items[0].product", uid=u(9)),
    ),
    Spec(
        name="no less than one unit arrives",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=COLA, quantity=-1)]),
        refused=NotPositive(field="items[0].quantity", quantity=-1),
    ),
    Spec(
        name="no more units arrive than anybody may hold",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=COLA, quantity=ON_HAND_UNITS_MAX + 1)]),
        refused=TooManyUnits(field="items[0].quantity", quantity=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="the reason why something is missing has something to read",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", reason=" "),
        refused=Blank(field="reason"),
    ),
    Spec(
        name="the reason why something is missing is not longer than its limit",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", reason="x" * (REASON_CHARS_MAX + 1)),
        refused=TooLong(field="reason", chars=REASON_CHARS_MAX + 1, limit="REASON_CHARS_MAX", most=REASON_CHARS_MAX),
    ),
    Spec(
        name="a receipt has no more items than a transfer",
        story=STORY,
        given=ON_THE_TRUCK,
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=COLA, quantity=1)] * (TRANSFER_LINES_MAX + 1)),
        refused=TooMany(
            field="items", count=TRANSFER_LINES_MAX + 1, limit="TRANSFER_LINES_MAX", most=TRANSFER_LINES_MAX
        ),
    ),
    Spec(
        name="goods stay in transit while there is no room for them",
        story=STORY,
        given=(
            *ON_THE_TRUCK,
            InventoryUpdated(
                location=SOUTH, product=TEA, on_hand_change=ON_HAND_UNITS_MAX - 1, on_hand=ON_HAND_UNITS_MAX - 1
            ),
        ),
        when=ReceiveTransferReq(transfer="truck", items=[Item(product=TEA, quantity=2)]),
        refused=StockFull(product=TEA, on_hand=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
]
