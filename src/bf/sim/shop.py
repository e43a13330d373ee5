"""What clients ask: a plan's numbers made into requests, with what the client knows by then.

Every tenant begins with two warehouses of two shelves each, some products, and some of each product in two shelves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf.message import Message

from bf.core.refusal import Code
from bf.core.uid import uid_text
from bf.inventory.api import requests_pb2 as rq
from bf.sim.history import Asked
from bf.sim.plan import Ask, Plan

ROOT = uid_text(0)
LOCATIONS = 6
SHELVES = (2, 3, 5, 6)
STOCKED = (2, 5)
"""Shelves with something on them in the beginning."""

FIRST_UNITS = 60

WITHOUT_ID = ("put once", "flood", "ask", "list", "tagged", "transfers", "alerts", "report")
"""What is asked without an id: nobody may repeat it, or anybody."""


def name_of(tenant: str, what: str) -> str:
    """Name something of a tenant: such names are looked for where they must not be."""
    return f"{tenant}-secret-{what}"


def sku_of(tenant: str, product: int) -> str:
    """Return the SKU of one of a tenant's first products, from 0."""
    return name_of(tenant, f"sku-{product}")


SCRIPT = "function reserve(order) if #order.items > 1 then return { at = ROOT } end end"
"""Orders of several products are reserved at the root, which the books know too."""


FULL_UNITS = 70
WATCHMAN = "watchman"
WATCHING = (
    f"function update(change) if change.after > {FULL_UNITS} then return {{ alert = change.sku .. ' is full' }} end end"
)
"""Of more than FULL_UNITS in one place an alert tells, which the books know too."""

WAVES = "fulfilment-waves"


def furniture(tenant: str, plan: Plan) -> Iterator[Message]:
    """Yield the requests with which a tenant begins: locations 1 to 6, products after them, stock, scripts, waves."""
    yield rq.AddLocationsReq(
        parent=ROOT,
        locs=[
            rq.AddLocationsReq.Loc(
                name=name_of(tenant, house), locs=[rq.AddLocationsReq.Loc(name=f"{house}-{shelf}") for shelf in "ab"]
            )
            for house in ("north", "south")
        ],
    )
    yield rq.AddProductsReq(skus=[sku_of(tenant, number) for number in range(plan.products)])
    for number in range(plan.products):
        for shelf in STOCKED:
            product = uid_text(LOCATIONS + 1 + number)
            yield rq.UpdateInventoryReq(location=uid_text(shelf), product=product, on_hand_change=FIRST_UNITS)
    if plan.scripted:
        yield rq.InstallScriptReq(hook="reserve", name="several", source=SCRIPT)
    if plan.watched:
        yield rq.InstallScriptReq(hook="update", name=WATCHMAN, source=WATCHING)
    if plan.waves:
        yield rq.EnableFeatureReq(feature=WAVES)


@dataclass
class Shopper:
    """What one client knows of one tenant."""

    tenant: str
    products: int
    open: list[tuple[str, rq.ReserveReq]] = field(default_factory=list[tuple[str, rq.ReserveReq]])
    """Reservations that it has made and not closed, with their uids."""
    sent: list[tuple[str, Message]] = field(default_factory=list[tuple[str, Message]])
    """Commands that it has sent, with their ids."""

    def request(self, ask: Ask, number: int) -> tuple[Message, str] | None:
        """Make the request for one of the plan's asks, with its id; None if there is nothing to ask for."""
        made = self._made(ask, number)
        if made and made[1] and ask.what not in ("again", "reuse"):
            self.sent.append((made[1], made[0]))
        return made

    def learn(self, asked: Asked) -> None:
        """Take notice of an answer."""
        answer, request = asked.answer, asked.request
        if answer is None:
            return
        if isinstance(request, rq.ReserveReq) and answer.code == Code.OK:
            self.open.append((rq.ReserveResp.FromString(answer.response).reservation, request))
        elif isinstance(request, rq.FulfillReq | rq.CancelReq) and answer.code in (Code.OK, Code.NOT_FOUND):
            self.open = [each for each in self.open if each[0] != request.reservation]

    def _made(self, ask: Ask, number: int) -> tuple[Message, str] | None:
        request_id = f"{self.tenant}/{ask.client}/{number}"
        match ask.what:
            case "again" if self.sent:
                first_id, request = self.sent[ask.numbers[0] % len(self.sent)]
                return request, first_id
            case "reuse" if self.sent:
                return rq.CancelReq(reservation=uid_text(10**9 + number)), self.sent[ask.numbers[0] % len(self.sent)][0]
            case "again" | "reuse":
                return None
            case _:
                request = getattr(self, f"_{ask.what.replace(' ', '_')}")(request_id, *ask.numbers)
                return request and (request, request_id if ask.what not in WITHOUT_ID else "")

    # One for each thing that a client may ask, with the request's id and the four numbers of the plan

    def _put(self, _: str, a: int, b: int, c: int, __: int) -> Message:
        return self._change(a, b, 1 + c % 20)

    def _take(self, _: str, a: int, b: int, c: int, __: int) -> Message:
        return self._change(a, b, -1 - c % 20)

    def _put_once(self, _: str, a: int, b: int, *__: int) -> Message:
        return self._change(a, b, 1)

    _flood = _put_once

    def _change(self, a: int, b: int, units: int) -> Message:
        shelf, product = uid_text(SHELVES[a % len(SHELVES)]), uid_text(LOCATIONS + 1 + b % self.products)
        return rq.UpdateInventoryReq(location=shelf, product=product, on_hand_change=units)

    def _ask(self, _: str, a: int, *__: int) -> Message:
        return rq.GetLocInventoryReq(location=_anywhere(a))

    def _list(self, *_: object) -> Message:
        return rq.ListLocationsReq(location=ROOT)

    def _move(self, _: str, a: int, b: int, *__: int) -> Message:
        return rq.MoveLocationReq(uid=uid_text(1 + b % LOCATIONS), new_parent=_anywhere(a))

    def _add_location(self, _: str, a: int, __: int, c: int, ___: int) -> Message:
        loc = rq.AddLocationsReq.Loc(name=name_of(self.tenant, f"bin-{c % 50}"))
        return rq.AddLocationsReq(parent=_anywhere(a), locs=[loc])

    def _add_product(self, _: str, __: int, ___: int, c: int, ____: int) -> Message:
        return rq.AddProductsReq(skus=[name_of(self.tenant, f"late-{c % 50}")])

    def _bad(self, _: str, *numbers: int) -> Message:
        return rq.CancelReq(reservation=f"no uid at all {numbers[-1]}")

    def _cancel(self, _: str, a: int, *__: int) -> Message | None:
        return rq.CancelReq(reservation=self.open[a % len(self.open)][0]) if self.open else None

    def _reserve(self, request_id: str, a: int, b: int, c: int, d: int) -> Message:
        code = name_of(self.tenant, f"order-{request_id if d % 10 else d % 7}")
        items = [
            rq.ReserveReq.Item(sku=sku_of(self.tenant, (b + line * c) % self.products), quantity=1 + (c + line) % 6)
            for line in range(1 + d % 3)
        ]
        return rq.ReserveReq(reservation=code, items=items, location=_anywhere(a))

    def _fulfill(self, _: str, a: int, b: int, c: int, __: int) -> Message | None:
        if not self.open:
            return None
        uid, reserved = self.open[a % len(self.open)]
        skus = {sku_of(self.tenant, number): uid_text(LOCATIONS + 1 + number) for number in range(self.products)}
        items = [
            rq.FulfillReq.Item(
                product=skus[item.sku],
                location=uid_text(SHELVES[(b + line * c) % len(SHELVES)]),
                quantity=item.quantity,
            )
            for line, item in enumerate(reserved.items)
        ]
        return rq.FulfillReq(reservation=uid, items=items)

    def _tag(self, _: str, a: int, b: int, c: int, d: int) -> Message:
        locations = [uid_text(1 + number % LOCATIONS) for number in (a, b)[: 1 + d % 2]]
        return rq.TagLocationsReq(locations=locations, add=[self._word(c)], remove=[self._word(d)] if d % 3 else [])

    def _tagged(self, _: str, a: int, *__: int) -> Message:
        return rq.ListTaggedReq(tag=self._word(a))

    def _word(self, number: int) -> str:
        return name_of(self.tenant, f"tag-{number % 4}")

    def _count(self, _: str, a: int, b: int, c: int, d: int) -> Message:
        first = b % self.products
        products = {first, (b + d) % self.products} if d % 2 else {first}
        counts = [
            rq.TakeStockReq.Count(product=_product(each), counted=(c + each) % 80 if d % 3 else each)
            for each in sorted(products)
        ]
        return rq.TakeStockReq(location=uid_text(SHELVES[a % len(SHELVES)]), reason="counted", counts=counts)

    def _start_transfer(self, _: str, a: int, b: int, c: int, d: int) -> Message:
        source = STOCKED[a % len(STOCKED)]
        items = [
            rq.StartTransferReq.Item(product=product, quantity=3 + (b + line) % 9)
            for line, product in enumerate(self._sent_with(c)[: 1 + d % 2])
        ]
        return rq.StartTransferReq(
            transfer=self._transfer(c),
            source=uid_text(source),
            destination=uid_text(1 + (source + b % (LOCATIONS + 1)) % LOCATIONS),
            items=items,
        )

    def _receive(self, _: str, a: int, b: int, c: int, d: int) -> Message:
        items = [
            rq.ReceiveTransferReq.Item(product=product, quantity=1 + (b + line) % 6)
            for line, product in enumerate(self._sent_with(a)[: d % 3])
        ]
        return rq.ReceiveTransferReq(transfer=self._transfer(a), items=items, reason="" if c % 3 else "lost on the way")

    def _cancel_transfer(self, _: str, a: int, *__: int) -> Message:
        return rq.CancelTransferReq(transfer=self._transfer(a))

    def _transfer(self, number: int) -> str:
        """Name one of few transfers: whoever receives one need not be who started it."""
        return name_of(self.tenant, f"transfer-{_few(number)}")

    def _sent_with(self, number: int) -> list[str]:
        return [_product((_few(number) + line) % self.products) for line in range(2)]

    def _transfers(self, *_: object) -> Message:
        return rq.ListTransfersReq()

    def _switch_waves(self, _: str, a: int, *__: int) -> Message:
        return rq.EnableFeatureReq(feature=WAVES) if a % 3 else rq.DisableFeatureReq(feature=WAVES)

    def _plan_wave(self, _: str, a: int, b: int, c: int, d: int) -> Message:
        named = [self.open[number % len(self.open)][0] for number in (b, c)] if self.open and d % 3 == 0 else []
        location = _anywhere(a) if c % 2 else ROOT
        return rq.PlanWaveReq(wave=self._wave(d), location=location, limit=b % 4, reservations=named)

    def _pick_wave(self, _: str, a: int, b: int, *__: int) -> Message:
        return rq.PickWaveReq(wave=self._wave(a), limit=b % 3)

    def _wave(self, number: int) -> str:
        return name_of(self.tenant, f"wave-{_few(number)}")

    def _define_report(self, _: str, a: int, b: int, c: int, d: int) -> Message:
        name = self._report_name(a)
        match d % 4:
            case 0 | 1:
                return rq.DefineReportReq(name=name, locations=[_anywhere(number) for number in (b, c, d)])
            case 2:
                return rq.DefineReportReq(name=name, children_of=_anywhere(b))
            case _:
                return rq.DefineReportReq(name=name, tagged=self._word(b))

    def _report(self, _: str, a: int, b: int, *__: int) -> Message:
        return rq.GetReportReq(name=self._report_name(a), least=0 if b % 3 else 1 + b % 100)

    def _drop_report(self, _: str, a: int, *__: int) -> Message:
        return rq.DropReportReq(name=self._report_name(a))

    def _report_name(self, number: int) -> str:
        return name_of(self.tenant, f"report-{_few(number)}")

    def _alerts(self, _: str, a: int, *__: int) -> Message:
        return rq.ListAlertsReq(limit=a % 5)


def _few(number: int) -> int:
    """Choose one of two, one of them twice as often."""
    return int(number % 3 == 0)


def _product(number: int) -> str:
    return uid_text(LOCATIONS + 1 + number)


def _anywhere(number: int) -> str:
    return uid_text(number % (LOCATIONS + 1))
