"""What is to be decided of each command."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from bf.core.refusal import Code
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.sim.books import Books, WrongError
from bf.sim.rules import orders, places, stock, waves
from bf.sim.rules.wrong import Wrong

Rule = Callable[[Books, Any, Wrong], list[Message]]


def expect(books: Books, request: Message, now_us: int) -> tuple[Wrong, list[Message]]:
    """Return the codes that are right for a request of a time, and the events if that is OK."""
    rule = RULES.get(type(request))
    if rule is None:
        raise WrongError(f"{type(request).__name__} in the log")
    books.now_us = now_us
    wrong: Wrong = set()
    events = rule(books, request, wrong)
    return (wrong, []) if wrong else ({Code.OK}, events)


def install_script(books: Books, req: rq.InstallScriptReq, _wrong: Wrong) -> list[Message]:
    """A hook has the script of the shop once."""
    return [ev.ScriptInstalled(hook=req.hook, name=req.name, version=1, source=req.source, time_us=books.now_us)]


RULES: dict[type[Message], Rule] = {
    rq.AddProductsReq: places.add_products,
    rq.AddLocationsReq: places.add_locations,
    rq.MoveLocationReq: places.move_location,
    rq.TagLocationsReq: places.tag_locations,
    rq.DefineReportReq: places.define_report,
    rq.DropReportReq: places.drop_report,
    rq.UpdateInventoryReq: stock.update,
    rq.TakeStockReq: stock.take_stock,
    rq.StartTransferReq: stock.start_transfer,
    rq.ReceiveTransferReq: stock.receive_transfer,
    rq.CancelTransferReq: stock.cancel_transfer,
    rq.ReserveReq: orders.reserve,
    rq.FulfillReq: orders.fulfill,
    rq.CancelReq: orders.cancel,
    rq.EnableFeatureReq: waves.enable,
    rq.DisableFeatureReq: waves.disable,
    rq.PlanWaveReq: waves.plan,
    rq.PickWaveReq: waves.pick,
    rq.InstallScriptReq: install_script,
}
"""By kind of command, its rule."""
