"""Books: the rules of stock keeping over plain dictionaries, against which every commit and every answer is held.

They share nothing with the features but the messages. Where a request is wrong in several ways, every code that is
right is right here.
"""

from collections import defaultdict
from collections.abc import Iterable

from google.protobuf.message import Message

from bf.core.refusal import Code
from bf.core.uid import uid_text
from bf.inventory.api import events_pb2 as ev
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.limits import LOCATION_DEPTH_MAX

ROOT = 0
Place = tuple[int, int]
"""A location and a product."""
Lines = dict[Place, int]


class WrongError(Exception):
    """An event that the rules do not allow."""


class Books:
    """One tenant's facts."""

    def __init__(self) -> None:
        self.last = 0
        self.parents: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self.skus: dict[int, str] = {}
        self.products: dict[str, int] = {}
        self.here: Lines = defaultdict(int)
        self.on_hand: Lines = defaultdict(int)
        self.reserved: Lines = defaultdict(int)
        self.codes: dict[int, str] = {}
        self.promises: dict[int, Lines] = {}
        self.scripted = False
        """Whether orders of several products are reserved at the root, as the script of the shop says."""

    # What is there

    def path(self, location: int) -> list[int]:
        """Return a location and everything that it lies in, up to the root."""
        path = [location]
        while path[-1] != ROOT:
            path.append(self.parents[path[-1]])
        return path

    def free(self, location: int, product: int) -> int:
        """Return the least that is free at a location and at everything that it lies in."""
        return min(self.on_hand[at, product] - self.reserved[at, product] for at in self.path(location))

    def inventory(self, location: int) -> rq.GetLocInventoryResp:
        """Say what lies inside a location."""
        resp = rq.GetLocInventoryResp()
        for product in sorted(self.skus):
            on_hand = self.on_hand[location, product]
            if on_hand:
                available = on_hand - self.reserved[location, product]
                resp.items.add(product=uid_text(product), on_hand=on_hand, available=available)
        return resp

    # What happens

    def apply(self, event: Message) -> None:
        """Enter an event; WrongError if it breaks a rule."""
        match event:
            case ev.LocationAdded():
                uid = self._created(event.uid)
                self.parents[uid], self.names[uid] = _number(event.parent), event.name
            case ev.ProductAdded():
                uid = self._created(event.uid)
                self.skus[uid], self.products[event.sku] = event.sku, uid
            case ev.LocationMoved():
                self._move(_number(event.uid), _number(event.new_parent))
            case ev.InventoryUpdated():
                place = _number(event.location), _number(event.product)
                self._put(place, event.on_hand_change)
                self._require(self.here[place] == event.on_hand, f"on hand is {self.here[place]}, not {event.on_hand}")
            case ev.Reserved():
                uid = self._created(event.reservation)
                lines = {(_number(item.location), _number(item.product)): item.quantity for item in event.items}
                self.codes[uid], self.promises[uid] = event.code, lines
                self._promise(lines, 1)
            case ev.Fulfilled():
                self._close(_number(event.reservation))
                for item in event.items:
                    self._put((_number(item.location), _number(item.product)), -item.removed)
            case ev.Cancelled():
                self._close(_number(event.reservation))
            case ev.ScriptInstalled():
                self.scripted = True
            case _:
                raise WrongError(f"an event of an unknown kind: {type(event).__name__}")

    def _created(self, text: str) -> int:
        uid = _number(text)
        self._require(uid == self.last + 1, f"uid {uid} follows {self.last}")
        self.last = uid
        return uid

    def _put(self, place: Place, units: int) -> None:
        location, product = place
        self.here[place] += units
        self._require(self.here[place] >= 0, f"{self.here[place]} units of {product} at {location}")
        for at in self.path(location):
            self.on_hand[at, product] += units
            self._require_covered(at, product)

    def _promise(self, lines: Lines, sign: int) -> None:
        for (location, product), units in lines.items():
            for at in self.path(location):
                self.reserved[at, product] += sign * units
                self._require_covered(at, product)

    def _close(self, reservation: int) -> None:
        self._require(reservation in self.promises, f"reservation {reservation} is not open")
        del self.codes[reservation]
        self._promise(self.promises.pop(reservation), -1)

    def _move(self, moved: int, parent: int) -> None:
        self.parents[moved] = parent
        self._add_up()
        for at, product in list(self.reserved):
            self._require_covered(at, product)

    def _add_up(self) -> None:
        self.on_hand.clear()
        self.reserved.clear()
        for (location, product), units in self.here.items():
            for at in self.path(location):
                self.on_hand[at, product] += units
        for lines in self.promises.values():
            for (location, product), units in lines.items():
                for at in self.path(location):
                    self.reserved[at, product] += units

    def _require_covered(self, location: int, product: int) -> None:
        reserved, on_hand = self.reserved[location, product], self.on_hand[location, product]
        self._require(
            reserved <= on_hand, f"oversold: {reserved} of product {product} inside {location}, {on_hand} on hand"
        )

    def _require(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001  # a sentence follows it
        if not holds:
            raise WrongError(otherwise)

    # What is to be answered

    def expect(self, request: Message, now_us: int) -> tuple[set[int], list[Message]]:
        """Return the codes that are right for a request of a time, and the events if that is OK."""
        wrong: set[int] = set()
        events: list[Message] = []
        match request:
            case rq.AddProductsReq():
                events = self._add_products(request, wrong)
            case rq.AddLocationsReq():
                events = self._add_locations(request, wrong)
            case rq.MoveLocationReq():
                events = self._move_location(request, wrong)
            case rq.UpdateInventoryReq():
                events = self._update(request, wrong)
            case rq.ReserveReq():
                events = self._reserve(request, wrong)
            case rq.FulfillReq():
                events = self._fulfill(request, wrong)
            case rq.CancelReq():
                events = self._cancel(request, wrong)
            case rq.InstallScriptReq():
                events = [self._installed(request, now_us)]
            case _:
                raise WrongError(f"{type(request).__name__} in the log")
        return (wrong, []) if wrong else ({Code.OK}, events)

    def _add_products(self, req: rq.AddProductsReq, wrong: set[int]) -> list[Message]:
        if len({*req.skus, *self.products}) < len(req.skus) + len(self.products):
            wrong.add(Code.ALREADY_EXISTS)
        return [ev.ProductAdded(uid=uid_text(self.last + 1 + n), sku=sku) for n, sku in enumerate(req.skus)]

    def _add_locations(self, req: rq.AddLocationsReq, wrong: set[int]) -> list[Message]:
        parent = self._find(req.parent, self._places(), wrong)
        siblings = {name for uid, name in self.names.items() if self.parents[uid] == parent}
        if any(loc.name in siblings for loc in req.locs):
            wrong.add(Code.ALREADY_EXISTS)
        events: list[Message] = []
        self._add_inside(req.parent, req.locs, events)
        return events

    def _add_inside(self, parent: str, locs: Iterable[rq.AddLocationsReq.Loc], events: list[Message]) -> None:
        for loc in locs:
            uid = uid_text(self.last + 1 + len(events))
            events.append(ev.LocationAdded(uid=uid, name=loc.name, parent=parent))
            self._add_inside(uid, loc.locs, events)

    def _move_location(self, req: rq.MoveLocationReq, wrong: set[int]) -> list[Message]:
        moved, parent = self._find(req.uid, self._places(), wrong), self._find(req.new_parent, self._places(), wrong)
        if wrong:
            return []
        if moved in self.path(parent) or moved == ROOT:
            wrong.add(Code.FAILED_PRECONDITION)
            return []
        old = self.parents[moved]
        if old == parent:
            return []
        if any(self.parents[each] == parent and name == self.names[moved] for each, name in self.names.items()):
            wrong.add(Code.ALREADY_EXISTS)
        self._try_move(moved, old, parent, wrong)
        return [ev.LocationMoved(uid=req.uid, old_parent=uid_text(old), new_parent=req.new_parent)]

    def _try_move(self, moved: int, old: int, parent: int, wrong: set[int]) -> None:
        try:
            self._move(moved, parent)
            if any(len(self.path(each)) - 1 > LOCATION_DEPTH_MAX for each in self.parents):
                wrong.add(Code.FAILED_PRECONDITION)
        except WrongError:
            wrong.add(Code.FAILED_PRECONDITION)
        self.parents[moved] = old
        self._add_up()

    def _update(self, req: rq.UpdateInventoryReq, wrong: set[int]) -> list[Message]:
        location, product = self._find(req.location, self._places(), wrong), self._find(req.product, self.skus, wrong)
        change = req.on_hand_change
        if location == ROOT or not change:
            wrong.add(Code.INVALID_ARGUMENT)
        if wrong:
            return []
        on_hand = self.here[location, product] + change
        if on_hand < 0 or (change < 0 and self.free(location, product) < -change):
            wrong.add(Code.FAILED_PRECONDITION)
        return [ev.InventoryUpdated(location=req.location, product=req.product, on_hand_change=change, on_hand=on_hand)]

    def _reserve(self, req: rq.ReserveReq, wrong: set[int]) -> list[Message]:
        location = self._find(req.location, self._places(), wrong)
        if req.reservation in self.codes.values():
            wrong.add(Code.ALREADY_EXISTS)
        if not req.items or any(item.quantity <= 0 for item in req.items):
            wrong.add(Code.INVALID_ARGUMENT)
        if any(item.sku not in self.products for item in req.items):
            wrong.add(Code.NOT_FOUND)
            return []
        units: dict[int, int] = defaultdict(int)
        for item in req.items:
            units[self.products[item.sku]] += item.quantity
        at = uid_text(ROOT) if self.scripted and len(units) > 1 else req.location
        location = ROOT if at != req.location else location
        if not wrong and any(self.free(location, product) < count for product, count in units.items()):
            wrong.add(Code.FAILED_PRECONDITION)
        event = ev.Reserved(reservation=uid_text(self.last + 1), code=req.reservation)
        for product, count in units.items():
            event.items.add(product=uid_text(product), quantity=count, location=at)
        return [event]

    def _installed(self, req: rq.InstallScriptReq, now_us: int) -> Message:
        return ev.ScriptInstalled(hook=req.hook, name=req.name, version=1, source=req.source, time_us=now_us)

    def _fulfill(self, req: rq.FulfillReq, wrong: set[int]) -> list[Message]:
        reservation = self._find(req.reservation, self.promises, wrong)
        if not req.items or any(item.quantity <= 0 for item in req.items):
            wrong.add(Code.INVALID_ARGUMENT)
        taken: Lines = defaultdict(int)
        for item in req.items:
            place = self._find(item.location, self._places(), wrong), self._find(item.product, self.skus, wrong)
            taken[place] += item.quantity
        if wrong:
            return []
        lines = self.promises[reservation]
        left: Lines = {place: self.here[place] - units for place, units in taken.items()}
        if (
            any(units < 0 for units in left.values())
            or not self._belongs(lines, taken)
            or not self._covered_without(lines, taken)
        ):
            wrong.add(Code.FAILED_PRECONDITION)
        event = ev.Fulfilled(reservation=req.reservation)
        for (location, product), units in taken.items():
            place = uid_text(product), uid_text(location)
            event.items.add(product=place[0], location=place[1], removed=units, on_hand=max(0, left[location, product]))
        return [event]

    def _belongs(self, lines: Lines, taken: Lines) -> bool:
        """Say whether all that is taken was promised; in a simulation a reservation has one location."""
        wanted: dict[int, int] = defaultdict(int)
        for (location, product), units in taken.items():
            wanted[product] += units
            if not any(promised == product and at in self.path(location) for at, promised in lines):
                return False
        return all(
            units <= sum(count for (_, each), count in lines.items() if each == product)
            for product, units in wanted.items()
        )

    def _covered_without(self, lines: Lines, taken: Lines) -> bool:
        """Say whether every other promise is covered when the goods are gone and this one is closed."""
        change: Lines = defaultdict(int)
        for (location, product), units in taken.items():
            for at in self.path(location):
                change[at, product] -= units
        for (location, product), units in lines.items():
            for at in self.path(location):
                change[at, product] += units
        return all(self.on_hand[place] - self.reserved[place] + units >= 0 for place, units in change.items())

    def _cancel(self, req: rq.CancelReq, wrong: set[int]) -> list[Message]:
        reservation = self._find(req.reservation, self.promises, wrong)
        event = ev.Cancelled(reservation=req.reservation)
        if not wrong:
            for (location, product), units in sorted(
                self.promises[reservation].items(), key=lambda line: line[0][::-1]
            ):
                event.items.add(product=uid_text(product), location=uid_text(location), released=units)
        return [event]

    def _places(self) -> set[int]:
        return {ROOT, *self.parents}

    def _find(self, text: str, known: Iterable[int], wrong: set[int]) -> int:
        uid = _number(text)
        if uid < 0:
            wrong.add(Code.INVALID_ARGUMENT)
        elif uid not in known:
            wrong.add(Code.NOT_FOUND)
        return uid


def _number(text: str) -> int:
    """Return the number behind a uid, or -1 if it is none."""
    start = "00000000-0000-0000-0000-"
    tail = text.removeprefix(start)
    is_uid = text.startswith(start) and len(tail) == 12 and set(tail) <= set("0123456789abcdef")  # noqa: PLR2004  # digits of a uid
    return int(tail, 16) if is_uid else -1
