"""Events that are applied to a state in memory, a kind at a time: what a replay costs besides the log.

python bench/apply.py [--size 20000] [--quick] [--json]
"""

import statistics
from collections.abc import Iterator, Sequence

from google.protobuf.message import Message

from bf.adapters.sqlite.database import empty_state
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.core.uid import uid_text
from bf.inventory.api.events_pb2 import Cancelled, Fulfilled, InventoryUpdated, ProductAdded, Reserved
from bf.inventory.domain import INVENTORY
from figures import MORE, Figure, Size, run_bench, seconds_of
from tenants import tree

ROUNDS = 3
BIN = uid_text(4)
PRODUCTS = 1_000


def history(count: int) -> dict[str, Sequence[Message]]:
    """Return so many events of each kind, in the order in which they can happen; stock lies four levels deep."""
    products = [uid_text(count + number + 1) for number in range(count)]
    stocked = [products[number % min(count, PRODUCTS)] for number in range(count)]
    orders = [uid_text(2 * count + number + 1) for number in range(count)]
    gone, closed = zip(orders[::2], stocked[::2], strict=True), zip(orders[1::2], stocked[1::2], strict=True)
    return {
        "LocationAdded": list(tree(count)),
        "ProductAdded": [ProductAdded(uid=uid, sku=f"sku {number}") for number, uid in enumerate(products)],
        "InventoryUpdated": [InventoryUpdated(location=BIN, product=uid, on_hand_change=9) for uid in stocked],
        "Reserved": [
            Reserved(
                reservation=order,
                code=f"order {order}",
                items=[Reserved.Item(product=uid, quantity=1, location=BIN)],
            )
            for order, uid in zip(orders, stocked, strict=True)
        ],
        "Cancelled": [
            Cancelled(reservation=order, items=[Cancelled.Item(product=uid, location=BIN, released=1)])
            for order, uid in gone
        ],
        "Fulfilled": [
            Fulfilled(reservation=order, items=[Fulfilled.Item(product=uid, location=BIN, removed=1)])
            for order, uid in closed
        ],
    }


def apply(count: int) -> Iterator[Figure]:
    """Yield the rate of each kind, and of all together; medians over the rounds."""
    kinds = history(count)
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        state = empty_state(INVENTORY)
        for kind, events in kinds.items():
            seconds[kind].append(seconds_of(lambda state=state, events=events: replay(state, events)))
    for kind, took in seconds.items():
        yield Figure(f"{kind} applied", len(kinds[kind]) / statistics.median(took), "events/s", MORE)
    rounds = [sum(took) for took in zip(*seconds.values(), strict=True)]
    yield Figure("all of them applied", sum(map(len, kinds.values())) / statistics.median(rounds), "events/s", MORE)


def replay(state: State, events: Sequence[Message]) -> None:
    """Apply events in one transaction."""
    state.begin()
    state.replay(events, SPEC_NOW_US)
    state.keep(state.pos)
    state.commit()


if __name__ == "__main__":
    run_bench(__doc__, {"apply": apply}, Size("events of a kind", usual=20_000, quick=500))
