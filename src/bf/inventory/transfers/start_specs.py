"""Specs of starting transfers."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    InventoryUpdated,
    LocationAdded,
    ProductAdded,
    Reserved,
    TransferReceived,
    TransferStarted,
)
from bf.inventory.api.requests_pb2 import StartTransferReq, StartTransferResp
from bf.inventory.errors import (
    Blank,
    LocationNotFound,
    NotAvailable,
    NothingAsked,
    NotOnHand,
    NotPositive,
    ProductNotFound,
    RootHoldsNothing,
    SamePlace,
    TooLong,
    TooMany,
    TransferTaken,
)
from bf.inventory.limits import CODE_CHARS_MAX, TRANSFER_LINES_MAX

STORY = "docs/stories.md#moving-stock-between-places"
Item = StartTransferReq.Item

ROOT, NORTH, SHELF, SOUTH, COLA, TEA, SALE, DOCK = (u(number) for number in range(8))

TWO_HOUSES = (
    LocationAdded(uid=NORTH, name="North", parent=ROOT),
    LocationAdded(uid=SHELF, name="Shelf", parent=NORTH),
    LocationAdded(uid=SOUTH, name="South", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    InventoryUpdated(location=SHELF, product=COLA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=SHELF, product=TEA, on_hand_change=2, on_hand=2),
)

ON_THE_TRUCK = (
    *TWO_HOUSES,
    TransferStarted(
        transfer="truck",
        source=SHELF,
        destination=SOUTH,
        items=[TransferStarted.Item(product=COLA, quantity=3, on_hand=2)],
    ),
)


def reserved(location: str, quantity: int) -> Reserved:
    """Promise cola to the sale."""
    return Reserved(
        reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=quantity, location=location)]
    )


def truck(*items: Item) -> StartTransferReq:
    """Ask to send a truck from the shelf to the south."""
    return StartTransferReq(transfer="truck", source=SHELF, destination=SOUTH, items=items)


SPECS = [
    Spec(
        name="goods leave their shelf on a truck",
        story=STORY,
        given=TWO_HOUSES,
        when=truck(Item(product=COLA, quantity=3), Item(product=TEA, quantity=2)),
        then=StartTransferResp(),
        events=[
            TransferStarted(
                transfer="truck",
                source=SHELF,
                destination=SOUTH,
                items=[
                    TransferStarted.Item(product=COLA, quantity=3, on_hand=2),
                    TransferStarted.Item(product=TEA, quantity=2, on_hand=0),
                ],
            )
        ],
    ),
    Spec(
        name="items of one product travel as one",
        story=STORY,
        given=TWO_HOUSES,
        when=truck(Item(product=COLA, quantity=1), Item(product=TEA, quantity=1), Item(product=COLA, quantity=3)),
        then=StartTransferResp(),
        events=[
            TransferStarted(
                transfer="truck",
                source=SHELF,
                destination=SOUTH,
                items=[
                    TransferStarted.Item(product=COLA, quantity=4, on_hand=1),
                    TransferStarted.Item(product=TEA, quantity=1, on_hand=1),
                ],
            )
        ],
    ),
    Spec(
        name="what is promised at the source does not leave",
        story=STORY,
        given=(*TWO_HOUSES, reserved(SHELF, 3)),
        when=truck(Item(product=COLA, quantity=3)),
        refused=NotAvailable(location=SHELF, product=COLA, available=2, asked=3),
    ),
    Spec(
        name="what is promised around the source does not leave, not even for a place inside it",
        story=STORY,
        given=(*TWO_HOUSES, reserved(NORTH, 5), LocationAdded(uid=DOCK, name="Dock", parent=NORTH)),
        prose="In transit the goods are on hand nowhere, so the house would have fewer than it promised.",
        when=StartTransferReq(transfer="truck", source=SHELF, destination=DOCK, items=[Item(product=COLA, quantity=1)]),
        refused=NotAvailable(location=NORTH, product=COLA, available=0, asked=1),
    ),
    Spec(
        name="nothing leaves that is not there",
        story=STORY,
        given=TWO_HOUSES,
        when=truck(Item(product=COLA, quantity=4), Item(product=COLA, quantity=2)),
        refused=NotOnHand(location=SHELF, product=COLA, on_hand=5, asked=6),
    ),
    Spec(
        name="what lies inside the source does not leave with it",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(
            transfer="truck", source=NORTH, destination=SOUTH, items=[Item(product=COLA, quantity=1)]
        ),
        refused=NotOnHand(location=NORTH, product=COLA, on_hand=0, asked=1),
    ),
    Spec(
        name="goods in transit cannot leave again",
        story=STORY,
        given=ON_THE_TRUCK,
        when=StartTransferReq(
            transfer="train", source=SHELF, destination=SOUTH, items=[Item(product=COLA, quantity=3)]
        ),
        refused=NotOnHand(location=SHELF, product=COLA, on_hand=2, asked=3),
    ),
    Spec(
        name="two transfers under way do not have one code",
        story=STORY,
        given=ON_THE_TRUCK,
        when=truck(Item(product=COLA, quantity=1)),
        refused=TransferTaken(field="transfer", transfer="truck"),
    ),
    Spec(
        name="the code of a transfer that has arrived is free again",
        story=STORY,
        given=(
            *ON_THE_TRUCK,
            TransferReceived(
                transfer="truck",
                destination=SOUTH,
                items=[TransferReceived.Item(product=COLA, received=3, on_hand=3)],
            ),
        ),
        when=truck(Item(product=COLA, quantity=1)),
        then=StartTransferResp(),
        events=[
            TransferStarted(
                transfer="truck",
                source=SHELF,
                destination=SOUTH,
                items=[TransferStarted.Item(product=COLA, quantity=1, on_hand=1)],
            )
        ],
    ),
    Spec(
        name="a transfer goes somewhere else",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(
            transfer="truck", source=SHELF, destination=SHELF, items=[Item(product=COLA, quantity=1)]
        ),
        refused=SamePlace(field="destination"),
    ),
    Spec(
        name="a transfer does not go to the root",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(transfer="truck", source=SHELF, destination=ROOT, items=[Item(product=COLA, quantity=1)]),
        refused=RootHoldsNothing(field="destination"),
    ),
    Spec(
        name="a transfer does not come from the root",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(transfer="truck", source=ROOT, destination=SOUTH, items=[Item(product=COLA, quantity=1)]),
        refused=RootHoldsNothing(field="source"),
    ),
    Spec(
        name="a transfer comes from a place that exists",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(transfer="truck", source=u(9), destination=SOUTH, items=[Item(product=COLA, quantity=1)]),
        refused=LocationNotFound(field="source", uid=u(9)),
    ),
    Spec(
        name="a transfer goes to a place that is named by its uid",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(
            transfer="truck", source=SHELF, destination="South", items=[Item(product=COLA, quantity=1)]
        ),
        refused=MalformedUid(field="destination", value="South"),
    ),
    Spec(
        name="a transfer takes products that exist",
        story=STORY,
        given=TWO_HOUSES,
        when=truck(Item(product=COLA, quantity=1), Item(product=u(9), quantity=1)),
        refused=ProductNotFound(field="items[1].product", uid=u(9)),
    ),
    Spec(
        name="a transfer takes at least one unit of each item",
        story=STORY,
        given=TWO_HOUSES,
        when=truck(Item(product=COLA)),
        refused=NotPositive(field="items[0].quantity", quantity=0),
    ),
    Spec(
        name="a transfer takes something",
        story=STORY,
        given=TWO_HOUSES,
        when=truck(),
        refused=NothingAsked(field="items"),
    ),
    Spec(
        name="a transfer has a code",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(source=SHELF, destination=SOUTH, items=[Item(product=COLA, quantity=1)]),
        refused=Blank(field="transfer"),
    ),
    Spec(
        name="the code of a transfer is not longer than its limit",
        story=STORY,
        given=TWO_HOUSES,
        when=StartTransferReq(transfer="x" * (CODE_CHARS_MAX + 1)),
        refused=TooLong(field="transfer", chars=CODE_CHARS_MAX + 1, limit="CODE_CHARS_MAX", most=CODE_CHARS_MAX),
    ),
    Spec(
        name="a transfer has no more items than its limit",
        story=STORY,
        given=TWO_HOUSES,
        when=truck(*[Item(product=COLA, quantity=1)] * (TRANSFER_LINES_MAX + 1)),
        refused=TooMany(
            field="items", count=TRANSFER_LINES_MAX + 1, limit="TRANSFER_LINES_MAX", most=TRANSFER_LINES_MAX
        ),
    ),
]
