"""What is to be answered to each question."""

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import Message

from bf.core.uid import uid_text
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.sim.books import Books, number_of


def answer_to(books: Books, request: Message, position: int) -> Message | None:
    """Return what is right at a position, besides its time; None if what was asked about is not there."""
    if isinstance(request, rq.GetReportReq):
        return _report(books, request, position)
    return ANSWERS[type(request)](books, request)


def _locations(books: Books, req: rq.ListLocationsReq) -> Message | None:
    location = number_of(req.location)
    shown = [location] if location else books.children(location)
    return rq.ListLocationsResp(locs=[_location(books, each) for each in shown])


def _location(books: Books, location: int) -> rq.ListLocationsResp.Loc:
    inside = [_location(books, each) for each in books.children(location)]
    parent = uid_text(books.parents[location])
    return rq.ListLocationsResp.Loc(name=books.names[location], uid=uid_text(location), parent=parent, children=inside)


def _inventory(books: Books, req: rq.GetLocInventoryReq) -> Message | None:
    location, resp = number_of(req.location), rq.GetLocInventoryResp()
    for product in sorted(books.skus):
        on_hand = books.on_hand[location, product]
        if on_hand:
            available = on_hand - books.reserved[location, product]
            resp.items.add(product=uid_text(product), on_hand=on_hand, available=available)
    return resp


def _tagged(books: Books, req: rq.ListTaggedReq) -> Message | None:
    resp = rq.ListTaggedResp()
    for location in _with_tag(books, req.tag):
        parent = uid_text(books.parents[location])
        resp.items.add(uid=uid_text(location), name=books.names[location], parent=parent)
    return resp


def _transfers(books: Books, _req: rq.ListTransfersReq) -> Message | None:
    resp = rq.ListTransfersResp()
    for code, transfer in sorted(books.transfers.items()):
        source, destination = uid_text(transfer.source), uid_text(transfer.destination)
        shown = resp.transfers.add(transfer=code, source=source, destination=destination)
        for product, units in sorted(transfer.units.items()):
            shown.items.add(product=uid_text(product), quantity=units)
    return resp


def _alerts(books: Books, req: rq.ListAlertsReq) -> Message | None:
    resp = rq.ListAlertsResp()
    for alert in books.alerts[::-1][: req.limit or None]:
        resp.alerts.add().ParseFromString(alert.SerializeToString())  # they have the same fields
    return resp


def _report(books: Books, req: rq.GetReportReq, position: int) -> Message | None:
    """Nothing counts twice in a total: not what lies in a location that lies inside another one of the report."""
    report = books.reports.get(req.name)
    if not report:
        return None
    covered = _covered(books, report)
    nested = {each for each in covered if {*books.path(each)[1:]} & {*covered}}
    outer = [each for each in covered if each not in nested]
    products = sorted(books.skus)
    if req.least:
        available = {product: _sum(books, outer, product)[2] for product in products}
        shown = [product for product in products if available[product] < req.least]
    else:
        shown = [product for product in products if any(books.on_hand[at, product] for at in covered)]
    resp = rq.GetReportResp(position=position, first_position=position, total=rq.GetReportResp.Column())
    resp.products.extend(map(uid_text, shown))
    resp.skus.extend(books.skus[product] for product in shown)
    for location in covered:
        name = books.names.get(location, "")
        column = resp.columns.add(location=uid_text(location), name=name, nested=location in nested)
        _fill(books, column, [location], shown)
    _fill(books, resp.total, outer, shown)
    return resp


def _covered(books: Books, report: ev.ReportDefined) -> list[int]:
    if report.children_of:
        return books.children(number_of(report.children_of))
    return _with_tag(books, report.tagged) if report.tagged else sorted(map(number_of, report.locations))


def _with_tag(books: Books, tag: str) -> list[int]:
    return sorted(location for location, tags in books.tags.items() if tag in tags)


def _fill(books: Books, column: rq.GetReportResp.Column, locations: Sequence[int], products: Sequence[int]) -> None:
    for product in products:
        on_hand, reserved, available = _sum(books, locations, product)
        column.on_hand.append(on_hand)
        column.reserved.append(reserved)
        column.available.append(available)


def _sum(books: Books, locations: Sequence[int], product: int) -> tuple[int, int, int]:
    """Return on hand, reserved and available inside locations of which none lies inside another."""
    on_hand = sum(books.on_hand[at, product] for at in locations)
    reserved = sum(books.reserved[at, product] for at in locations)
    return on_hand, reserved, on_hand - reserved


ANSWERS: dict[type[Message], Callable[[Books, Any], Message | None]] = {
    rq.ListLocationsReq: _locations,
    rq.GetLocInventoryReq: _inventory,
    rq.ListTaggedReq: _tagged,
    rq.ListTransfersReq: _transfers,
    rq.ListAlertsReq: _alerts,
}
"""By kind of question, its answer; a report knows its position besides."""
