"""The embedded log alone: batches a second, one after the other, with and without an fsync, in the clear and encrypted.

    python bench/append.py [--size 2000] [--quick] [--json]

The kinds take turns. Encrypted is as a tenant's log is: each body sealed, and the pages of the file. The floor is the
same INSERT and its fsync through bare APSW, without a thread. A batch has the bytes of one delivery or of 64.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.log import SqliteLog
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.ports import START, Log
from durable import deliveries
from figures import MORE, Figure, Figures, Size, run_bench

ACME = "acme"
ROUNDS = 5
EVENTS = (1, 64)

Write = Callable[[int, int, bytes], Awaitable[float]]


async def append(count: int) -> Figures:
    """Measure the batches of each kind and size; medians over the rounds."""
    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder, ThreadPoolExecutor(1) as executor:
        root = Path(folder)
        storage = DirectoryStorage(root / "data")
        storage.create(ACME)
        logs: dict[str, Log] = {
            "an fsync each": SqliteLog(root / "plain.db", executor),
            "no fsync": SqliteLog(root / "draft.db", executor, draft=True),
            "an fsync each, encrypted": storage.log(ACME),
            "no fsync, encrypted": storage.draft(ACME),
        }
        ways: dict[str, Write] = {"bare APSW, an fsync each": bare(root / "bare.db")}
        ways |= {name: through(log) for name, log in logs.items()}
        figures = [
            Figure(f"{name}, batches of {events}", rate, "batches/s", MORE)
            for events in EVENTS
            for name, rate in (await rates(ways, count // ROUNDS, events)).items()
        ]
        for log in logs.values():
            await log.close()
        storage.close()
    return figures


async def rates(ways: dict[str, Write], count: int, events: int) -> dict[str, float]:
    """Return the batches a second of each way to write, which take turns."""
    body = b"".join(delivery.SerializeToString() for delivery in deliveries(events))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, write in ways.items():
            seconds[name].append(await write(count, events, body))
    return {name: count / statistics.median(took) for name, took in seconds.items()}


def through(log: Log) -> Write:
    """Write to a log."""
    head = START

    async def write(count: int, events: int, body: bytes) -> float:
        nonlocal head
        began = time.perf_counter()
        for _ in range(count):
            head = await log.append(head, events, body)
        return time.perf_counter() - began

    return write


def bare(path: Path) -> Write:
    """Write rows to a database, each in a transaction of its own."""
    execute = SqliteDatabase(path).execute
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE batch (body BLOB)"):
        execute(statement).fetchall()

    async def write(count: int, _events: int, body: bytes) -> float:
        await asyncio.sleep(0)
        began = time.perf_counter()
        for _ in range(count):
            execute("INSERT INTO batch VALUES (?)", (body,))
        return time.perf_counter() - began

    return write


if __name__ == "__main__":
    run_bench(__doc__, {"append": append}, Size("batches of a kind", usual=2_000, quick=50))
