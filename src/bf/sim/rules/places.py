"""Products, locations, their tags, and reports about them."""

from collections.abc import Iterable

from google.protobuf.message import Message

from bf.core.refusal import Code
from bf.core.uid import uid_text
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.limits import LOCATION_DEPTH_MAX
from bf.sim.books import ROOT, Books, WrongError
from bf.sim.rules.wrong import Wrong, find


def add_products(books: Books, req: rq.AddProductsReq, wrong: Wrong) -> list[Message]:
    """No two products have one SKU."""
    if len({*req.skus, *books.products}) < len(req.skus) + len(books.products):
        wrong.add(Code.ALREADY_EXISTS)
    return [ev.ProductAdded(uid=uid_text(books.last + 1 + n), sku=sku) for n, sku in enumerate(req.skus)]


def add_locations(books: Books, req: rq.AddLocationsReq, wrong: Wrong) -> list[Message]:
    """No two locations of one parent have one name."""
    parent = find(req.parent, books.places, wrong)
    siblings = {name for uid, name in books.names.items() if books.parents[uid] == parent}
    if any(loc.name in siblings for loc in req.locs):
        wrong.add(Code.ALREADY_EXISTS)
    events: list[Message] = []
    _add_inside(books, req.parent, req.locs, events)
    return events


def _add_inside(books: Books, parent: str, locs: Iterable[rq.AddLocationsReq.Loc], events: list[Message]) -> None:
    for loc in locs:
        uid = uid_text(books.last + 1 + len(events))
        events.append(ev.LocationAdded(uid=uid, name=loc.name, parent=parent))
        _add_inside(books, uid, loc.locs, events)


def move_location(books: Books, req: rq.MoveLocationReq, wrong: Wrong) -> list[Message]:
    """Every promise stays covered, and no location comes to lie too deep."""
    moved, parent = find(req.uid, books.places, wrong), find(req.new_parent, books.places, wrong)
    if wrong:
        return []
    if moved in books.path(parent) or moved == ROOT:
        wrong.add(Code.FAILED_PRECONDITION)
        return []
    old = books.parents[moved]
    if old == parent:
        return []
    if any(books.parents[each] == parent and name == books.names[moved] for each, name in books.names.items()):
        wrong.add(Code.ALREADY_EXISTS)
    with books.tried():
        try:
            books.move(moved, parent)
            if any(len(books.path(each)) - 1 > LOCATION_DEPTH_MAX for each in books.parents):
                wrong.add(Code.FAILED_PRECONDITION)
        except WrongError:
            wrong.add(Code.FAILED_PRECONDITION)
    return [ev.LocationMoved(uid=req.uid, old_parent=uid_text(old), new_parent=req.new_parent)]


def tag_locations(books: Books, req: rq.TagLocationsReq, wrong: Wrong) -> list[Message]:
    """An event names only the locations for which something changes."""
    changing: list[str] = []
    if not req.locations or not (req.add or req.remove) or {*req.add} & {*req.remove}:
        wrong.add(Code.INVALID_ARGUMENT)
    for text in dict.fromkeys(req.locations):
        location = find(text, books.places, wrong)
        if location == ROOT:
            wrong.add(Code.INVALID_ARGUMENT)
        before = books.tags.get(location, set[str]())
        if (before | {*req.add}) - {*req.remove} != before:
            changing.append(text)
    event = ev.LocationsTagged(locations=changing, added=dict.fromkeys(req.add), removed=dict.fromkeys(req.remove))
    return [event] if changing else []


def define_report(books: Books, req: rq.DefineReportReq, wrong: Wrong) -> list[Message]:
    """A report has a name of its own, and one rule that says what it covers."""
    if req.name in books.reports:
        wrong.add(Code.ALREADY_EXISTS)
    if [bool(req.locations), bool(req.children_of), bool(req.tagged)].count(True) != 1:
        wrong.add(Code.INVALID_ARGUMENT)
    for text in (*req.locations, *([req.children_of] if req.children_of else [])):
        find(text, books.places, wrong)
    locations = dict.fromkeys(req.locations)
    return [ev.ReportDefined(name=req.name, locations=locations, children_of=req.children_of, tagged=req.tagged)]


def drop_report(books: Books, req: rq.DropReportReq, wrong: Wrong) -> list[Message]:
    """Only what is there is dropped."""
    if req.name not in books.reports:
        wrong.add(Code.NOT_FOUND)
    return [ev.ReportDropped(name=req.name)]
