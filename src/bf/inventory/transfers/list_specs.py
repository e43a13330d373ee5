"""Specs of listing transfers."""

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, ProductAdded, TransferReceived, TransferStarted
from bf.inventory.api.requests_pb2 import ListTransfersReq, ListTransfersResp
from bf.inventory.errors import Negative, TooMuchToShow
from bf.inventory.limits import LISTED_TRANSFER_LINES_MAX

STORY = "docs/stories.md#moving-stock-between-places"
Transfer = ListTransfersResp.Transfer
Item = ListTransfersResp.Item

ROOT, NORTH, SOUTH, COLA, TEA = (u(number) for number in range(5))


def started(code: str, *units: tuple[str, int]) -> TransferStarted:
    """Let products leave for the south."""
    items = [TransferStarted.Item(product=product, quantity=quantity) for product, quantity in units]
    return TransferStarted(transfer=code, source=NORTH, destination=SOUTH, items=items)


def shown(code: str, *units: tuple[str, int]) -> Transfer:
    """Show what is in transit to the south."""
    items = [Item(product=product, quantity=quantity) for product, quantity in units]
    return Transfer(transfer=code, source=NORTH, destination=SOUTH, items=items)


STOCKED = (
    LocationAdded(uid=NORTH, name="North", parent=ROOT),
    LocationAdded(uid=SOUTH, name="South", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    InventoryUpdated(location=NORTH, product=COLA, on_hand_change=10_000, on_hand=10_000),
    InventoryUpdated(location=NORTH, product=TEA, on_hand_change=10, on_hand=10),
)

THREE_TRUCKS = (
    *STOCKED,
    started("truck 2", (TEA, 1), (COLA, 2)),
    started("truck 1", (COLA, 3)),
    started("truck 3", (TEA, 4)),
)

SPECS = [
    Spec(
        name="transfers under way are listed in the order of their codes, each with what it has in transit",
        story=STORY,
        given=THREE_TRUCKS,
        when=ListTransfersReq(),
        then=ListTransfersResp(
            transfers=[shown("truck 1", (COLA, 3)), shown("truck 2", (COLA, 2), (TEA, 1)), shown("truck 3", (TEA, 4))]
        ),
    ),
    Spec(
        name="transfers are leafed through in pages",
        story=STORY,
        given=THREE_TRUCKS,
        when=ListTransfersReq(after="truck 1", limit=1),
        then=ListTransfersResp(transfers=[shown("truck 2", (COLA, 2), (TEA, 1))]),
    ),
    Spec(
        name="what has arrived is no longer listed as in transit",
        story=STORY,
        given=(
            *THREE_TRUCKS,
            TransferReceived(
                transfer="truck 2",
                destination=SOUTH,
                items=[TransferReceived.Item(product=COLA, received=2, on_hand=2)],
            ),
            TransferReceived(
                transfer="truck 3",
                destination=SOUTH,
                items=[TransferReceived.Item(product=TEA, received=1, missing=3, on_hand=1)],
                reason="stolen",
            ),
        ),
        when=ListTransfersReq(after="truck 1"),
        then=ListTransfersResp(transfers=[shown("truck 2", (TEA, 1))]),
    ),
    Spec(
        name="where nothing is in transit nothing is listed",
        story=STORY,
        given=STOCKED,
        when=ListTransfersReq(),
        then=ListTransfersResp(),
    ),
    Spec(
        name="a page of transfers has no negative length",
        story=STORY,
        when=ListTransfersReq(limit=-1),
        refused=Negative(field="limit", number=-1),
    ),
    Spec(
        name="more transfers than one answer may show are asked for in pages",
        story=STORY,
        given=[*STOCKED, *(started(f"{number:05}", (COLA, 1)) for number in range(LISTED_TRANSFER_LINES_MAX + 1))],
        when=ListTransfersReq(),
        refused=TooMuchToShow(
            limit="LISTED_TRANSFER_LINES_MAX",
            most=LISTED_TRANSFER_LINES_MAX,
            remedy="ask in pages with `after` and `limit`",
        ),
        heavy=True,
    ),
]
