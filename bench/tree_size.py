"""What a request costs in a tenant of 100, 10,000 and 100,000 locations, in process, the tenants in turn.

    python bench/tree_size.py [--requests 2000] [--json]

The trees have the same depth (zone, row, shelf, bin): only their size differs. Every request is committed, in memory.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from google.protobuf.message import Message

from bf.adapters.sqlite.database import empty_state
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.core.uid import uid_text
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, ProductAdded
from bf.inventory.api.requests_pb2 import GetLocInventoryReq, MoveLocationReq, ReserveReq, UpdateInventoryReq
from bf.inventory.domain import INVENTORY

SIZES = (100, 10_000, 100_000)
PRODUCTS = 50
UNITS = 10**6
BLOCK = 100
"""Requests of one tenant before it is the next one's turn, so that a slow moment of the machine hits all."""


class Tenant:
    """A tree of so many locations, the first bins stocked with every product."""

    def __init__(self, size: int) -> None:
        self.state: State = empty_state(INVENTORY)
        self.zone, self.row, self.shelf = (uid_text(number) for number in (1, 2, 3))
        self.bins = [uid_text(number) for number in range(4, 14)]
        self.skus = [f"sku {number}" for number in range(PRODUCTS)]
        self.products = [uid_text(size + number + 1) for number in range(PRODUCTS)]
        self.places = [uid_text(0), self.zone, self.row, self.shelf, *self.bins]
        self._number = 0
        self.state.begin()
        self.state.replay(self._given(size), SPEC_NOW_US)
        self.state.commit(self.state.pos)

    def _given(self, size: int) -> list[Message]:
        """Zones of ten rows of ten shelves of ten bins."""
        parents, events = [0, 0, 0, 0], list[Message]()
        level, uid = 1, 0
        filled = [0] * 5
        while uid < size:
            uid += 1
            events.append(LocationAdded(uid=uid_text(uid), name=f"location {uid}", parent=uid_text(parents[level - 1])))
            filled[level] += 1
            if level < len(parents):
                parents[level] = uid
                level += 1
                filled[level] = 0
            while level > 1 and filled[level] == 10:  # noqa: PLR2004  # ten inside each, as said above
                level -= 1
        events += [ProductAdded(uid=uid, sku=sku) for uid, sku in zip(self.products, self.skus, strict=True)]
        events += [
            InventoryUpdated(location=bin_, product=product, on_hand_change=UNITS, on_hand=UNITS)
            for bin_ in self.bins
            for product in self.products
        ]
        return events

    def time_us(self, request: Message) -> float:
        """Carry out and commit one request."""
        begun_at = time.perf_counter()
        self.state.begin()
        self.state.execute(request, SPEC_NOW_US)
        self.state.commit(self.state.pos)
        return (time.perf_counter() - begun_at) * 1e6

    def next(self) -> int:
        """Count the requests."""
        self._number += 1
        return self._number


def reserve(lines: int, place: int) -> Callable[[Tenant], Message]:
    """Ask for so many lines at a place: 0 is the root, 4 and more are bins."""

    def ask(tenant: Tenant) -> Message:
        number = tenant.next()
        items = [
            ReserveReq.Item(sku=tenant.skus[(number + line) % PRODUCTS], quantity=1 + number % 5)
            for line in range(lines)
        ]
        return ReserveReq(reservation=f"order {number}", items=items, location=tenant.places[place])

    return ask


def update(tenant: Tenant) -> Message:
    """Bring some units into a bin, or take them out."""
    number = tenant.next()
    bin_, product = tenant.bins[number % 10], tenant.products[number % PRODUCTS]
    return UpdateInventoryReq(location=bin_, product=product, on_hand_change=5 if number % 2 else -4)


def query(tenant: Tenant) -> Message:
    """Ask what is in a bin."""
    return GetLocInventoryReq(location=tenant.bins[tenant.next() % 10])


def move(tenant: Tenant) -> Message:
    """Carry a bin with all its products to another shelf, and back."""
    return MoveLocationReq(uid=tenant.bins[0], new_parent=tenant.row if tenant.next() % 2 else tenant.shelf)


REQUESTS: dict[str, Callable[[Tenant], Message]] = {
    "reserve 1 line at the root": reserve(1, 0),
    "reserve 1 line in a bin": reserve(1, 4),
    "reserve 10 lines at the root": reserve(10, 0),
    "update a bin": update,
    "query a bin of 50 products": query,
    "move a bin of 50 products": move,
}


def main() -> None:
    """Print p50 and p99 in µs for each request and size, and the largest tenant against the smallest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    tenants = {size: Tenant(size) for size in SIZES}
    result: dict[str, dict[str, float]] = {}
    for name, ask in REQUESTS.items():
        times: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(max(1, args.requests // BLOCK)):
            for size, tenant in tenants.items():
                times[size] += [tenant.time_us(ask(tenant)) for _ in range(BLOCK)]
        result[name] = {
            **{f"p50_us_{size}": statistics.median(times[size]) for size in SIZES},
            **{f"p99_us_{size}": statistics.quantiles(times[size], n=100)[98] for size in SIZES},
        }
        result[name]["largest_by_smallest"] = result[name][f"p50_us_{SIZES[-1]}"] / result[name][f"p50_us_{SIZES[0]}"]
    if args.json:
        print(json.dumps(result))
        return
    print(f"{'µs, p50 (p99)':<30}" + "".join(f"{f'{size:,} locations':>22}" for size in SIZES) + f"{'ratio':>8}")
    for name, row in result.items():
        cells = "".join(f"{_cell(row, size):>22}" for size in SIZES)
        print(f"{name:<30}{cells}{row['largest_by_smallest']:>8.2f}")


def _cell(row: dict[str, float], size: int) -> str:
    return f"{row[f'p50_us_{size}']:.1f} ({row[f'p99_us_{size}']:.0f})"


if __name__ == "__main__":
    main()
