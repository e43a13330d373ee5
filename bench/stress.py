"""`bf stress`: a growing retailer, client and server in this process, over the network in memory; durable, encrypted.

    python bench/stress.py [report1] [batched] [memory] [blackfriday] [--size 20] [--quick] [--json]

`report1` sends request by request, `batched` 100 in a message, `memory` the same without a disk: what is left is Python
and SQLite. `blackfriday` has five times as many steps. Steps are the median ones; flat is the last fifth by the first.
"""

import statistics
from collections.abc import Sequence

from bf.cli.stresses.blackfriday import BlackFriday
from bf.cli.stresses.here import ADDRESS, TENANT, here
from bf.cli.stresses.play import Player, Row, play
from bf.cli.stresses.report1 import Report1
from bf.client import Client
from figures import FACT, LESS, Figure, Figures, Size, run_bench

BATCH, IN_FLIGHT = 100, 64
BLACKFRIDAY_TIMES = 5


async def rows(kind: type[Report1 | BlackFriday], steps: int, batch: int = 0, durability: str = "fsync") -> list[Row]:
    """Play a retailer."""
    async with (
        here(durability) as server,
        Client(ADDRESS, TENANT, dial=server.dial, batch=batch, tries=1) as client,
    ):
        player = Player(client.call, max(IN_FLIGHT, 2 * batch))
        return [row async for row in play(kind(player, 1, ""), player, steps, server.sizes)]


def steps_of(name: str, played: Sequence[Row]) -> Figures:
    """Sum up the steps of report1."""
    fifth = max(1, len(played) // 5)
    took_ms = [1_000 * row.seconds for row in played]
    yield Figure(f"a step of {name}", statistics.median(took_ms), "ms", LESS)
    flat = statistics.median(took_ms[-fifth:]) / statistics.median(took_ms[:fifth])
    yield Figure(f"the last steps of {name} by the first", flat, "times", LESS)


async def report1(steps: int) -> Figures:
    """Measure report1, request by request."""
    return list(steps_of("report1", await rows(Report1, steps)))


async def batched(steps: int) -> Figures:
    """Measure report1, many requests in a message."""
    return list(steps_of("report1 in batches", await rows(Report1, steps, BATCH)))


async def memory(steps: int) -> Figures:
    """Measure report1 in batches without a disk."""
    return list(steps_of("report1 in batches, in memory", await rows(Report1, steps, BATCH, "memory")))


async def blackfriday(steps: int) -> Figures:
    """Measure blackfriday; how a request's time has grown from a tenth of the steps to the last ones."""
    played = await rows(BlackFriday, BLACKFRIDAY_TIMES * steps, BATCH)
    tenth, near = max(1, len(played) // 10), max(1, len(played) // 20)
    early = statistics.median(row.trading_ms for row in played[max(0, tenth - near) : tenth + near])
    late = statistics.median(row.trading_ms for row in played[-near:])
    return [
        Figure("a request of blackfriday, last steps", late, "ms", LESS),
        Figure("a request of blackfriday, last steps by the tenth part", late / early, "times", LESS),
        Figure("locations of blackfriday", played[-1].locations, "locations", FACT),
        Figure("the state of blackfriday", (played[-1].state_bytes or 0) / 1e6, "MB", FACT),
        Figure("the log of blackfriday", (played[-1].log_bytes or 0) / 1e6, "MB", FACT),
    ]


if __name__ == "__main__":
    parts = {"report1": report1, "batched": batched, "memory": memory, "blackfriday": blackfriday}
    run_bench(__doc__, parts, Size("steps", usual=20, quick=2))
