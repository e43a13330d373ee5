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
from bf.sim.plan import Ask

ROOT = uid_text(0)
LOCATIONS = 6
SHELVES = (2, 3, 5, 6)
FIRST_UNITS = 60

WITHOUT_ID = ("put once", "flood", "ask", "list")
"""What is asked without an id: nobody may repeat it, or anybody."""


def name_of(tenant: str, what: str) -> str:
    """Name something of a tenant: such names are looked for where they must not be."""
    return f"{tenant}-secret-{what}"


def sku_of(tenant: str, product: int) -> str:
    """Return the SKU of one of a tenant's first products, from 0."""
    return name_of(tenant, f"sku-{product}")


SCRIPT = "function reserve(order) if #order.items > 1 then return { at = ROOT } end end"
"""Orders of several products are reserved at the root, which the books know too."""


def furniture(tenant: str, products: int, *, scripted: bool = False) -> Iterator[Message]:
    """Yield the requests with which a tenant begins: locations 1 to 6, the products after them, stock, and a script."""
    yield rq.AddLocationsReq(
        parent=ROOT,
        locs=[
            rq.AddLocationsReq.Loc(
                name=name_of(tenant, house), locs=[rq.AddLocationsReq.Loc(name=f"{house}-{shelf}") for shelf in "ab"]
            )
            for house in ("north", "south")
        ],
    )
    yield rq.AddProductsReq(skus=[sku_of(tenant, number) for number in range(products)])
    for number in range(products):
        for shelf in (2, 5):
            product = uid_text(LOCATIONS + 1 + number)
            yield rq.UpdateInventoryReq(location=uid_text(shelf), product=product, on_hand_change=FIRST_UNITS)
    if scripted:
        yield rq.InstallScriptReq(hook="reserve", name="several", source=SCRIPT)


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


def _anywhere(number: int) -> str:
    return uid_text(number % (LOCATIONS + 1))
