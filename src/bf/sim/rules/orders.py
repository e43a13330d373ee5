"""Orders: what is promised to customers, and handed over."""

from collections import defaultdict

from google.protobuf.message import Message

from bf.core.refusal import Code
from bf.core.uid import uid_text
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.sim.books import ROOT, Books, Lines
from bf.sim.rules.wrong import Wrong, find


def reserve(books: Books, req: rq.ReserveReq, wrong: Wrong) -> list[Message]:
    """Only what is free is promised; the shop's script sends orders of several products to the root."""
    location = find(req.location, books.places, wrong)
    if req.reservation in books.codes.values():
        wrong.add(Code.ALREADY_EXISTS)
    if not req.items or any(item.quantity <= 0 for item in req.items):
        wrong.add(Code.INVALID_ARGUMENT)
    if any(item.sku not in books.products for item in req.items):
        wrong.add(Code.NOT_FOUND)
        return []
    units: dict[int, int] = defaultdict(int)
    for item in req.items:
        units[books.products[item.sku]] += item.quantity
    at = uid_text(ROOT) if "reserve" in books.hooks and len(units) > 1 else req.location
    location = ROOT if at != req.location else location
    if not wrong and any(books.free(location, product) < count for product, count in units.items()):
        wrong.add(Code.FAILED_PRECONDITION)
    event = ev.Reserved(reservation=uid_text(books.last + 1), code=req.reservation)
    for product, count in units.items():
        event.items.add(product=uid_text(product), quantity=count, location=at)
    return [event]


def fulfill(books: Books, req: rq.FulfillReq, wrong: Wrong) -> list[Message]:
    """Only what was promised is taken, and no other promise loses its goods."""
    reservation = find(req.reservation, books.promises, wrong)
    if not req.items or any(item.quantity <= 0 for item in req.items):
        wrong.add(Code.INVALID_ARGUMENT)
    taken: Lines = defaultdict(int)
    for item in req.items:
        taken[find(item.location, books.places, wrong), find(item.product, books.skus, wrong)] += item.quantity
    if wrong:
        return []
    lines = books.promises[reservation]
    if (
        any(books.here[place] < units for place, units in taken.items())
        or not _are_promised(books, lines, taken)
        or not _covered_without(books, lines, taken)
    ):
        wrong.add(Code.FAILED_PRECONDITION)
        return []
    return [handed_over(books, reservation, taken)]


def handed_over(books: Books, reservation: int, taken: Lines) -> ev.Fulfilled:
    """Return the event that goods are taken and a reservation is closed."""
    event = ev.Fulfilled(reservation=uid_text(reservation))
    for (location, product), units in taken.items():
        on_hand = books.here[location, product] - units
        event.items.add(product=uid_text(product), location=uid_text(location), removed=units, on_hand=on_hand)
    return event


def _are_promised(books: Books, lines: Lines, taken: Lines) -> bool:
    """Say whether all that is taken was promised there or, as far as that is not enough, further out."""
    beyond: Lines = defaultdict(int, taken)
    around = {(at, product) for location, product in taken for at in books.path(location)}
    for location, product in sorted(around, key=lambda place: (-len(books.path(place[0])), place)):
        left = max(0, beyond[location, product] - lines.get((location, product), 0))
        if left and location == ROOT:
            return False
        if left:
            beyond[books.parents[location], product] += left
    return True


def _covered_without(books: Books, lines: Lines, taken: Lines) -> bool:
    """Say whether every other promise is covered when the goods are gone and this one is closed."""
    change: Lines = defaultdict(int)
    for sign, units_of in ((-1, taken), (1, lines)):
        for (location, product), units in units_of.items():
            for at in books.path(location):
                change[at, product] += sign * units
    return all(books.on_hand[place] - books.reserved[place] + units >= 0 for place, units in change.items())


def cancel(books: Books, req: rq.CancelReq, wrong: Wrong) -> list[Message]:
    """All that is promised is free again."""
    reservation = find(req.reservation, books.promises, wrong)
    event = ev.Cancelled(reservation=req.reservation)
    for (location, product), units in in_order(books.promises.get(reservation, {})).items():
        event.items.add(product=uid_text(product), location=uid_text(location), released=units)
    return [event]


def in_order(lines: Lines) -> Lines:
    """Return lines in the order of their products, then of their locations."""
    return dict(sorted(lines.items(), key=lambda line: line[0][::-1]))
