"""Waves: orders that are planned and picked together, for tenants that have enabled it."""

from collections.abc import Iterator

from google.protobuf.message import Message

from bf.core.refusal import Code
from bf.core.uid import uid_text
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.sim.books import Books
from bf.sim.rules.orders import handed_over, in_order
from bf.sim.rules.wrong import Wrong, find
from bf.sim.shop import WAVES


def enable(books: Books, req: rq.EnableFeatureReq, _wrong: Wrong) -> list[Message]:
    """What is enabled stays so."""
    return [] if req.feature in books.enabled else [ev.FeatureEnabled(feature=req.feature)]


def disable(books: Books, req: rq.DisableFeatureReq, _wrong: Wrong) -> list[Message]:
    """What is disabled stays so."""
    return [ev.FeatureDisabled(feature=req.feature)] if req.feature in books.enabled else []


def plan(books: Books, req: rq.PlanWaveReq, wrong: Wrong) -> list[Message]:
    """The oldest reservations inside a location that no wave has, each promised from where it will be taken."""
    if WAVES not in books.enabled:
        wrong.add(Code.UNIMPLEMENTED)
        return []
    location = find(req.location, books.places, wrong)
    named = {find(uid, books.promises, wrong) for uid in req.reservations}
    if req.wave in books.waves:
        wrong.add(Code.ALREADY_EXISTS)
    planned = {each for wave in books.waves.values() for each in wave.reservations}
    fitting = [each for each in sorted(books.promises) if each not in planned and _lies_inside(books, each, location)]
    chosen = [each for each in fitting if not named or each in named][: req.limit or None]
    if not chosen or not named <= {*fitting}:
        wrong.add(Code.FAILED_PRECONDITION)
    if wrong:
        return []
    with books.tried():
        events: list[Message] = [event for each in chosen for event in _allocated(books, each)]
    return [*events, ev.WavePlanned(wave=req.wave, location=req.location, reservations=map(uid_text, chosen))]


def _lies_inside(books: Books, reservation: int, location: int) -> bool:
    return all(location in books.path(place) for place, _ in books.promises[reservation])


def _allocated(books: Books, reservation: int) -> Iterator[ev.Allocated]:
    """Promise each line of a reservation anew, the deepest first."""
    lines = in_order(books.promises[reservation])
    for location, product in sorted(lines, key=lambda line: -len(books.path(line[0]))):
        units = books.promises[reservation].pop((location, product))
        books.promise({(location, product): units}, -1)
        event = ev.Allocated(reservation=uid_text(reservation), product=uid_text(product), location=uid_text(location))
        for place, taken in _places(books, location, product, units):
            lines = books.promises[reservation]
            lines[place, product] = lines.get((place, product), 0) + taken
            books.promise({(place, product): taken}, 1)
            event.items.add(location=uid_text(place), quantity=taken)
        if [(item.location, item.quantity) for item in event.items] != [(uid_text(location), units)]:
            yield event


def _places(books: Books, location: int, product: int, units: int) -> Iterator[tuple[int, int]]:
    """Take from one place inside a location after the other what lies there and is free on the way to it."""
    for place in books.walk(location):
        between = books.path(place)[: books.path(place).index(location)]
        free = [books.on_hand[at, product] - books.reserved[at, product] for at in between]
        taken = max(0, min([units, books.here[place, product] - books.promised_at((place, product)), *free]))
        if taken:
            units -= taken
            yield place, taken


def pick(books: Books, req: rq.PickWaveReq, wrong: Wrong) -> list[Message]:
    """Each of the next reservations is handed over as it was planned, or skipped with the reason."""
    if WAVES not in books.enabled:
        wrong.add(Code.UNIMPLEMENTED)
        return []
    wave = books.waves.get(req.wave)
    if not wave:
        wrong.add(Code.NOT_FOUND)
        return []
    events, end = list[Message](), ev.WavePicked(wave=req.wave)
    with books.tried():
        for reservation in wave.reservations[: req.limit or None]:
            reason = _why_not(books, reservation, wave.location)
            if reason:
                end.skipped.add(reservation=uid_text(reservation), reason=reason)
                continue
            end.picked.append(uid_text(reservation))
            events.append(handed_over(books, reservation, in_order(books.promises[reservation])))
            books.apply(events[-1])
    return [*events, end]


def _why_not(books: Books, reservation: int, location: int) -> str:
    if reservation not in books.promises:
        return "ReservationNotFound"
    if not _lies_inside(books, reservation, location):
        return "PlacedOutside"
    is_there = all(books.here[place] >= units for place, units in books.promises[reservation].items())
    return "" if is_there else "NotOnHand"
