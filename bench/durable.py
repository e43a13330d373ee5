"""What a tenant costs that cannot be lost or read: durable, encrypted commands, in process and over gRPC with TLS.

    python bench/durable.py [PART ...] [--size 20000] [--quick] [--json]

The parts are inside, cost, peer, wire, replay, wake, memory, compact; without a word, all of them. Every command
changes the stock of a random product in a random bin, is on the disk before it is answered, and is sealed with the
tenant's key.
"""

import asyncio
import base64
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from google.protobuf.message import Message

from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.stresses.here import PlainStorage
from bf.client import Client, client_tls
from bf.core.ports import Env
from bf.core.refusal import Code
from bf.core.state import State
from bf.core.uid import uid_text
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.compact import compact
from bf.node.node import Node
from bf.node.replay import catch_up, unwatched
from figures import FACT, LESS, MORE, Figure, Figures, Part, Size, run_bench

ACME = "acme"
IN_FLIGHT = 64
CLIENTS = (1, 4, 16, IN_FLIGHT, 256)
WAREHOUSES, BINS, PRODUCTS = 5, 20, 2_000
FIRST_PRODUCT = WAREHOUSES * (BINS + 1) + 1

Call = Callable[[Any], Awaitable[object]]


def furnishing() -> list[Message]:
    """Return the requests that make the bins and the products."""
    loc = rq.AddLocationsReq.Loc
    bins = [[loc(name=f"bin {number}") for number in range(BINS)] for _ in range(WAREHOUSES)]
    locs = [loc(name=f"warehouse {number}", locs=bins[number]) for number in range(WAREHOUSES)]
    skus = [f"sku {number}" for number in range(PRODUCTS)]
    return [rq.AddLocationsReq(locs=locs, parent=uid_text(0)), rq.AddProductsReq(skus=skus)]


def deliveries(count: int, seed: int = 1, warehouses: int = WAREHOUSES) -> list[rq.UpdateInventoryReq]:
    """Return so many deliveries, the same ones for the same seed; without warehouses, all into one bin."""
    dice = random.Random(seed)  # noqa: S311  # a workload, not a secret
    return [
        rq.UpdateInventoryReq(
            location=uid_text(dice.randrange(warehouses) * (BINS + 1) + 2 + dice.randrange(BINS) if warehouses else 2),
            product=uid_text(FIRST_PRODUCT + dice.randrange(PRODUCTS)),
            on_hand_change=dice.randint(1, 50),
        )
        for _ in range(count)
    ]


async def in_flight(call: Call, requests: list[Any], clients: int = IN_FLIGHT) -> tuple[float, list[float]]:
    """Send requests with so many on their way; return the rate a second, and each one's milliseconds, sorted."""
    took: list[float] = []
    waiting = iter(requests)

    async def client() -> None:
        for request in waiting:
            began = time.perf_counter()
            await call(request)
            took.append((time.perf_counter() - began) * 1e3)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return len(requests) / (time.perf_counter() - began), sorted(took)


def percentile(took: list[float], percent: float) -> float:
    """Return the value below which so many percent lie."""
    return took[min(len(took) - 1, int(len(took) * percent / 100))]


class Bench:
    """A node on a directory of its own."""

    def __init__(self, kind: type[DirectoryStorage] = DirectoryStorage) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bf-bench-")
        self.root = Path(self._folder.name)
        self.storage = kind(self.root)
        self.env = Env(MachineClock(), self.storage, NoMeter())
        self.node = Node(self.env, INVENTORY)

    async def __aenter__(self) -> Self:
        self.storage.create(ACME)
        for request in furnishing():
            await self.call(request)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.node.stop()
        self.storage.close()
        self._folder.cleanup()

    async def call(self, request: Message, tenant: str = ACME) -> None:
        """Call for a tenant; refusals are faults of the bench."""
        answer = await self.node.call(tenant, request, "")
        assert answer.code == Code.OK, answer


async def by_clients(call: Call, count: int, where: str) -> Figures:
    """Measure commands a second by how many clients wait for an answer at a time; so many clients need no more."""
    figures: list[Figure] = []
    for clients in CLIENTS:
        rate, took = await in_flight(call, deliveries(min(count, 1_000 * clients), seed=clients), clients)
        name = f"{where}, {clients} in flight"
        figures += [
            Figure(name, rate, "commands/s", MORE),
            Figure(f"{name}, p50", percentile(took, 50), "ms", LESS),
            Figure(f"{name}, p99", percentile(took, 99), "ms", FACT),
        ]
    return figures


async def inside(count: int) -> Figures:
    """Commands a second in this process."""
    async with Bench() as bench:
        return await by_clients(bench.call, count, "in process")


async def cost(count: int) -> Figures:
    """What encryption costs: the same commands with and without it, in turn."""
    rates: dict[type[DirectoryStorage], list[float]] = {DirectoryStorage: [], PlainStorage: []}
    for _ in range(5):
        for kind, measured in rates.items():
            async with Bench(kind) as bench:
                measured.append((await in_flight(bench.call, deliveries(count // 2)))[0])
    sealed, plain = (statistics.median(measured) for measured in rates.values())
    return [
        Figure("in process, without encryption", plain, "commands/s", MORE),
        Figure("encrypted by without encryption", sealed / plain, "ratio", MORE),
    ]


def peer(count: int) -> Iterator[Figure]:
    """The `eventsourcing` package on SQLite, with its own encryption, on the same disk: stock of one product each."""
    from eventsourcing.application import Application  # noqa: PLC0415  # only this part needs it
    from eventsourcing.domain import Aggregate, event  # noqa: PLC0415  # the same

    class Stock(Aggregate):
        """Units of a product."""

        @event("Opened")
        def __init__(self) -> None:
            self.units = 0

        @event("Changed")
        def change(self, units: int) -> None:
            """Add units."""
            self.units += units

    class Stocks(Application[UUID]):
        """All products."""

        def open(self) -> UUID:
            """Add a product."""
            stock = Stock()
            self.save(stock)
            return stock.id

        def change(self, product: UUID, units: int) -> None:
            """Change the stock of a product."""
            stock: Stock = self.repository.get(product)
            stock.change(units)
            self.save(stock)

    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder:
        key = base64.b64encode(os.urandom(32)).decode()
        stocks = Stocks(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                "SQLITE_DBNAME": f"{folder}/events.db",
                "CIPHER_TOPIC": "eventsourcing.cryptography:AESCipher",
                "CIPHER_KEY": key,
                "AGGREGATE_CACHE_MAXSIZE": str(PRODUCTS),
            }
        )
        dice = random.Random(1)  # noqa: S311  # a workload, not a secret
        products = [stocks.open() for _ in range(PRODUCTS // 10)]
        began = time.perf_counter()
        for _ in range(count):
            stocks.change(dice.choice(products), dice.randint(1, 50))
        rate = count / (time.perf_counter() - began)
        stocks.close()
    yield Figure("the eventsourcing package, encrypted, in process", rate, "commands/s", MORE)


def wire(count: int) -> Figures:
    """Commands a second over gRPC and TLS with a token, server and client in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder:
        bf("tenant", "create", ACME, "--data", folder)
        token = json.loads(bf("token", "create", ACME, "--role", "writer", "--json", "--data", folder))["token"]
        server = subprocess.Popen(
            [sys.executable, "-m", "bf.cli.main", "serve", "--addr", "127.0.0.1:0", "--data", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert server.stdout
            port = int(server.stdout.readline().split(" on ", 1)[1].split(",", 1)[0].rpartition(":")[2])
            return asyncio.run(over_wire(count, port, f"{folder}/ca/ca.pem", token))
        finally:
            server.terminate()
            server.wait(30)


def bf(*words: str) -> str:
    """Run a command of ours, and return what it says."""
    return subprocess.run(
        [sys.executable, "-m", "bf.cli.main", *words], check=True, capture_output=True
    ).stdout.decode()


async def over_wire(count: int, port: int, authority: str, token: str) -> Figures:
    """Measure a server."""
    tls = client_tls(authority)
    async with Client(f"127.0.0.1:{port}", ACME, tls=tls, token=token, tries=1) as client:
        for request in furnishing():
            await client.call(request)
        await in_flight(client.call, deliveries(min(count, 2_000)))
        return await by_clients(client.call, count, "over gRPC and TLS")


async def replay(count: int) -> Figures:
    """Events a second that a replay of the whole log makes, into memory and into an encrypted file."""
    figures: list[Figure] = []
    async with Bench() as bench:
        await in_flight(bench.call, deliveries(count * 2))
        log = (await bench.node.cell(ACME)).log
        for where, number in (("memory", 0), ("a file", 99)):
            rates: list[float] = []
            for _ in range(3):
                state = State.create(bench.storage.database(ACME, number), INVENTORY)
                began = time.perf_counter()
                await catch_up(state, log, unwatched)
                rates.append(state.pos.event / (time.perf_counter() - began))
                state.database.close()
                bench.storage.drop(ACME, 99)
            figures.append(Figure(f"replayed into {where}", statistics.median(rates), "events/s", MORE))
    return figures


async def wake(count: int) -> Figures:
    """Milliseconds from a closed tenant to its first answer, 10,000 events (half of `count`) behind a compaction."""
    async with Bench() as bench:
        await in_flight(bench.call, deliveries(count))
        await compact(await bench.node.cell(ACME), bench.env, archive=False)
        await in_flight(bench.call, deliveries(count // 2, seed=2))
        took: list[float] = []
        for _ in range(21):
            await bench.node.close(ACME)
            began = time.perf_counter()
            await bench.call(rq.GetLocInventoryReq(location=uid_text(2)))
            took.append((time.perf_counter() - began) * 1e3)
    return [
        Figure("waking a cold tenant, p50", statistics.median(took), "ms", LESS),
        Figure("waking a cold tenant, max", max(took), "ms", FACT),
    ]


async def memory(count: int) -> Figures:
    """KiB of this process for each idle open tenant (500; `count` / 40) that has 2,000 products and 50 deliveries."""
    bench, tenants = Bench(), count // 40
    for number in range(tenants + 10):
        tenant = f"t{number}"
        bench.storage.create(tenant)
        for request in [*furnishing(), *deliveries(50)]:
            await bench.node.call(tenant, request, "")
        await bench.node.close(tenant)
    for number in range(10):
        await bench.node.call(f"t{number}", rq.ListProductsReq(), "")
    before = resident_kib()
    for number in range(10, tenants + 10):
        answer = await bench.node.call(f"t{number}", rq.GetLocInventoryReq(location=uid_text(1)), "")
        assert answer.code == Code.OK, answer
    after = resident_kib()
    await bench.node.stop()
    bench.storage.close()
    return [Figure("an idle open tenant", (after - before) / tenants, "KiB", LESS)]


def resident_kib() -> int:
    """Return the memory of this process, in KiB."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


async def compaction(count: int) -> Figures:
    """What a compaction of many stock updates leaves, how long it takes, and how long traffic waits."""
    async with Bench() as bench:
        for seed in range(10):
            await in_flight(bench.call, deliveries(count, seed, warehouses=0))
        cell = await bench.node.cell(ACME)
        stop, waits, orders = asyncio.Event(), list[float](), itertools.cycle(deliveries(10_000, warehouses=0))

        async def traffic() -> None:
            while not stop.is_set():
                began = time.perf_counter()
                await bench.call(next(orders))
                waits.append((time.perf_counter() - began) * 1e3)

        clients = [asyncio.create_task(traffic()) for _ in range(8)]
        began = time.perf_counter()
        told = await compact(cell, bench.env, archive=False)
        seconds = time.perf_counter() - began
        stop.set()
        await asyncio.gather(*clients)
        state = cell.derived.state.database.size()
        opened: list[float] = []
        for _ in range(5):
            number = cell.derived.number
            await bench.node.close(ACME)
            bench.storage.drop(ACME, number)
            began = time.perf_counter()
            await bench.call(rq.GetLocInventoryReq(location=uid_text(2)))
            opened.append((time.perf_counter() - began) * 1e3)
            cell = await bench.node.cell(ACME)
    return [
        Figure("log before compaction", told.bytes_before / 1e6, "MB", LESS),
        Figure("log after compaction", told.bytes_after / 1e6, "MB", LESS),
        Figure("state", state / 1e6, "MB", LESS),
        Figure("compacting under traffic", seconds, "s", LESS),
        Figure("traffic was held", told.pause_us / 1e3, "ms", FACT),
        Figure("a command meanwhile, max", max(waits), "ms", FACT),
        Figure("opening from the compacted log alone", statistics.median(opened), "ms", LESS),
    ]


PARTS: dict[str, Part] = {
    "inside": inside,
    "cost": cost,
    "peer": peer,
    "wire": wire,
    "replay": replay,
    "wake": wake,
    "memory": memory,
    "compact": compaction,
}

if __name__ == "__main__":
    run_bench(__doc__, PARTS, Size("commands", usual=20_000, quick=400))
