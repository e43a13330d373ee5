"""The rules of stock keeping, told naively: nothing but facts, and every question is answered by walking all of them.

It follows the inventory contract, not the features. The contract does not say what a request that is wrong in several
ways is refused for: the model answers with all the codes that are right.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.message import Message
from tests.inventory.reasons import EXISTS, FAILED, INVALID, NONE, NOT_FOUND, Reasons, number, uid

from bf.core.refusal import Code
from bf.inventory import limits
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.limits import ON_HAND_UNITS_MAX

ROOT = 0
Locs = Iterable[rq.AddLocationsReq.Loc]
Units = Counter[tuple[int, int]]
"""Units by location and product."""


@dataclass
class Model:
    """One tenant's facts, by the numbers behind the uids."""

    last: int = 0
    names: dict[int, str] = field(default_factory=lambda: {ROOT: ""})
    parents: dict[int, int] = field(default_factory=dict[int, int])
    skus: dict[int, str] = field(default_factory=dict[int, str])
    stock: Units = field(default_factory=Units)
    codes: dict[int, str] = field(default_factory=dict[int, str])
    promises: dict[int, Units] = field(default_factory=dict[int, Units])
    """The open reservations: what each promises from anywhere inside a location."""

    def answer(self, req: Message) -> tuple[set[Code], list[Message]]:
        """Return either the codes to refuse with, or the response followed by the events."""
        rule = re.sub("([A-Z])", r"_\1", type(req).__name__.removesuffix("Req")).lower()  # _add_products
        no = Reasons()
        return no, getattr(self, rule)(req, no)

    def path(self, location: int) -> list[int]:
        """Return the location, what it lies in, and so on up to the root."""
        return [location] if location == ROOT else [location, *self.path(self.parents[location])]

    def inside(self, location: int) -> list[int]:
        """Return the location and everything inside it."""
        return [each for each in self.names if location in self.path(each)]

    def children(self, location: int) -> list[int]:
        return sorted(uid for uid, parent in self.parents.items() if parent == location)

    def on_hand(self, location: int, product: int) -> int:
        return sum(self.stock[each, product] for each in self.inside(location))

    def reserved(self, location: int, product: int) -> int:
        return sum(promised[each, product] for each in self.inside(location) for promised in self.promises.values())

    def is_oversold(self) -> bool:
        """Tell whether more is reserved than on hand inside any location."""
        products = {product for promised in self.promises.values() for _, product in promised}
        return any(self.reserved(at, product) > self.on_hand(at, product) for product in products for at in self.names)

    def create(self, things: dict[int, Any], thing: object) -> str:
        self.last += 1
        things[self.last] = thing
        return uid(self.last)

    def _add_products(self, req: rq.AddProductsReq, no: Reasons) -> list[Message]:
        no.count(len(req.skus), limits.ADDED_PRODUCTS_MAX)
        for sku in req.skus:
            no.text(sku, limits.SKU_CHARS_MAX)
        no.unique([*self.skus.values(), *req.skus])
        if no:
            return []
        events = [ev.ProductAdded(uid=self.create(self.skus, sku), sku=sku) for sku in req.skus]
        return [rq.AddProductsResp(uids=[event.uid for event in events]), *events]

    def _list_products(self, req: rq.ListProductsReq, no: Reasons) -> list[Message]:
        no.when(len(req.skus) > limits.ADDED_PRODUCTS_MAX, INVALID)
        no.page(req.after, req.limit)
        found = [each for each in sorted(self.skus) if self.skus[each] in (req.skus or self.skus.values())]
        shown = [each for each in found if uid(each) > req.after][: req.limit or None]
        items = [rq.ListProductsResp.Item(uid=uid(each), sku=self.skus[each]) for each in shown]
        return [] if no else [rq.ListProductsResp(items=items)]

    def _add_locations(self, req: rq.AddLocationsReq, no: Reasons) -> list[Message]:
        parent = no.uid(req.parent, self.names)
        no.count(count(req.locs), limits.ADDED_LOCATIONS_MAX)
        self._check_names(req.locs, [self.names[each] for each in self.children(parent)], no)
        depth = 0 if parent == NONE else len(self.path(parent)) - 1
        no.when(depth + levels(req.locs) > limits.LOCATION_DEPTH_MAX, FAILED)
        if no:
            return []
        events: list[Message] = []
        return [rq.AddLocationsResp(locs=self._add_inside(req.parent, req.locs, events)), *events]

    def _check_names(self, locs: Locs, siblings: list[str], no: Reasons) -> None:
        no.unique([*siblings, *(loc.name for loc in locs)])
        for loc in locs:
            no.text(loc.name, limits.NAME_CHARS_MAX)
            self._check_names(loc.locs, [], no)

    def _add_inside(self, parent: str, locs: Locs, events: list[Message]) -> list[rq.AddLocationsResp.Loc]:
        added: list[rq.AddLocationsResp.Loc] = []
        for loc in locs:
            new = self.create(self.names, loc.name)
            self.parents[number(new)] = number(parent)
            events.append(ev.LocationAdded(uid=new, name=loc.name, parent=parent))
            inside = self._add_inside(new, loc.locs, events)
            added.append(rq.AddLocationsResp.Loc(name=loc.name, uid=new, parent=parent, locs=inside))
        return added

    def _list_locations(self, req: rq.ListLocationsReq, no: Reasons) -> list[Message]:
        asked = no.uid(req.location, self.names)
        no.when(req.levels < 0, INVALID)
        shown = self.children(ROOT) if asked == ROOT else [asked]
        return [] if no else [rq.ListLocationsResp(locs=[self._show(at, req.levels or 1000) for at in shown])]

    def _show(self, at: int, levels: int) -> rq.ListLocationsResp.Loc:
        inside = [self._show(each, levels - 1) for each in self.children(at)] if levels > 1 else []
        return rq.ListLocationsResp.Loc(uid=uid(at), name=self.names[at], parent=uid(self.parents[at]), children=inside)

    def _move_location(self, req: rq.MoveLocationReq, no: Reasons) -> list[Message]:
        moved, parent = no.uid(req.uid, self.names), no.uid(req.new_parent, self.names)
        if no or no.when(moved == ROOT or moved in self.path(parent), FAILED):
            return []
        old_parent = self.parents[moved]
        if old_parent == parent:
            return [rq.MoveLocationResp()]
        no.when(self.names[moved] in [self.names[each] for each in self.children(parent)], EXISTS)
        height = max(len(self.path(each)) for each in self.inside(moved)) - len(self.path(moved))
        no.when(len(self.path(parent)) + height > limits.LOCATION_DEPTH_MAX, FAILED)
        if no or no.when(replace(self, parents={**self.parents, moved: parent}).is_oversold(), FAILED):
            return []
        self.parents[moved] = parent
        event = ev.LocationMoved(uid=req.uid, old_parent=uid(old_parent), new_parent=req.new_parent)
        return [rq.MoveLocationResp(), event]

    def _update_inventory(self, req: rq.UpdateInventoryReq, no: Reasons) -> list[Message]:
        at, product, change = no.uid(req.location, self.names), no.uid(req.product, self.skus), req.on_hand_change
        no.when(at == ROOT or change == 0 or abs(change) > ON_HAND_UNITS_MAX, INVALID)
        if no:
            return []
        stock = Units(self.stock)
        stock[at, product] += change
        no.when(stock[at, product] < 0, FAILED)
        no.when(change > 0 and self.on_hand(ROOT, product) + change > ON_HAND_UNITS_MAX, FAILED)
        if no or no.when(replace(self, stock=stock).is_oversold(), FAILED):
            return []
        self.stock, on_hand = stock, stock[at, product]
        event = ev.InventoryUpdated(location=req.location, product=req.product, on_hand_change=change, on_hand=on_hand)
        return [rq.UpdateInventoryResp(on_hand=on_hand), event]

    def _get_loc_inventory(self, req: rq.GetLocInventoryReq, no: Reasons) -> list[Message]:
        at = no.uid(req.location, self.names)
        no.page(req.after, req.limit)
        shown = [product for product in sorted(self.skus) if uid(product) > req.after and self.on_hand(at, product)]
        resp = rq.GetLocInventoryResp()
        for product in shown[: req.limit or None]:
            on_hand = self.on_hand(at, product)
            resp.items.add(product=uid(product), on_hand=on_hand, available=on_hand - self.reserved(at, product))
        return [] if no else [resp]

    def _reserve(self, req: rq.ReserveReq, no: Reasons) -> list[Message]:
        no.text(req.reservation, limits.CODE_CHARS_MAX)
        no.count(len(req.items), limits.ORDER_LINES_MAX)
        no.when(len(req.tags) > limits.TAGS_MAX, INVALID)
        no.when(any(len(text) > limits.TAG_CHARS_MAX for tag in req.tags.items() for text in tag), INVALID)
        no.when(req.reservation in self.codes.values(), EXISTS)
        at, promised = no.uid(req.location, self.names), Units()
        for item in req.items:
            no.when(not 1 <= item.quantity <= ON_HAND_UNITS_MAX, INVALID)
            no.when(item.sku not in self.skus.values(), NOT_FOUND)
            promised.update({(at, each): item.quantity for each, sku in self.skus.items() if sku == item.sku})
        if no or no.when(replace(self, promises={**self.promises, NONE: promised}).is_oversold(), FAILED):
            return []
        event = ev.Reserved(reservation=self.create(self.codes, req.reservation), code=req.reservation)
        for (_, product), units in promised.items():
            event.items.add(product=uid(product), quantity=units, location=req.location)
        self.promises[self.last] = promised
        return [rq.ReserveResp(reservation=event.reservation), event]

    def _fulfill(self, req: rq.FulfillReq, no: Reasons) -> list[Message]:
        reservation, taken = no.uid(req.reservation, self.promises), Units()
        no.count(len(req.items), limits.ORDER_LINES_MAX)
        for item in req.items:
            no.when(not 1 <= item.quantity <= ON_HAND_UNITS_MAX or number(item.location) == ROOT, INVALID)
            place = no.uid(item.location, self.names), no.uid(item.product, self.skus)
            taken.update({} if NONE in place else {place: item.quantity})
        stock = Units(self.stock)
        stock.subtract(taken)
        others = {each: promised for each, promised in self.promises.items() if each != reservation}
        no.when(min(stock.values(), default=0) < 0, FAILED)
        no.when(reservation != NONE and not self._is_promised(self.promises[reservation], taken), FAILED)
        no.when(replace(self, stock=stock, promises=others).is_oversold(), FAILED)
        if no:
            return []
        self.stock, self.promises, event = stock, others, ev.Fulfilled(reservation=req.reservation)
        del self.codes[reservation]
        for (at, product), units in taken.items():
            event.items.add(product=uid(product), location=uid(at), removed=units, on_hand=stock[at, product])
        return [rq.FulfillResp(), event]

    def _is_promised(self, promised: Units, taken: Units) -> bool:
        """Let each promise, the deepest first, serve what is taken inside it; nothing may be left over."""
        left = Units(taken)
        for (location, product), units in sorted(promised.items(), key=lambda line: -len(self.path(line[0][0]))):
            for at in self.inside(location):
                served = min(units, left[at, product])
                left[at, product] -= served
                units -= served  # noqa: PLW2901  # what this promise still has
        return not any(left.values())

    def _cancel(self, req: rq.CancelReq, no: Reasons) -> list[Message]:
        reservation = no.uid(req.reservation, self.promises)
        if no:
            return []
        del self.codes[reservation]
        event = ev.Cancelled(reservation=req.reservation)
        for (at, product), units in self.promises.pop(reservation).items():
            event.items.add(product=uid(product), location=uid(at), released=units)
        event.items.sort(key=lambda item: (item.product, item.location))
        return [rq.CancelResp(), event]


def count(locs: Locs) -> int:
    return sum(1 + count(loc.locs) for loc in locs)


def levels(locs: Locs) -> int:
    return max((1 + levels(loc.locs) for loc in locs), default=0)
