"""A tenant in memory of any size: a tree of the same depth, products that lie in its first bins, open reservations."""

import time
from collections.abc import Callable, Iterator

from google.protobuf.message import Message

from bf.adapters.sqlite.database import empty_state
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.core.uid import uid_text
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, ProductAdded, Reserved
from bf.inventory.api.requests_pb2 import (
    AddLocationsReq,
    AddProductsReq,
    GetLocInventoryReq,
    MoveLocationReq,
    ReserveReq,
    UpdateInventoryReq,
)
from bf.inventory.domain import INVENTORY

PRODUCTS = 50
UNITS = 10**6
LEVELS = 4
FANOUT = 10


class Tenant:
    """A tree of so many locations, the first bins stocked with every product, and so many open reservations there."""

    def __init__(self, locations: int, products: int = PRODUCTS, reservations: int = 0, bins: int = FANOUT) -> None:
        self.state: State = empty_state(INVENTORY)
        self.zone, self.row, self.shelf = (uid_text(number) for number in (1, 2, 3))
        self.bins = [uid_text(number) for number in range(LEVELS, LEVELS + bins)]
        self.skus = [f"sku {number}" for number in range(products)]
        self.products = [uid_text(locations + number + 1) for number in range(products)]
        self.places = [uid_text(0), self.zone, self.row, self.shelf, *self.bins]
        self._number = 0
        self.state.begin()
        self.state.replay(tree(locations), SPEC_NOW_US)
        self.state.replay(self._stock(), SPEC_NOW_US)
        self.state.replay(self._promises(locations + products + 1, reservations), SPEC_NOW_US)
        self.state.keep(self.state.pos)
        self.state.commit()

    def _stock(self) -> Iterator[Message]:
        for uid, sku in zip(self.products, self.skus, strict=True):
            yield ProductAdded(uid=uid, sku=sku)
        for bin_ in self.bins:
            for product in self.products:
                yield InventoryUpdated(location=bin_, product=product, on_hand_change=UNITS, on_hand=UNITS)

    def _promises(self, uid: int, reservations: int) -> Iterator[Message]:
        for number in range(reservations):
            product, bin_ = self.products[number % len(self.products)], self.bins[number % len(self.bins)]
            items = [Reserved.Item(product=product, quantity=1, location=bin_)]
            yield Reserved(reservation=uid_text(uid + number), code=f"open {number}", items=items)

    def time_us(self, request: Message, *, keep: bool = True) -> float:
        """Carry out a request and commit it; what is not to be kept is taken back, which does not count."""
        begun_at = time.perf_counter()
        self.state.begin()
        self.state.execute(request, SPEC_NOW_US)
        if keep:
            self.state.keep(self.state.pos)
            self.state.commit()
        took = time.perf_counter() - begun_at
        if not keep:
            self.state.rollback()
        return took * 1e6

    def next(self) -> int:
        """Count the requests."""
        self._number += 1
        return self._number


def tree(size: int) -> Iterator[LocationAdded]:
    """Yield so many locations: zones of ten rows of ten shelves of ten bins."""
    parents, filled, level = [0] * LEVELS, [0] * (LEVELS + 1), 1
    for uid in range(1, size + 1):
        yield LocationAdded(uid=uid_text(uid), name=f"location {uid}", parent=uid_text(parents[level - 1]))
        filled[level] += 1
        if level < LEVELS:
            parents[level] = uid
            level += 1
            filled[level] = 0
        while level > 1 and filled[level] == FANOUT:
            level -= 1


Ask = Callable[[Tenant], Message]


def reserve(lines: int, place: int) -> Ask:
    """Ask for so many lines at a place: 0 is the root, 4 and more are bins."""

    def ask(tenant: Tenant) -> Message:
        number = tenant.next()
        skus = tenant.skus
        items = [
            ReserveReq.Item(sku=skus[(number + line) % len(skus)], quantity=1 + number % 5) for line in range(lines)
        ]
        return ReserveReq(reservation=f"order {number}", items=items, location=tenant.places[place])

    return ask


def update(tenant: Tenant) -> Message:
    """Bring some units into a bin, or take them out."""
    number = tenant.next()
    bin_, product = tenant.bins[number % len(tenant.bins)], tenant.products[number % len(tenant.products)]
    return UpdateInventoryReq(location=bin_, product=product, on_hand_change=5 if number % 2 else -4)


def query(tenant: Tenant) -> Message:
    """Ask what is in a bin: the first fifty products, where there are more."""
    return GetLocInventoryReq(location=tenant.bins[tenant.next() % len(tenant.bins)], limit=PRODUCTS)


def move(tenant: Tenant) -> Message:
    """Carry a bin with all its products to another shelf, and back."""
    return MoveLocationReq(uid=tenant.bins[0], new_parent=tenant.row if tenant.next() % 2 else tenant.shelf)


def add_location(tenant: Tenant) -> Message:
    """Add a bin."""
    return AddLocationsReq(parent=tenant.shelf, locs=[AddLocationsReq.Loc(name=f"bin {tenant.next()}")])


def add_product(tenant: Tenant) -> Message:
    """Add a product."""
    return AddProductsReq(skus=[f"new sku {tenant.next()}"])
