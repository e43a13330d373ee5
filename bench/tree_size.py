"""What a request costs in a tenant of 100, 10,000 and 100,000 locations, in process, the tenants in turn.

    python bench/tree_size.py [--size 2000] [--quick] [--json]

The trees have the same depth (zone, row, shelf, bin): only their size differs. Every request is committed, in memory.
"""

import statistics
from collections.abc import Iterator

from figures import FACT, LESS, Figure, Size, run_bench
from tenants import Ask, Tenant, move, query, reserve, update

SIZES = (100, 10_000, 100_000)
BLOCK = 100
"""Requests of one tenant before it is the next one's turn, so that a slow moment of the machine hits all."""

REQUESTS: dict[str, Ask] = {
    "reserve 1 line at the root": reserve(1, 0),
    "reserve 1 line in a bin": reserve(1, 4),
    "reserve 10 lines at the root": reserve(10, 0),
    "update a bin": update,
    "query a bin of 50 products": query,
    "move a bin of 50 products": move,
}


def sizes(count: int) -> Iterator[Figure]:
    """Yield p50 and p99 of each request and size, and the largest tenant against the smallest."""
    tenants = {size: Tenant(size) for size in SIZES}
    for name, ask in REQUESTS.items():
        times: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(max(1, count // BLOCK)):
            for size, tenant in tenants.items():
                times[size] += [tenant.time_us(ask(tenant)) for _ in range(BLOCK)]
        for size, took in times.items():
            yield Figure(f"{name}, {size:,} locations, p50", statistics.median(took), "µs", LESS)
            yield Figure(f"{name}, {size:,} locations, p99", statistics.quantiles(took, n=100)[98], "µs", FACT)
        smallest, largest = statistics.median(times[SIZES[0]]), statistics.median(times[SIZES[-1]])
        yield Figure(f"{name}, largest by smallest", largest / smallest, "ratio", LESS)


if __name__ == "__main__":
    run_bench(__doc__, {"sizes": sizes}, Size("requests", usual=2_000, quick=100))
