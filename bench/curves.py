"""How the time of a request grows with the tenant: against locations, products, open reservations and the log's length.

    python bench/curves.py [locations] [products] [reservations] [log] [--size 100000] [--quick] [--json] [--plot FILE]

Sizes go up tenfold from 100 to --size. The slope is that of a straight line through the points on logarithmic axes: 0
is a cost that does not grow, 1 one that grows as fast as the tenant. The tenants take turns. Against locations,
products and reservations a request runs in memory and is taken back; against the log it is on the disk in the end.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from google.protobuf.message import Message

from bf.cli.plotting import Point, plot_lines, require_plotting
from bf.cli.usage import UsageError
from bf.core.uid import uid_text
from bf.inventory.api import requests_pb2 as rq
from durable import Bench, in_flight
from figures import FACT, LESS, Figure, Figures, Part, Size, bench_parser, print_figures
from tenants import Ask, Tenant, add_location, add_product, query, reserve, update

SMALLEST = 100
BLOCK, BLOCKS = 50, 10
"""Requests of one tenant before it is the next one's turn, and how many turns there are."""

LOG_TURNS = 20
REBUILDS = 3

REQUESTS: dict[str, Ask] = {
    "reserve": reserve(1, 4),
    "update": update,
    "query": query,
    "add a location": add_location,
    "add a product": add_product,
}

Times = Mapping[int, list[float]]


def sizes(largest: int) -> list[int]:
    """Return 100 and each ten times as much, up to the largest."""
    return [SMALLEST * 10**power for power in range(max(1, round(math.log10(largest / SMALLEST))) + 1)]


def slope(points: list[Point]) -> float:
    """Return the slope of the straight line through points on logarithmic axes, least squares."""
    return statistics.linear_regression(*zip(*((math.log(x), math.log(y)) for x, y in points), strict=True)).slope


class Curves:
    """The curves that were measured so far, for a plot."""

    def __init__(self) -> None:
        self.lines: dict[str, list[Point]] = {}

    def locations(self, largest: int) -> Iterator[Figure]:
        """Grow the tree, at the same depth."""
        return self.in_memory("locations", {size: Tenant(size, bins=1) for size in sizes(largest)})

    def products(self, largest: int) -> Iterator[Figure]:
        """Grow the catalogue, and what lies in one bin."""
        return self.in_memory("products", {size: Tenant(SMALLEST, products=size, bins=1) for size in sizes(largest)})

    def reservations(self, largest: int) -> Iterator[Figure]:
        """Grow the open reservations, all at one bin."""
        tenants = {size: Tenant(SMALLEST, reservations=size, bins=1) for size in sizes(largest)}
        return self.in_memory("open reservations", tenants)

    def in_memory(self, what: str, tenants: Mapping[int, Tenant]) -> Iterator[Figure]:
        """Time requests in tenants of several sizes."""
        for name, ask in REQUESTS.items():
            times: dict[int, list[float]] = {size: [] for size in tenants}
            for _ in range(BLOCKS):
                for size, tenant in tenants.items():
                    times[size] += [tenant.time_us(ask(tenant), keep=False) for _ in range(BLOCK)]
            yield from self.curve(name, what, times)

    async def log(self, largest: int) -> Figures:
        """Grow the log, and rebuild the state from all of it."""
        async with Bench() as bench:
            tenants = {size: await grown(bench, size) for size in sizes(largest)}
            timed: dict[str, dict[int, list[float]]] = {name: {size: [] for size in tenants} for name in DURABLE}
            for turn in range(LOG_TURNS):
                for size, tenant in tenants.items():
                    for name, ask in DURABLE.items():
                        timed[name][size].append(await call_us(bench, tenant, ask(turn)))
            timed["rebuild the state"] = {size: await rebuilds_us(bench, tenant) for size, tenant in tenants.items()}
        return [figure for name, times in timed.items() for figure in self.curve(name, "events in the log", times)]

    def curve(self, name: str, what: str, times: Times) -> Iterator[Figure]:
        """Keep the medians as a line; yield the time at its end and its slope."""
        points: list[Point] = [(size, statistics.median(took)) for size, took in times.items()]
        self.lines[f"{name}, by {what}"] = points
        largest, end = points[-1]
        yield Figure(f"{name}, {largest:,} {what}", end, "µs", LESS)
        yield Figure(f"{name}, by {what}, slope", slope(points), "slope", FACT)


BIN, FIRST_PRODUCT, PRODUCTS = uid_text(2), 3, 50


def delivery(number: int) -> rq.UpdateInventoryReq:
    """Bring units of a product into the bin."""
    product = uid_text(FIRST_PRODUCT + number % PRODUCTS)
    return rq.UpdateInventoryReq(location=BIN, product=product, on_hand_change=100)


DURABLE: dict[str, Callable[[int], Message]] = {
    "reserve": lambda turn: rq.ReserveReq(
        reservation=f"order {turn}", location=BIN, items=[rq.ReserveReq.Item(sku="sku 0", quantity=1)]
    ),
    "update": delivery,
    "query": lambda _: rq.GetLocInventoryReq(location=BIN),
    "add a location": lambda turn: rq.AddLocationsReq(
        parent=uid_text(1), locs=[rq.AddLocationsReq.Loc(name=f"new bin {turn}")]
    ),
    "add a product": lambda turn: rq.AddProductsReq(skus=[f"new sku {turn}"]),
}


async def grown(bench: Bench, events: int) -> str:
    """Make a tenant with a warehouse, a bin in it, and so many events in its log; return its name."""
    tenant = f"log-{events}"
    bench.storage.create(tenant)
    loc = rq.AddLocationsReq.Loc
    warehouse = loc(name="warehouse", locs=[loc(name="bin")])
    await bench.call(rq.AddLocationsReq(parent=uid_text(0), locs=[warehouse]), tenant)
    await bench.call(rq.AddProductsReq(skus=[f"sku {number}" for number in range(PRODUCTS)]), tenant)
    deliveries = [delivery(number) for number in range(events - PRODUCTS - 2)]
    await in_flight(lambda request: bench.call(request, tenant), deliveries)
    return tenant


async def call_us(bench: Bench, tenant: str, request: Message) -> float:
    """Return how long a request takes."""
    began = time.perf_counter()
    await bench.call(request, tenant)
    return (time.perf_counter() - began) * 1e6


async def rebuilds_us(bench: Bench, tenant: str) -> list[float]:
    """Return how long the first answer takes of a tenant that has nothing but its log."""
    took: list[float] = []
    for _ in range(REBUILDS):
        number = (await bench.node.cell(tenant)).derived.number
        await bench.node.close(tenant)
        bench.storage.drop(tenant, number)
        took.append(await call_us(bench, tenant, rq.GetLocInventoryReq(location=BIN)))
    return took


def main() -> None:
    """Measure the parts that the command line names, or all; print their figures and draw them, if asked to."""
    curves = Curves()
    parts: dict[str, Part] = {
        "locations": curves.locations,
        "products": curves.products,
        "reservations": curves.reservations,
        "log": curves.log,
    }
    parser = bench_parser(__doc__, parts, Size("the largest tenant", usual=100_000, quick=1_000))
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves into a .svg or .png file")
    args = parser.parse_args()
    try:
        if args.plot:
            require_plotting("--plot", args.plot)
    except UsageError as error:
        parser.error(str(error))
    print_figures(parser, args, parts)
    if args.plot:
        plot_lines(args.plot, "What a request costs, by the size of the tenant", "size", "µs", curves.lines, log=True)


if __name__ == "__main__":
    main()
