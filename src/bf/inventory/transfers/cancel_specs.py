"""Specs of cancelling transfers."""

from bf.core.spec import Spec
from bf.inventory.api.events_pb2 import InventoryUpdated, TransferCancelled
from bf.inventory.api.requests_pb2 import CancelTransferReq, CancelTransferResp
from bf.inventory.errors import StockFull, TransferNotFound
from bf.inventory.limits import ON_HAND_UNITS_MAX
from bf.inventory.transfers.receive_specs import COLA, HALF_IS_THERE, NORTH, ON_THE_TRUCK, SOUTH, TEA

STORY = "docs/stories.md#moving-stock-between-places"
Item = TransferCancelled.Item

SPECS = [
    Spec(
        name="a truck that turns round brings everything back",
        story=STORY,
        given=ON_THE_TRUCK,
        when=CancelTransferReq(transfer="truck"),
        then=CancelTransferResp(),
        events=[
            TransferCancelled(
                transfer="truck",
                source=NORTH,
                items=[Item(product=COLA, returned=4, on_hand=5), Item(product=TEA, returned=2, on_hand=2)],
            )
        ],
    ),
    Spec(
        name="what has been received does not go back",
        story=STORY,
        given=HALF_IS_THERE,
        when=CancelTransferReq(transfer="truck"),
        then=CancelTransferResp(),
        events=[
            TransferCancelled(
                transfer="truck",
                source=NORTH,
                items=[Item(product=COLA, returned=1, on_hand=2), Item(product=TEA, returned=2, on_hand=2)],
            )
        ],
    ),
    Spec(
        name="a transfer is not cancelled twice",
        story=STORY,
        given=(
            *HALF_IS_THERE,
            TransferCancelled(
                transfer="truck",
                source=NORTH,
                items=[Item(product=COLA, returned=1, on_hand=2), Item(product=TEA, returned=2, on_hand=2)],
            ),
        ),
        when=CancelTransferReq(transfer="truck"),
        refused=TransferNotFound(field="transfer", transfer="truck"),
    ),
    Spec(
        name="a transfer is cancelled by its code",
        story=STORY,
        given=ON_THE_TRUCK,
        when=CancelTransferReq(),
        refused=TransferNotFound(field="transfer", transfer=""),
    ),
    Spec(
        name="goods do not go back while there is no room for them",
        story=STORY,
        given=(
            *ON_THE_TRUCK,
            InventoryUpdated(
                location=SOUTH, product=COLA, on_hand_change=ON_HAND_UNITS_MAX - 5, on_hand=ON_HAND_UNITS_MAX - 4
            ),
        ),
        when=CancelTransferReq(transfer="truck"),
        refused=StockFull(product=COLA, on_hand=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
]
