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


def name_of(tenant: str, what: str) -> str:
    """Name something of a tenant: such names are looked for where they must not be."""
    return f"{tenant}-secret-{what}"


def sku_of(tenant: str, product: int) -> str:
    """Return the SKU of one of a tenant's first products, from 0."""
    return name_of(tenant, f"sku-{product}")


def furniture(tenant: str, products: int) -> Iterator[Message]:
    """Yield the requests with which a tenant begins: locations 1 to 6, the products after them, and stock."""
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
        a, b, c, d = ask.numbers
        request_id = f"{self.tenant}/{ask.client}/{number}"
        shelf, product = uid_text(SHELVES[a % len(SHELVES)]), uid_text(LOCATIONS + 1 + b % self.products)
        anywhere = uid_text(a % (LOCATIONS + 1))
        match ask.what:
            case "put" | "flood":
                return rq.UpdateInventoryReq(location=shelf, product=product, on_hand_change=1 + c % 20), request_id
            case "take":
                return rq.UpdateInventoryReq(location=shelf, product=product, on_hand_change=-1 - c % 20), request_id
            case "put once":  # without an id: nobody may repeat it
                return rq.UpdateInventoryReq(location=shelf, product=product, on_hand_change=1), ""
            case "reserve":
                return self._reserve(ask, anywhere, number), request_id
            case "fulfill" if self.open:
                return self._fulfill(self.open[a % len(self.open)], b, c), request_id
            case "cancel" if self.open:
                return rq.CancelReq(reservation=self.open[a % len(self.open)][0]), request_id
            case "ask":
                return rq.GetLocInventoryReq(location=anywhere), ""
            case "list":
                return rq.ListLocationsReq(location=ROOT), ""
            case "move":
                return rq.MoveLocationReq(uid=uid_text(1 + b % LOCATIONS), new_parent=anywhere), request_id
            case "add location":
                loc = rq.AddLocationsReq.Loc(name=name_of(self.tenant, f"bin-{c % 50}"))
                return rq.AddLocationsReq(parent=anywhere, locs=[loc]), request_id
            case "add product":
                return rq.AddProductsReq(skus=[name_of(self.tenant, f"late-{c % 50}")]), request_id
            case "bad":
                return rq.CancelReq(reservation=f"no uid at all {d}"), request_id
            case "again" if self.sent:
                first_id, request = self.sent[a % len(self.sent)]
                return request, first_id
            case "reuse" if self.sent:
                return rq.CancelReq(reservation=uid_text(10**9 + d)), self.sent[a % len(self.sent)][0]
            case _:
                return None

    def _reserve(self, ask: Ask, location: str, number: int) -> rq.ReserveReq:
        _, b, c, d = ask.numbers
        code = name_of(self.tenant, f"order-{ask.client}-{number if d % 10 else d % 7}")
        items = [
            rq.ReserveReq.Item(sku=sku_of(self.tenant, (b + line * c) % self.products), quantity=1 + (c + line) % 6)
            for line in range(1 + d % 3)
        ]
        return rq.ReserveReq(reservation=code, items=items, location=location)

    def _fulfill(self, mine: tuple[str, rq.ReserveReq], b: int, c: int) -> rq.FulfillReq:
        uid, reserved = mine
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
