"""Books: the facts of one tenant in plain dictionaries, entered event by event, each of which has to keep the rules.

They share nothing with the features but the messages. What is to be decided and answered by them is in `rules`.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

from google.protobuf.message import Message

from bf.inventory.api import events_pb2 as ev
from bf.inventory.limits import ALERTS_COUNT_MAX

ROOT = 0
Place = tuple[int, int]
"""A location and a product."""
Lines = dict[Place, int]


class WrongError(Exception):
    """An event that the rules do not allow."""


class Transfer(NamedTuple):
    """Goods on their way, by product."""

    source: int
    destination: int
    units: dict[int, int]


class Wave(NamedTuple):
    """Reservations that are picked together, in their order."""

    location: int
    reservations: list[int]


class Books:
    """One tenant's facts."""

    def __init__(self) -> None:
        self.now_us = 0
        """The time of the request that is looked at."""
        self.last = 0
        self.parents: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self.tags: dict[int, set[str]] = defaultdict(set)
        self.skus: dict[int, str] = {}
        self.products: dict[str, int] = {}
        self.came: dict[int, int] = defaultdict(int)
        """By product, what came in minus what went out: it is on hand or in transit."""
        self.here: Lines = defaultdict(int)
        self.on_hand: Lines = defaultdict(int)
        self.reserved: Lines = defaultdict(int)
        self.codes: dict[int, str] = {}
        self.promises: dict[int, Lines] = {}
        self.transfers: dict[str, Transfer] = {}
        self.in_transit: dict[int, int] = defaultdict(int)
        """By product, what all transfers have in transit."""
        self.enabled: set[str] = set()
        self.waves: dict[str, Wave] = {}
        self.reports: dict[str, ev.ReportDefined] = {}
        self.hooks: set[str] = set()
        """Which hooks have the script of the shop."""
        self.alerts: list[ev.AlertRaised] = []

    # What is there

    @property
    def places(self) -> set[int]:
        """Return every location."""
        return {ROOT, *self.parents}

    def path(self, location: int) -> list[int]:
        """Return a location and everything that it lies in, up to the root."""
        path = [location]
        while path[-1] != ROOT:
            path.append(self.parents[path[-1]])
        return path

    def children(self, location: int) -> list[int]:
        """Return what lies directly in a location, in order."""
        return sorted(each for each, parent in self.parents.items() if parent == location)

    def walk(self, location: int) -> Iterator[int]:
        """Yield a location and everything inside it, each before what is inside it."""
        yield location
        for child in self.children(location):
            yield from self.walk(child)

    def free(self, location: int, product: int) -> int:
        """Return the least that is free at a location and at everything that it lies in."""
        return min(self.on_hand[at, product] - self.reserved[at, product] for at in self.path(location))

    def promised_at(self, place: Place) -> int:
        """Return what is promised from anywhere inside a location, without what is promised further inside."""
        return sum(lines.get(place, 0) for lines in self.promises.values())

    @contextmanager
    def tried(self) -> Generator[None]:
        """Take back whatever is done in the block to where things lie, are placed or promised."""
        before = dict(self.parents), self.here.copy(), self.came.copy(), dict(self.codes)
        promises = {uid: dict(lines) for uid, lines in self.promises.items()}
        try:
            yield
        finally:
            (self.parents, self.here, self.came, self.codes), self.promises = before, promises
            self._add_up()

    # What happens

    def apply(self, event: Message) -> None:
        """Enter an event; WrongError if it breaks a rule."""
        enter = self._ENTRIES.get(type(event))
        if enter is None:
            raise WrongError(f"an event of an unknown kind: {type(event).__name__}")
        enter(self, event)
        for product, units in self.came.items():
            there = self.on_hand[ROOT, product] + self.in_transit[product]
            self._require(there == units, f"{there} units of {product} are on hand or in transit, {units} came")

    def _location_added(self, event: ev.LocationAdded) -> None:
        uid = self._created(event.uid)
        self.parents[uid], self.names[uid] = number_of(event.parent), event.name

    def _locations_tagged(self, event: ev.LocationsTagged) -> None:
        for location in map(number_of, event.locations):
            self.tags[location] = (self.tags[location] | {*event.added}) - {*event.removed}

    def _product_added(self, event: ev.ProductAdded) -> None:
        uid = self._created(event.uid)
        self.skus[uid], self.products[event.sku] = event.sku, uid

    def _location_moved(self, event: ev.LocationMoved) -> None:
        self.move(number_of(event.uid), number_of(event.new_parent))

    def _inventory_updated(self, event: ev.InventoryUpdated) -> None:
        place = number_of(event.location), number_of(event.product)
        self.came[place[1]] += event.on_hand_change
        self._put(place, event.on_hand_change, event.on_hand)

    def _stock_counted(self, event: ev.StockCounted) -> None:
        for item in event.items:
            self.came[number_of(item.product)] += item.difference
            self._put((number_of(event.location), number_of(item.product)), item.difference, item.on_hand)

    def _transfer_started(self, event: ev.TransferStarted) -> None:
        self._require(event.transfer not in self.transfers, f"transfer {event.transfer} is under way already")
        transfer = Transfer(number_of(event.source), number_of(event.destination), {})
        self.transfers[event.transfer] = transfer
        for item in event.items:
            product = number_of(item.product)
            transfer.units[product] = item.quantity
            self.in_transit[product] += item.quantity
            self._put((transfer.source, product), -item.quantity, item.on_hand)

    def _transfer_received(self, event: ev.TransferReceived) -> None:
        for item in event.items:
            product = number_of(item.product)
            self.came[product] -= item.missing
            self._arrive(event.transfer, product, item.received + item.missing)
            self._put((number_of(event.destination), product), item.received, item.on_hand)

    def _transfer_cancelled(self, event: ev.TransferCancelled) -> None:
        for item in event.items:
            self._arrive(event.transfer, number_of(item.product), item.returned)
            self._put((number_of(event.source), number_of(item.product)), item.returned, item.on_hand)
        self._require(event.transfer not in self.transfers, f"transfer {event.transfer} is cancelled and under way")

    def _arrive(self, code: str, product: int, units: int) -> None:
        self._require(code in self.transfers, f"transfer {code} is not under way")
        self.in_transit[product] -= units
        lines = self.transfers[code].units
        left = lines.pop(product, 0) - units
        self._require(left >= 0, f"{-left} units of {product} arrived that were not in transit")
        if left:
            lines[product] = left
        if not lines:
            del self.transfers[code]

    def _reserved(self, event: ev.Reserved) -> None:
        uid = self._created(event.reservation)
        lines: Lines = defaultdict(int)
        for item in event.items:
            lines[number_of(item.location), number_of(item.product)] += item.quantity
        self.codes[uid], self.promises[uid] = event.code, dict(lines)
        self.promise(lines, 1)

    def _fulfilled(self, event: ev.Fulfilled) -> None:
        self._close(event)
        for item in event.items:
            self.came[number_of(item.product)] -= item.removed
            self._put((number_of(item.location), number_of(item.product)), -item.removed, item.on_hand)

    def _close(self, event: ev.Fulfilled | ev.Cancelled) -> None:
        reservation = number_of(event.reservation)
        self._require(reservation in self.promises, f"reservation {reservation} is not open")
        del self.codes[reservation]
        self.promise(self.promises.pop(reservation), -1)

    def _allocated(self, event: ev.Allocated) -> None:
        """What is promised from places lies at these very places, whoever else is promised some of it there."""
        lines = self.promises.get(number_of(event.reservation), {})
        place = number_of(event.location), number_of(event.product)
        units = lines.pop(place, 0)
        self._require(0 < units == sum(item.quantity for item in event.items), f"{units} units are promised at {place}")
        self.promise({place: units}, -1)
        for item in event.items:
            at = number_of(item.location), place[1]
            self._require(place[0] in self.path(at[0]), f"{at[0]} is not inside {place[0]}")
            lines[at] = lines.get(at, 0) + item.quantity
            self.promise({at: item.quantity}, 1)
            self._require(self.promised_at(at) <= self.here[at], f"what is planned does not lie at {at}")

    def _wave_planned(self, event: ev.WavePlanned) -> None:
        wave = Wave(number_of(event.location), [*map(number_of, event.reservations)])
        planned = {each for other in self.waves.values() for each in other.reservations}
        self._require(event.wave not in self.waves, f"wave {event.wave} is there already")
        self._require({*wave.reservations} <= {*self.promises} - planned, f"{wave} has what is closed or in a wave")
        self.waves[event.wave] = wave

    def _wave_picked(self, event: ev.WavePicked) -> None:
        self._require(event.wave in self.waves, f"there is no wave {event.wave}")
        left = self.waves[event.wave].reservations
        for reservation in map(number_of, (*event.picked, *(each.reservation for each in event.skipped))):
            self._require(reservation in left, f"{reservation} is not in the wave {event.wave}")
            left.remove(reservation)
        self._require(not {*map(number_of, event.picked)} & {*self.promises}, "what is picked is still promised")
        if not left:
            del self.waves[event.wave]

    def _feature_enabled(self, event: ev.FeatureEnabled) -> None:
        self.enabled.add(event.feature)

    def _feature_disabled(self, event: ev.FeatureDisabled) -> None:
        self.enabled.remove(event.feature)

    def _report_defined(self, event: ev.ReportDefined) -> None:
        self._require(event.name not in self.reports, f"report {event.name} is there already")
        self.reports[event.name] = event

    def _report_dropped(self, event: ev.ReportDropped) -> None:
        self._require(self.reports.pop(event.name, None) is not None, f"there is no report {event.name}")

    def _script_installed(self, event: ev.ScriptInstalled) -> None:
        self.hooks.add(event.hook)

    def _alert_raised(self, event: ev.AlertRaised) -> None:
        last = self.alerts[-1].number if self.alerts else 0
        self._require(event.number == last + 1, f"alert {event.number} follows {last}")
        self.alerts = [*self.alerts, event][-ALERTS_COUNT_MAX:]

    def _created(self, text: str) -> int:
        uid = number_of(text)
        self._require(uid == self.last + 1, f"uid {uid} follows {self.last}")
        self.last = uid
        return uid

    def _put(self, place: Place, units: int, left: int) -> None:
        """Lay units down or take them away, after which so many are said to lie there."""
        location, product = place
        self.here[place] += units
        self._require(self.here[place] >= 0, f"{self.here[place]} units of {product} at {location}")
        self._require(self.here[place] == left, f"on hand is {self.here[place]} at {place}, not {left}")
        for at in self.path(location):
            self.on_hand[at, product] += units
            self._require_covered(at, product)

    def promise(self, lines: Lines, sign: int) -> None:
        """Promise units, or give promises back; WrongError if anything is oversold."""
        for (location, product), units in lines.items():
            for at in self.path(location):
                self.reserved[at, product] += sign * units
                self._require_covered(at, product)

    def move(self, moved: int, parent: int) -> None:
        """Put a location into another one; WrongError if anything is oversold."""
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

    _ENTRIES: ClassVar[dict[type[Message], Callable[[Any, Any], None]]] = {
        ev.LocationAdded: _location_added,
        ev.LocationsTagged: _locations_tagged,
        ev.LocationMoved: _location_moved,
        ev.ProductAdded: _product_added,
        ev.InventoryUpdated: _inventory_updated,
        ev.StockCounted: _stock_counted,
        ev.TransferStarted: _transfer_started,
        ev.TransferReceived: _transfer_received,
        ev.TransferCancelled: _transfer_cancelled,
        ev.Reserved: _reserved,
        ev.Fulfilled: _fulfilled,
        ev.Cancelled: _close,
        ev.Allocated: _allocated,
        ev.WavePlanned: _wave_planned,
        ev.WavePicked: _wave_picked,
        ev.FeatureEnabled: _feature_enabled,
        ev.FeatureDisabled: _feature_disabled,
        ev.ReportDefined: _report_defined,
        ev.ReportDropped: _report_dropped,
        ev.ScriptInstalled: _script_installed,
        ev.AlertRaised: _alert_raised,
    }
    """By kind of event, how it is entered."""


def number_of(text: str) -> int:
    """Return the number behind a uid, or -1 if it is none."""
    start = "00000000-0000-0000-0000-"
    tail = text.removeprefix(start)
    is_uid = text.startswith(start) and len(tail) == 12 and set(tail) <= set("0123456789abcdef")  # noqa: PLR2004  # digits of a uid
    return int(tail, 16) if is_uid else -1
