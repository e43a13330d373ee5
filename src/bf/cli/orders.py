"""Loading orders: products, a stocked warehouse, then invoice after invoice.

Every request has an id made of the file, the warehouse and the line's own number, so that a second run gets the first
run's answers, refusals included.
"""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from bf.adapters.csv.online_retail import Damage, Kind, Line
from bf.core.refusal import Told
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import (
    AddLocationsReq,
    AddLocationsResp,
    AddProductsReq,
    FulfillReq,
    GetLocInventoryReq,
    GetLocInventoryResp,
    ListProductsReq,
    ListProductsResp,
    ReserveReq,
    ReserveResp,
    UpdateInventoryReq,
)

PRODUCTS_PER_REQUEST = 1_000
REQUESTS_IN_FLIGHT = 64
BINS_PER_SHELF, SHELVES_PER_ROW, ROWS_PER_ZONE = 10, 8, 6
"""A shelf has ten bins, a row eight shelves, a zone six rows: 480 products."""

REGION = "Region"
Loc = AddLocationsReq.Loc
Item = TypeVar("Item")


class Caller(Protocol):
    """Whoever carries requests to a tenant."""

    async def call(self, request: Message, request_id: str = "") -> Message:
        """Return the response; raises Told."""
        ...


class Steps(Protocol):
    """Whoever watches the work."""

    def begin(self, name: str, total: int) -> None:
        """Begin a step of so many parts."""
        ...

    def advance(self) -> None:
        """Finish one part."""
        ...


@dataclass
class Report:
    """What became of a file of orders."""

    warehouse: str
    products: int = 0
    orders_taken: int = 0
    orders_refused: Counter[str] = field(default_factory=Counter[str])
    units_sold: int = 0
    units_returned: int = 0
    units_corrected: int = 0
    corrections_refused: Counter[str] = field(default_factory=Counter[str])
    units_left: int = 0
    units_reserved: int = 0
    services: Counter[str] = field(default_factory=Counter[str])
    damaged: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


class Loader:
    """Carries a file of orders into one tenant."""

    def __init__(self, caller: Caller, warehouse: str, cover_percent: int, file_id: str, steps: Steps) -> None:
        self._caller = caller
        self._cover_percent = cover_percent
        self._file_id = file_id
        self._steps = steps
        self._report = Report(warehouse)
        self._uids: dict[str, str] = {}
        self._bins: dict[str, str] = {}
        self._place = ""
        """Uid of the warehouse."""

    async def run(self, items: Sequence[Line | Damage]) -> Report:
        """Do it all, in order."""
        report = self._report
        report.damaged = [(item.number, item.reason) for item in items if isinstance(item, Damage)]
        lines = [item for item in items if isinstance(item, Line)]
        report.services = Counter(line.sku for line in lines if line.kind is Kind.SERVICE)
        goods = [line for line in lines if line.kind is not Kind.SERVICE]
        skus = list(dict.fromkeys(line.sku for line in goods))
        report.products = len(skus)
        await self._add_products(skus)
        await self._build(skus)
        await self._stock(goods)
        await self._replay(goods)
        await self._count()
        return report

    async def _call(self, step: str, request: Message) -> Message:
        """Send a request with an id of its own; hashed, since names have any script and any length."""
        name = hashlib.sha256(f"{self._report.warehouse}/{step}".encode()).hexdigest()[:32]
        return await self._caller.call(request, f"{self._file_id}/{name}")

    async def _add_products(self, skus: Sequence[str]) -> None:
        """Add the products that the tenant does not have yet, and learn the uids of all."""
        pages = [skus[start : start + PRODUCTS_PER_REQUEST] for start in range(0, len(skus), PRODUCTS_PER_REQUEST)]
        self._steps.begin("products", len(pages))
        for page in pages:
            await self._look_up(page)
            missing = [sku for sku in page if sku not in self._uids]
            if missing:
                await self._caller.call(AddProductsReq(skus=missing))
                await self._look_up(missing)
            self._steps.advance()

    async def _look_up(self, skus: Sequence[str]) -> None:
        resp = await self._caller.call(ListProductsReq(skus=skus))
        assert isinstance(resp, ListProductsResp)
        self._uids |= {item.sku: item.uid for item in resp.items}

    async def _build(self, skus: Sequence[str]) -> None:
        """Lay out region, warehouse, zones, rows, shelves and a bin for each product, in one request."""
        self._steps.begin("warehouse", 1)
        bins = [Loc(name=f"Bin {sku}") for sku in skus]
        shelves = _inside("Shelf", bins, BINS_PER_SHELF)
        zones = _inside("Zone", _inside("Row", shelves, SHELVES_PER_ROW), ROWS_PER_ZONE)
        region = Loc(name=f"{REGION} of {self._report.warehouse}", locs=[Loc(name=self._report.warehouse, locs=zones)])
        resp = await self._call("locations", AddLocationsReq(locs=[region], parent=uid_text(0)))
        assert isinstance(resp, AddLocationsResp)
        self._place = resp.locs[0].locs[0].uid
        self._bins = {loc.name.removeprefix("Bin "): loc.uid for loc in _leaves(resp.locs)}
        self._steps.advance()

    async def _stock(self, goods: Iterable[Line]) -> None:
        """Put a share of what will be sold of each product into its bin."""
        sold = Counter[str]()
        for line in goods:
            if line.kind is Kind.SALE:
                sold[line.sku] += line.units
        wanted = {sku: -(-units * self._cover_percent // 100) for sku, units in sold.items()}

        async def deliver(sku: str) -> None:
            if wanted[sku]:
                await self._call(f"stock/{sku}", self._update(sku, wanted[sku]))

        await self._all("stock", list(wanted), deliver)

    async def _replay(self, goods: Sequence[Line]) -> None:
        """Carry out the invoices one after the other: what one of them takes, the next one cannot have."""
        invoices = [(number, list(lines)) for number, lines in groupby(goods, lambda line: line.invoice)]
        self._steps.begin("invoices", len(invoices))
        for place, (number, lines) in enumerate(invoices):
            await self._sell(f"{place}/{number}", number, [line for line in lines if line.kind is Kind.SALE])
            for row, line in enumerate(lines):
                if line.kind is not Kind.SALE:
                    await self._adjust(f"{place}/{number}/{row}", line)
            self._steps.advance()

    async def _sell(self, step: str, number: str, lines: Sequence[Line]) -> None:
        if not lines:
            return
        tags = {"customer": lines[0].customer, "country": lines[0].country}
        wanted = [ReserveReq.Item(sku=line.sku, quantity=line.units) for line in lines]
        try:
            resp = await self._call(
                f"{step}/reserve", ReserveReq(reservation=number, items=wanted, tags=tags, location=self._place)
            )
        except Told as refusal:
            self._report.orders_refused[refusal.reason] += 1
            return
        assert isinstance(resp, ReserveResp)
        units = Counter[str]()
        for line in lines:
            units[line.sku] += line.units
        taken = [
            FulfillReq.Item(product=self._uids[sku], location=self._bins[sku], quantity=count)
            for sku, count in units.items()
        ]
        await self._call(f"{step}/fulfill", FulfillReq(reservation=resp.reservation, items=taken))
        self._report.orders_taken += 1
        self._report.units_sold += units.total()

    async def _adjust(self, step: str, line: Line) -> None:
        """Put a return back into its bin, or take away what a correction says is not there."""
        returned = line.kind is Kind.RETURN
        try:
            await self._call(step, self._update(line.sku, line.units if returned else -line.units))
        except Told as refusal:
            self._report.corrections_refused[refusal.reason] += 1
            return
        if returned:
            self._report.units_returned += line.units
        else:
            self._report.units_corrected += line.units

    async def _count(self) -> None:
        after = ""
        while True:
            resp = await self._caller.call(
                GetLocInventoryReq(location=self._place, after=after, limit=PRODUCTS_PER_REQUEST)
            )
            assert isinstance(resp, GetLocInventoryResp)
            if not resp.items:
                return
            after = resp.items[-1].product
            self._report.units_left += sum(item.on_hand for item in resp.items)
            self._report.units_reserved += sum(item.on_hand - item.available for item in resp.items)

    def _update(self, sku: str, change: int) -> UpdateInventoryReq:
        return UpdateInventoryReq(location=self._bins[sku], product=self._uids[sku], on_hand_change=change)

    async def _all(self, name: str, items: Sequence[Item], work: Callable[[Item], Awaitable[None]]) -> None:
        """Do independent work, so many requests in flight at a time."""
        self._steps.begin(name, len(items))
        waiting = iter(items)

        async def worker() -> None:
            for item in waiting:
                await work(item)
                self._steps.advance()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(REQUESTS_IN_FLIGHT):
                    group.create_task(worker())
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # one cause is enough: the others failed of the same


def _inside(kind: str, locs: Sequence[Loc], count: int) -> list[Loc]:
    """Put locations into larger ones, `count` into each."""
    groups = defaultdict[int, list[Loc]](list)
    for number, loc in enumerate(locs):
        groups[number // count].append(loc)
    return [Loc(name=f"{kind} {number + 1}", locs=group) for number, group in groups.items()]


def _leaves(locs: Iterable[AddLocationsResp.Loc]) -> list[AddLocationsResp.Loc]:
    return [leaf for loc in locs for leaf in (_leaves(loc.locs) if loc.locs else [loc])]
