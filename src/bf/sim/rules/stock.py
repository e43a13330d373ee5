"""What lies where: updates with what follows them, stock-takes, and transfers."""

from google.protobuf.message import Message

from bf.core.refusal import Code
from bf.core.uid import uid_text
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.sim.books import ROOT, Books
from bf.sim.rules.wrong import Wrong, find, units_of
from bf.sim.shop import FULL_UNITS, WATCHMAN


def update(books: Books, req: rq.UpdateInventoryReq, wrong: Wrong) -> list[Message]:
    """Every promise stays covered; the shop's script raises an alert where more lies than a shelf should hold."""
    location, product = find(req.location, books.places, wrong), find(req.product, books.skus, wrong)
    change = req.on_hand_change
    if location == ROOT or not change:
        wrong.add(Code.INVALID_ARGUMENT)
    if wrong:
        return []
    on_hand = books.here[location, product] + change
    if on_hand < 0 or (change < 0 and books.free(location, product) < -change):
        wrong.add(Code.FAILED_PRECONDITION)
    event = ev.InventoryUpdated(
        location=req.location, product=req.product, on_hand_change=change, on_hand=max(0, on_hand)
    )
    if "update" not in books.hooks or on_hand <= FULL_UNITS:
        return [event]
    alert = ev.AlertRaised(
        number=books.alerts[-1].number + 1 if books.alerts else 1,
        time_us=books.now_us,
        script=WATCHMAN,
        location=req.location,
        product=req.product,
        text=f"{books.skus[product]} is full",
    )
    return [event, alert]


def take_stock(books: Books, req: rq.TakeStockReq, wrong: Wrong) -> list[Message]:
    """What was counted is what lies there, unless a promise would lose its goods."""
    location = find(req.location, books.places, wrong)
    if location == ROOT or not req.reason or not req.counts or any(each.counted < 0 for each in req.counts):
        wrong.add(Code.INVALID_ARGUMENT)
    if len({each.product for each in req.counts}) < len(req.counts):
        wrong.add(Code.INVALID_ARGUMENT)
    counted = {find(each.product, books.skus, wrong): each.counted for each in req.counts}
    if wrong:
        return []
    event = ev.StockCounted(location=req.location, reason=req.reason)
    for product, units in counted.items():
        difference = units - books.here[location, product]
        if difference < 0 and books.free(location, product) < -difference:
            wrong.add(Code.FAILED_PRECONDITION)
        if difference:
            event.items.add(product=uid_text(product), difference=difference, on_hand=units)
    return [event] if event.items else []


def start_transfer(books: Books, req: rq.StartTransferReq, wrong: Wrong) -> list[Message]:
    """Only what lies at the source and is free may leave it."""
    source, destination = (find(text, books.places, wrong) for text in (req.source, req.destination))
    if ROOT in (source, destination) or source == destination or not req.items:
        wrong.add(Code.INVALID_ARGUMENT)
    if req.transfer in books.transfers:
        wrong.add(Code.ALREADY_EXISTS)
    leaving = units_of(books, req.items, wrong)
    if wrong:
        return []
    event = ev.TransferStarted(transfer=req.transfer, source=req.source, destination=req.destination)
    for product, units in leaving.items():
        left = books.here[source, product] - units
        if left < 0 or books.free(source, product) < units:
            wrong.add(Code.FAILED_PRECONDITION)
        event.items.add(product=uid_text(product), quantity=units, on_hand=max(0, left))
    return [event]


def receive_transfer(books: Books, req: rq.ReceiveTransferReq, wrong: Wrong) -> list[Message]:
    """No more arrives than is in transit; with a reason, the rest is missing."""
    transfer = books.transfers.get(req.transfer)
    if not transfer:
        wrong.add(Code.NOT_FOUND)
    if not req.items and not req.reason:
        wrong.add(Code.INVALID_ARGUMENT)
    arriving = units_of(books, req.items, wrong)
    if wrong or not transfer:
        return []
    if any(units > transfer.units.get(product, 0) for product, units in arriving.items()):
        wrong.add(Code.FAILED_PRECONDITION)
    event = ev.TransferReceived(transfer=req.transfer, destination=uid_text(transfer.destination), reason=req.reason)
    for product, units in sorted(transfer.units.items()):
        received = arriving.get(product, 0)
        missing = max(0, units - received) if req.reason else 0
        if received or missing:
            on_hand = books.here[transfer.destination, product] + received
            event.items.add(product=uid_text(product), received=received, missing=missing, on_hand=on_hand)
    return [event]


def cancel_transfer(books: Books, req: rq.CancelTransferReq, wrong: Wrong) -> list[Message]:
    """What is in transit goes back."""
    transfer = books.transfers.get(req.transfer)
    if not transfer:
        wrong.add(Code.NOT_FOUND)
        return []
    event = ev.TransferCancelled(transfer=req.transfer, source=uid_text(transfer.source))
    for product, units in sorted(transfer.units.items()):
        on_hand = books.here[transfer.source, product] + units
        event.items.add(product=uid_text(product), returned=units, on_hand=on_hand)
    return [event]
