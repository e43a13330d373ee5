"""Batching and workers: commands a second over real sockets with TLS, server and clients in processes of their own.

    python bench/wire.py [batching] [workers] [--size 20000] [--quick] [--json]

`batching` is the trade between latency and throughput, for one tenant on one connection: one request in a message, then
10, 100 and 1,000, and a stream. `workers` compares `bf serve` with one and with two, eight tenants, two processes of
clients. Clients and server share the cores here, so what two workers give with clients elsewhere is reckoned from the
processor time that the server takes for a request: twice the cores, times what a request takes with one worker by
what it takes with two.
"""

import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf.message import Message

from bf.client import Client, Told, client_tls
from durable import bf, deliveries, furnishing, in_flight, percentile
from figures import FACT, LESS, MORE, Figure, Figures, Size, run_bench

BATCHES = (1, 10, 100, 1_000)
TENANTS = [f"tenant-{number}" for number in range(8)]
PLAYERS = 2


@contextmanager
def served(tenants: list[str], *more: str) -> Generator[tuple[int, str, dict[str, str], int]]:
    """Serve tenants; yield the port, the authority's file, a token for each tenant, and the server's process."""
    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder:
        tokens: dict[str, str] = {}
        for tenant in tenants:
            bf("tenant", "create", tenant, "--data", folder)
            made = bf("token", "create", tenant, "--role", "writer", "--json", "--data", folder)
            tokens[tenant] = json.loads(made)["token"]
        server = subprocess.Popen(
            [sys.executable, "-m", "bf.cli.main", "serve", "--addr", "127.0.0.1:0", "--data", folder, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert server.stdout
            port = int(server.stdout.readline().split(" on ", 1)[1].split(",", 1)[0].rpartition(":")[2])
            yield port, f"{folder}/ca/ca.pem", tokens, server.pid
        finally:
            server.terminate()
            server.wait(30)


def client_of(port: int, authority: str, tenant: str, token: str, batch: int = 0) -> Client:
    """Make a client that calls a tenant by its name, so that a worker of its own ends its TLS."""
    return Client(
        f"127.0.0.1:{port}",
        tenant,
        tls=client_tls(authority),
        server_name=f"{tenant}.localhost",
        token=token,
        batch=batch,
        tries=1,
    )


def batching(count: int) -> Figures:
    """Measure one tenant, with more and more requests in a message."""
    tenant = TENANTS[0]
    with served([tenant]) as (port, authority, tokens, _):
        return asyncio.run(by_batch(count, port, authority, tenant, tokens[tenant]))


async def by_batch(count: int, port: int, authority: str, tenant: str, token: str) -> Figures:
    """Measure each size of a message, and a stream."""
    figures: list[Figure] = []
    async with client_of(port, authority, tenant, token) as client:
        for request in furnishing():
            await client.call(request)
        for size in BATCHES:
            pieces = [deliveries(size, seed=number) for number in range(max(20, min(count, 100 * size) // size))]
            rate, took = await in_flight(client.execute, pieces, clients=1)
            name = f"batches of {size}, one after the other"
            figures += [
                Figure(name, rate * size, "commands/s", MORE),
                Figure(f"{name}, p50", percentile(took, 50), "ms", FACT),
            ]
        began = time.perf_counter()
        told = [each async for each in client.stream(streamed(count))]
        figures.append(
            Figure("a stream, a request in a message", count / (time.perf_counter() - began), "commands/s", MORE)
        )
        assert not any(isinstance(each, Told) for each in told)
    for size in (0, 100):
        async with client_of(port, authority, tenant, token, size) as client:
            clients = max(64, 2 * size)
            await in_flight(client.call, deliveries(min(count, 2_000)), clients)
            rate, took = await in_flight(client.call, deliveries(count), clients)
            name = f"{clients} clients that share messages" if size else f"{clients} clients, a request in a message"
            figures += [
                Figure(name, rate, "commands/s", MORE),
                Figure(f"{name}, p50", percentile(took, 50), "ms", LESS),
                Figure(f"{name}, p99", percentile(took, 99), "ms", FACT),
            ]
    return figures


async def streamed(count: int) -> AsyncIterator[Message]:
    """Yield deliveries."""
    for delivery in deliveries(count):
        yield delivery


def workers(count: int) -> Figures:
    """Measure one worker and two, in turn."""
    rates: dict[tuple[int, int], list[float]] = {}
    took_us: dict[tuple[int, int], list[float]] = {}
    for _ in range(3):
        for number in (1, 2):
            with served(TENANTS, "--workers", str(number)) as (port, authority, tokens, pid):
                spread(1, 64, port, authority, tokens)
                for batch in (0, 100):
                    before = processor_s(pid)
                    rate = spread(count // 4, batch, port, authority, tokens)
                    rates.setdefault((number, batch), []).append(rate)
                    each_us = 1e6 * (processor_s(pid) - before) / (count // 4 * len(tokens))
                    took_us.setdefault((number, batch), []).append(each_us)
    for batch in (0, 100):
        how = f"batches of {batch}" if batch else "a request in a message"
        one, two = (statistics.median(rates[number, batch]) for number in (1, 2))
        one_us, two_us = (statistics.median(took_us[number, batch]) for number in (1, 2))
        yield Figure(f"8 tenants, one worker, {how}", one, "commands/s", MORE)
        yield Figure(f"8 tenants, two workers, {how}", two, "commands/s", MORE)
        yield Figure(f"two workers by one, {how}", two / one, "times", FACT)
        yield Figure(f"a command's processor time in one worker, {how}", one_us, "µs", LESS)
        yield Figure(f"two workers by one if clients were elsewhere, {how}", 2 * one_us / two_us, "times", MORE)


def processor_s(pid: int) -> float:
    """Return the processor time that a process and its children have taken so far (Linux)."""
    process = Path("/proc") / str(pid)
    fields = (process / "stat").read_text().rpartition(") ")[2].split()
    children = (process / "task" / str(pid) / "children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(
        processor_s(int(each)) for each in children
    )


def spread(count: int, batch: int, port: int, authority: str, tokens: dict[str, str]) -> float:
    """Let two processes play half of the tenants each; return the commands a second of both."""
    spawn = multiprocessing.get_context("spawn")
    shares = [dict(list(tokens.items())[number::PLAYERS]) for number in range(PLAYERS)]
    with spawn.Pool(PLAYERS) as pool:
        words = [(count, batch, port, authority, share) for share in shares]
        return sum(pool.starmap(played, words, chunksize=1))


def played(count: int, batch: int, port: int, authority: str, tokens: dict[str, str]) -> float:
    """Send each tenant so many deliveries, all tenants at once; return the commands a second."""

    async def one(tenant: str, token: str) -> None:
        async with client_of(port, authority, tenant, token, batch) as client:
            if count == 1:
                for request in furnishing():
                    await client.call(request)
            await in_flight(client.call, deliveries(count), max(16, 2 * batch))

    async def everybody() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(one(*each) for each in tokens.items()))
        return count * len(tokens) / (time.perf_counter() - began)

    return asyncio.run(everybody())


if __name__ == "__main__":
    run_bench(__doc__, {"batching": batching, "workers": workers}, Size("commands", usual=20_000, quick=400))
