"""The rules of stock keeping, told naively: nothing but facts, and every question is answered by walking all of them.

It follows the inventory contract, not the features. The contract does not say what a request that is wrong in several
ways is refused for: the model answers with all the codes that are right.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from google.protobuf.message import Message
from tests.inventory.reasons import EXISTS, FAILED, INVALID, NONE, NOT_FOUND, UNIMPLEMENTED, Reasons, number, uid

from bf.core.refusal import Code, Refusal
from bf.core.spec import SPEC_NOW_US
from bf.inventory import errors, limits
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.features.optional import OPTIONAL
from bf.inventory.limits import ON_HAND_UNITS_MAX

ROOT = 0
WAVES = "fulfilment-waves"
AS_ASKED = "function reserve(order) end"
NO_SALE = """
function reserve(order)
    if order.tags.channel then return { refuse = "not on the web" } end
    return { at = ROOT }
end
"""
ASIDE = """
function update(change)
    local move = change.on_hand_change == 2 and { to = children(ROOT)[1], quantity = 1 } or nil
    return { move = move, alert = change.after > 3 and "full" or nil }
end
"""
SCRIPTS = {"reserve": (AS_ASKED, NO_SALE), "update": (ASIDE,), "report": ()}
"""By hook, what can be installed; each is told once more below, in Python."""
Locs = Iterable[rq.AddLocationsReq.Loc]
Units = Counter[tuple[int, int]]
"""Units by location and product."""


class Transfer(NamedTuple):
    """Goods on their way, by product."""

    source: int
    destination: int
    in_transit: dict[int, int]


class Installed(NamedTuple):
    """A version of a script."""

    hook: str
    name: str
    version: int
    source: str
    removed: bool = False
    active: bool = True


class Wave(NamedTuple):
    """Orders that are picked together."""

    location: int
    reservations: list[int]


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
    tags: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    transfers: dict[str, Transfer] = field(default_factory=dict[str, Transfer])
    waves: dict[str, Wave] = field(default_factory=dict[str, Wave])
    enabled: list[str] = field(default_factory=list[str])
    reports: dict[str, ev.ReportDefined] = field(default_factory=dict[str, ev.ReportDefined])
    position: int = 0
    """How many events there were."""
    scripts: list[Installed] = field(default_factory=list[Installed])
    """All versions, the oldest first."""
    alerts: list[ev.AlertRaised] = field(default_factory=list[ev.AlertRaised])

    def answer(self, req: Message) -> tuple[set[Code], list[Message]]:
        """Return either the codes to refuse with, or the response followed by the events."""
        rule = re.sub("([A-Z])", r"_\1", type(req).__name__.removesuffix("Req")).lower()  # _add_products
        no = Reasons()
        told: list[Message] = getattr(self, rule)(req, no)
        self.position += len(told[1:])
        return no, told

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
        before, self.stock, on_hand = self.stock, stock, stock[at, product]
        event = ev.InventoryUpdated(location=req.location, product=req.product, on_hand_change=change, on_hand=on_hand)
        if self.asked("update") != ASIDE:
            return [rq.UpdateInventoryResp(on_hand=on_hand), event]
        events: list[Message] = [event]
        if change == 2:  # as the script says
            to = min((each for each in self.children(ROOT)), key=lambda each: self.names[each])
            self.stock = Units(stock)
            self.stock.subtract({(at, product): 1})
            self.stock.update({(to, product): 1})
            if no.when(to == at or self.stock[at, product] < 0 or self.is_oversold(), FAILED):
                self.stock = before
                return []
            for place, moved in (at, -1), (to, 1):
                left = self.stock[place, product]
                events.append(
                    ev.InventoryUpdated(location=uid(place), product=req.product, on_hand_change=moved, on_hand=left)
                )
        if on_hand > 3:  # as the script says
            self.alerts.append(
                ev.AlertRaised(
                    number=len(self.alerts) + 1,
                    time_us=SPEC_NOW_US,
                    script=self.active("update")[0].name,
                    location=req.location,
                    product=req.product,
                    text="full",
                )
            )
            events.append(self.alerts[-1])
        return [rq.UpdateInventoryResp(on_hand=self.stock[at, product]), *events]

    def active(self, hook: str) -> list[Installed]:
        return [each for each in self.scripts if each.hook == hook and each.active]

    def asked(self, hook: str) -> str:
        """Return the text of the script that a hook asks."""
        return next((each.source for each in self.active(hook)), "")

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
        if not no and self.asked("reserve") == NO_SALE:
            no.when("channel" in req.tags, FAILED)
            at, promised = ROOT, Units({(ROOT, product): units for (_, product), units in promised.items()})
        if no or no.when(replace(self, promises={**self.promises, NONE: promised}).is_oversold(), FAILED):
            return []
        event = ev.Reserved(reservation=self.create(self.codes, req.reservation), code=req.reservation)
        for (_, product), units in promised.items():
            event.items.add(product=uid(product), quantity=units, location=uid(at))
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

    def _tag_locations(self, req: rq.TagLocationsReq, no: Reasons) -> list[Message]:
        no.count(len(req.locations), limits.TAGGED_LOCATIONS_MAX)
        no.count(len([*req.add, *req.remove]), 2 * limits.LOCATION_TAGS_MAX)
        no.when(max(len(req.add), len(req.remove)) > limits.LOCATION_TAGS_MAX, INVALID)
        no.when({*req.add} & {*req.remove}, INVALID)
        for tag in (*req.add, *req.remove):
            no.text(tag, limits.TAG_CHARS_MAX)
        after: dict[int, set[str]] = {}
        for text in req.locations:
            at = no.uid(text, self.names)
            no.when(at == ROOT, INVALID)
            after[at] = (self.tags.get(at, set()) | {*req.add}) - {*req.remove}
            no.when(len(after[at]) > limits.LOCATION_TAGS_MAX, FAILED)
        if no:
            return []
        changing = [uid(at) for at, tags in after.items() if tags != self.tags.get(at, set())]
        self.tags.update(after)
        added, removed = dict.fromkeys(req.add), dict.fromkeys(req.remove)
        event = ev.LocationsTagged(locations=changing, added=added, removed=removed)
        return [rq.TagLocationsResp(), *([event] if changing else [])]

    def _list_tagged(self, req: rq.ListTaggedReq, no: Reasons) -> list[Message]:
        no.text(req.tag, limits.TAG_CHARS_MAX)
        no.page(req.after, req.limit)
        found = [at for at in sorted(self.tags) if req.tag in self.tags[at] and uid(at) > req.after]
        items = [
            rq.ListTaggedResp.Item(uid=uid(at), name=self.names[at], parent=uid(self.parents[at]))
            for at in found[: req.limit or None]
        ]
        return [] if no else [rq.ListTaggedResp(items=items)]

    def _start_transfer(self, req: rq.StartTransferReq, no: Reasons) -> list[Message]:
        no.text(req.transfer, limits.CODE_CHARS_MAX)
        no.count(len(req.items), limits.TRANSFER_LINES_MAX)
        source, destination = no.uid(req.source, self.names), no.uid(req.destination, self.names)
        no.when(ROOT in (source, destination) or source == destination, INVALID)
        no.when(req.transfer in self.transfers, EXISTS)
        leaving = Counter[int]()
        for item in req.items:
            no.when(not 1 <= item.quantity <= ON_HAND_UNITS_MAX, INVALID)
            leaving[no.uid(item.product, self.skus)] += item.quantity
        if no:
            return []
        stock = Units(self.stock)
        stock.subtract({(source, product): units for product, units in leaving.items()})
        no.when(min(stock.values()) < 0, FAILED)
        if no.when(replace(self, stock=stock).is_oversold(), FAILED) or no:
            return []
        self.stock, self.transfers[req.transfer] = stock, Transfer(source, destination, dict(leaving))
        event = ev.TransferStarted(transfer=req.transfer, source=req.source, destination=req.destination)
        for product, units in leaving.items():
            event.items.add(product=uid(product), quantity=units, on_hand=stock[source, product])
        return [rq.StartTransferResp(), event]

    def _receive_transfer(self, req: rq.ReceiveTransferReq, no: Reasons) -> list[Message]:
        transfer = self.transfers.get(req.transfer, Transfer(NONE, NONE, {}))
        no.when(transfer.source == NONE, NOT_FOUND)
        no.when(req.reason and (not req.reason.strip() or len(req.reason) > limits.REASON_CHARS_MAX), INVALID)
        no.when(not (req.reason or req.items) or len(req.items) > limits.TRANSFER_LINES_MAX, INVALID)
        arriving = Counter[int]()
        for item in req.items:
            no.when(not 1 <= item.quantity <= ON_HAND_UNITS_MAX, INVALID)
            product = no.uid(item.product, self.skus)
            arriving[product] += item.quantity
            no.when(arriving[product] > transfer.in_transit.get(product, 0), FAILED)
        if no or no.when(self._is_too_much(arriving), FAILED):
            return []
        event = ev.TransferReceived(transfer=req.transfer, destination=uid(transfer.destination), reason=req.reason)
        resp = rq.ReceiveTransferResp()
        for product, units in sorted(transfer.in_transit.items()):
            missing = units - arriving[product] if req.reason else 0
            place, left = (transfer.destination, product), units - arriving[product] - missing
            self.stock[place] += arriving[product]
            transfer.in_transit[product] = left
            if left < units:
                received = arriving[product]
                event.items.add(product=uid(product), received=received, missing=missing, on_hand=self.stock[place])
            if left:
                resp.in_transit.add(product=uid(product), quantity=left)
            else:
                del transfer.in_transit[product]
        if not transfer.in_transit:
            del self.transfers[req.transfer]
        return [resp, event]

    def _is_too_much(self, more: Counter[int]) -> bool:
        return any(self.on_hand(ROOT, product) + units > ON_HAND_UNITS_MAX for product, units in more.items())

    def _cancel_transfer(self, req: rq.CancelTransferReq, no: Reasons) -> list[Message]:
        transfer = self.transfers.get(req.transfer)
        if no.when(transfer is None, NOT_FOUND) or transfer is None:
            return []
        if no.when(self._is_too_much(Counter(transfer.in_transit)), FAILED):
            return []
        del self.transfers[req.transfer]
        event = ev.TransferCancelled(transfer=req.transfer, source=uid(transfer.source))
        for product, units in sorted(transfer.in_transit.items()):
            place = transfer.source, product
            self.stock[place] += units
            event.items.add(product=uid(product), returned=units, on_hand=self.stock[place])
        return [rq.CancelTransferResp(), event]

    def _list_transfers(self, req: rq.ListTransfersReq, no: Reasons) -> list[Message]:
        resp = rq.ListTransfersResp()
        for code in sorted(each for each in self.transfers if each > req.after)[: req.limit or None]:
            source, destination, in_transit = self.transfers[code]
            shown = resp.transfers.add(transfer=code, source=uid(source), destination=uid(destination))
            for product, units in sorted(in_transit.items()):
                shown.items.add(product=uid(product), quantity=units)
        return [] if no.when(req.limit < 0, INVALID) else [resp]

    def _take_stock(self, req: rq.TakeStockReq, no: Reasons) -> list[Message]:
        at = no.uid(req.location, self.names)
        no.when(at == ROOT, INVALID)
        no.text(req.reason, limits.REASON_CHARS_MAX)
        no.count(len(req.counts), limits.COUNTED_PRODUCTS_MAX)
        no.when(len({count.product for count in req.counts}) < len(req.counts), INVALID)
        more, counted = Counter[int](), dict[int, int]()
        for each in req.counts:
            no.when(not 0 <= each.counted <= ON_HAND_UNITS_MAX, INVALID)
            product = no.uid(each.product, self.skus)
            counted[product] = each.counted
            more[product] = each.counted - self.stock[at, product]
        stock = Units(self.stock)
        stock.update({(at, product): units for product, units in more.items()})
        if no or no.when(self._is_too_much(more) or replace(self, stock=stock).is_oversold(), FAILED):
            return []
        self.stock, resp = stock, rq.TakeStockResp()
        event = ev.StockCounted(location=req.location, reason=req.reason)
        for product, units in more.items():
            if units:
                resp.differences.add(product=uid(product), difference=units)
                event.items.add(product=uid(product), difference=units, on_hand=counted[product])
        return [resp, *([event] if event.items else [])]

    def _enable_feature(self, req: rq.EnableFeatureReq, no: Reasons) -> list[Message]:
        if no.when(req.feature != WAVES, NOT_FOUND):
            return []
        before, self.enabled = self.enabled, [WAVES]
        return [rq.EnableFeatureResp(), *([] if before else [ev.FeatureEnabled(feature=WAVES)])]

    def _disable_feature(self, req: rq.DisableFeatureReq, no: Reasons) -> list[Message]:
        if no.when(req.feature != WAVES, NOT_FOUND):
            return []
        before, self.enabled = self.enabled, []
        return [rq.DisableFeatureResp(), *([ev.FeatureDisabled(feature=WAVES)] if before else [])]

    def _list_features(self, _req: rq.ListFeaturesReq, _no: Reasons) -> list[Message]:
        item = rq.ListFeaturesResp.Item(feature=WAVES, summary=OPTIONAL[WAVES], enabled=WAVES in self.enabled)
        return [rq.ListFeaturesResp(features=[item])]

    def _install_script(self, req: rq.InstallScriptReq, no: Reasons) -> list[Message]:
        no.when(req.hook not in SCRIPTS, INVALID)
        no.text(req.name, limits.SCRIPT_NAME_CHARS_MAX)
        no.text(req.source, limits.SCRIPT_SOURCE_CHARS_MAX)
        active = self.active(req.hook)
        same = [each for each in active if each.name == req.name]
        if same and same[0].source == req.source:
            return [rq.InstallScriptResp(version=same[0].version)]
        no.when(active and not same and req.hook != "report", EXISTS)
        if no.when(req.source not in SCRIPTS.get(req.hook, ()), INVALID) or no:
            return []
        version = max((each.version for each in self._versions(req.hook, req.name)), default=0) + 1
        self.scripts = [
            each._replace(active=False) if (each.hook, each.name) == (req.hook, req.name) else each
            for each in self.scripts
        ]
        self.scripts.append(Installed(req.hook, req.name, version, req.source))
        forgotten = [each for each in self.scripts if not each.active][: -limits.SCRIPT_VERSIONS_COUNT_MAX]
        self.scripts = [each for each in self.scripts if each not in forgotten]
        event = ev.ScriptInstalled(
            hook=req.hook, name=req.name, version=version, source=req.source, time_us=SPEC_NOW_US
        )
        return [rq.InstallScriptResp(version=version), event]

    def _versions(self, hook: str, name: str) -> list[Installed]:
        return [each for each in self.scripts if (each.hook, each.name) == (hook, name)]

    def _remove_script(self, req: rq.RemoveScriptReq, no: Reasons) -> list[Message]:
        active = [each for each in self._versions(req.hook, req.name) if each.active]
        if no.when(not active, NOT_FOUND):
            return []
        self.scripts[self.scripts.index(active[0])] = active[0]._replace(active=False, removed=True)
        event = ev.ScriptRemoved(hook=req.hook, name=req.name, version=active[0].version, time_us=SPEC_NOW_US)
        return [rq.RemoveScriptResp(), event]

    def _list_scripts(self, _req: rq.ListScriptsReq, _no: Reasons) -> list[Message]:
        resp = rq.ListScriptsResp()
        for hook, name in sorted({(each.hook, each.name) for each in self.scripts}):
            script = resp.scripts.add(hook=hook, name=name)
            for each in reversed(self._versions(hook, name)):
                version = script.versions.add(version=each.version, source=each.source, active=each.active)
                version.installed_us = SPEC_NOW_US
                version.removed_us = SPEC_NOW_US if each.removed else 0
        return [resp]

    def _list_alerts(self, req: rq.ListAlertsReq, no: Reasons) -> list[Message]:
        if no.when(req.before < 0 or req.limit < 0, INVALID):
            return []
        shown = [each for each in reversed(self.alerts) if not req.before or each.number < req.before]
        resp = rq.ListAlertsResp()
        for each in shown[: req.limit or None]:
            resp.alerts.add().ParseFromString(each.SerializeToString())
        return [resp]

    def _plan_wave(self, req: rq.PlanWaveReq, no: Reasons) -> list[Message]:
        if no.when(not self.enabled, UNIMPLEMENTED):
            return []
        no.text(req.wave, limits.CODE_CHARS_MAX)
        at = no.uid(req.location, self.names)
        no.when(req.limit < 0 or len(req.reservations) > limits.WAVE_LINES_MAX, INVALID)
        no.when(req.wave in self.waves, EXISTS)
        named = {no.uid(each, self.promises) for each in req.reservations} - {NONE}
        fitting = [each for each in sorted(self.promises) if self._may_be_planned(each, at)]
        no.when(named - {*fitting}, FAILED)
        chosen = [each for each in fitting if each in named or not req.reservations][: req.limit or None]
        if no or no.when(not chosen, FAILED):
            return []
        resp, events = rq.PlanWaveResp(), list[Message]()
        for reservation in chosen:
            promised = self.promises[reservation]
            lines = sorted(promised, key=lambda line: (-len(self.path(line[0])), line[1], line[0]))
            events += [event for line in lines for event in self._allocate(reservation, *line)]
            pick = resp.picks.add(reservation=uid(reservation))
            for product, place in sorted((product, place) for place, product in promised):
                pick.items.add(product=uid(product), location=uid(place), quantity=promised[place, product])
        self.waves[req.wave] = Wave(at, chosen)
        event = ev.WavePlanned(wave=req.wave, location=req.location, reservations=map(uid, chosen))
        return [resp, *events, event]

    def _may_be_planned(self, reservation: int, location: int) -> bool:
        is_inside = all(location in self.path(place) for place, _ in self.promises[reservation])
        return is_inside and not any(reservation in wave.reservations for wave in self.waves.values())

    def _allocate(self, reservation: int, location: int, product: int) -> list[Message]:
        """Give a promise up, and make it anew at one place after the other, as far as nobody is oversold by it."""
        promised = self.promises[reservation]
        units = left = promised.pop((location, product))
        event = ev.Allocated(reservation=uid(reservation), product=uid(product), location=uid(location))
        for place in self._walk(location):
            others = sum(each[place, product] for each in self.promises.values())
            between = self.path(place)[: self.path(place).index(location)]
            free = [self.on_hand(each, product) - self.reserved(each, product) for each in between]
            taken = max(0, min([left, self.stock[place, product] - others, *free]))
            if taken:
                promised[place, product] += taken
                event.items.add(location=uid(place), quantity=taken)
                left -= taken
        assert left == 0, f"{left} units are promised to nobody"
        return [] if event.items == [ev.Allocated.Item(location=uid(location), quantity=units)] else [event]

    def _walk(self, location: int) -> list[int]:
        """Return a location, then each child's walk."""
        return [location, *(each for child in self.children(location) for each in self._walk(child))]

    def _pick_wave(self, req: rq.PickWaveReq, no: Reasons) -> list[Message]:
        if no.when(not self.enabled, UNIMPLEMENTED):
            return []
        wave = self.waves.get(req.wave, Wave(NONE, []))
        no.when(wave.location == NONE, NOT_FOUND)
        if no.when(req.limit < 0, INVALID) or no:
            return []
        resp, events, end = rq.PickWaveResp(), list[Message](), ev.WavePicked(wave=req.wave)
        for reservation in wave.reservations[: req.limit or None]:
            wave.reservations.remove(reservation)
            why = self._why_not(reservation, wave.location)
            if why:
                resp.skipped.add(reservation=uid(reservation), reason=why.reason, message=str(why))
                end.skipped.add(reservation=uid(reservation), reason=why.reason)
                continue
            del self.codes[reservation]
            event = ev.Fulfilled(reservation=uid(reservation))
            for product, at, units in lines_in_order(self.promises.pop(reservation)):
                self.stock[at, product] -= units
                event.items.add(product=uid(product), location=uid(at), removed=units, on_hand=self.stock[at, product])
            events.append(event)
            resp.picked.append(uid(reservation))
            end.picked.append(uid(reservation))
        resp.left = len(wave.reservations)
        if not wave.reservations:
            del self.waves[req.wave]
        return [resp, *events, end]

    def _why_not(self, reservation: int, location: int) -> Refusal | None:
        if reservation not in self.promises:
            return errors.ReservationNotFound(uid=uid(reservation))
        lines = lines_in_order(self.promises[reservation])
        for _, at, _ in lines:
            if location not in self.path(at):
                return errors.PlacedOutside(reservation=uid(reservation), place=uid(at), location=uid(location))
        for product, at, units in lines:
            on_hand = self.stock[at, product]
            if on_hand < units:
                return errors.NotOnHand(location=uid(at), product=uid(product), on_hand=on_hand, asked=units)
        return None

    def _define_report(self, req: rq.DefineReportReq, no: Reasons) -> list[Message]:
        no.text(req.name, limits.REPORT_NAME_CHARS_MAX)
        no.when(req.name in self.reports, EXISTS)
        no.when(len(self.reports) >= limits.REPORTS_MAX, FAILED)
        no.when(bool(req.locations) + bool(req.children_of) + bool(req.tagged) != 1, INVALID)
        no.when(len(req.locations) > limits.REPORT_LOCATIONS_MAX, INVALID)
        for text in [*req.locations, *filter(None, [req.children_of])]:
            no.uid(text, self.names)
        no.text(req.tagged or "-", limits.TAG_CHARS_MAX)
        if no:
            return []
        listed = list(dict.fromkeys(req.locations))
        event = ev.ReportDefined(name=req.name, locations=listed, children_of=req.children_of, tagged=req.tagged)
        self.reports[req.name] = event
        return [rq.DefineReportResp(), event]

    def _drop_report(self, req: rq.DropReportReq, no: Reasons) -> list[Message]:
        if no.when(req.name not in self.reports, NOT_FOUND):
            return []
        del self.reports[req.name]
        return [rq.DropReportResp(), ev.ReportDropped(name=req.name)]

    def _list_reports(self, _req: rq.ListReportsReq, _no: Reasons) -> list[Message]:
        reports = [self.reports[name] for name in sorted(self.reports)]
        shown = [
            rq.ListReportsResp.Report(
                name=each.name, locations=sorted(each.locations), children_of=each.children_of, tagged=each.tagged
            )
            for each in reports
        ]
        return [rq.ListReportsResp(reports=shown)]

    def _get_report(self, req: rq.GetReportReq, no: Reasons) -> list[Message]:
        no.when(req.name not in self.reports, NOT_FOUND)
        no.when(len(req.sku_prefix) > limits.SKU_CHARS_MAX or min(req.least, req.limit) < 0, INVALID)
        no.when(len(req.products) > limits.REPORT_ROWS_MAX, INVALID)
        named = {no.uid(text, self.skus) for text in req.products}
        page = re.fullmatch(r"(0|[1-9][0-9]*):(.*)", req.page or f"{self.position}:{uid(0)}", re.ASCII)
        first, after = (int(page[1]), number(page[2])) if page else (0, NONE)
        no.when(first > self.position or after not in (self.skus if req.page else [0]), INVALID)
        if no:
            return []
        covered = self.covered(self.reports[req.name])
        outer = [at for at in covered if not {*self.path(at)[1:]} & {*covered}]
        by_sku = bool(req.sku_prefix) and not named
        found = sorted(named or self.skus, key=lambda each: self.skus[each] if by_sku else each)
        found = found[found.index(after) + 1 :] if after in found else [each for each in found if each > after]
        found = [each for each in found if self.skus[each].startswith(req.sku_prefix)]
        if req.least:
            free = {each: sum(self.on_hand(at, each) - self.reserved(at, each) for at in outer) for each in found}
            found = [each for each in found if free[each] < req.least]
        elif not named:
            found = [each for each in found if any(self.on_hand(at, each) for at in outer)]
        shown = found[: req.limit or None]
        resp = rq.GetReportResp(position=self.position, time_us=SPEC_NOW_US, first_position=first)
        resp.products.extend(map(uid, shown))
        resp.skus.extend(self.skus[each] for each in shown)
        for at in covered:
            column = resp.columns.add(location=uid(at), name=self.names[at], nested=at not in outer)
            self._fill(column, [at], shown)
        resp.total.SetInParent()
        self._fill(resp.total, outer, shown)
        resp.next_page = f"{first}:{uid(shown[-1])}" if len(shown) < len(found) else ""
        return [resp]

    def covered(self, report: ev.ReportDefined) -> list[int]:
        """Return the locations of a report."""
        if report.children_of:
            return self.children(number(report.children_of))
        if report.tagged:
            return sorted(at for at, tags in self.tags.items() if report.tagged in tags)
        return sorted(map(number, report.locations))

    def _fill(self, column: rq.GetReportResp.Column, locations: list[int], products: list[int]) -> None:
        for product in products:
            on_hand, reserved = (sum(of(at, product) for at in locations) for of in (self.on_hand, self.reserved))
            column.on_hand.append(on_hand)
            column.reserved.append(reserved)
            column.available.append(on_hand - reserved)


def lines_in_order(promised: Units) -> list[tuple[int, int, int]]:
    return sorted((product, at, units) for (at, product), units in promised.items())


def count(locs: Locs) -> int:
    return sum(1 + count(loc.locs) for loc in locs)


def levels(locs: Locs) -> int:
    return max((1 + levels(loc.locs) for loc in locs), default=0)
