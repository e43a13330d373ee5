"""Lives of a server, for tests that end them: what is done, what is told, and what must hold afterwards.

The nursery is a process of its own: it forks one life after the other, which is quick since everything is imported,
and safe since the nursery itself never opens a tenant.
"""

import asyncio
import base64
import os
import pickle
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any, NamedTuple

import apsw
from tests.support.tenants import node_of

from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.database import empty_state
from bf.adapters.sqlite.release_0_1 import upgrade
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.ports import START, Answer, Env
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.api.commit_pb2 import Batch
from bf.node.compact import CompactionError
from bf.node.contents import digest
from bf.node.node import Node
from bf.node.operations import Operation, Operations, WrongArgument
from bf.node.replay import catch_up

# What somebody was told


class Made(NamedTuple):
    """A tenant was made."""

    tenant: str


class Asked(NamedTuple):
    """Products were asked for: all of them will be there, or none."""

    tenant: str
    request_id: str
    skus: tuple[str, ...]


class Answered(NamedTuple):
    """And they were added."""

    asked: Asked
    answer: Answer


class Limiting(NamedTuple):
    """Other limits were asked for."""

    tenant: str
    limits: dict[str, int]


class Limited(NamedTuple):
    """And they were set."""

    tenant: str
    limits: dict[str, int]


class Rotated(NamedTuple):
    """A tenant has another key."""

    tenant: str
    number: int


class Compacted(NamedTuple):
    """A tenant has another generation of its log, and the one before is kept if it was to be."""

    tenant: str
    generation: int
    archive: bool


class Erasing(NamedTuple):
    """A tenant was to be erased."""

    tenant: str


class Erased(NamedTuple):
    """And it was."""

    tenant: str


# Lives


@dataclass
class Life:
    """What happens on a disk while it is recorded."""

    root: Path
    dice: Random
    tell: Callable[[Any], None]
    """Takes note of what somebody knows from now on."""
    tenants: list[str] = field(default_factory=list[str])
    number: "count[int]" = field(default_factory=count)

    async def live(self, steps: int) -> None:
        """Serve the tenants of a data directory, and make some, as `bf serve` and `bf tenant` do."""
        storage = DirectoryStorage(self.root)
        storage.lock()
        await upgrade(storage)
        self.tenants = storage.tenants()
        env = Env(MachineClock(), storage, NoMeter())
        node = Node(env, INVENTORY)
        operations = Operations(node, env, storage).table()
        for _ in range(steps):
            if not self.tenants or self.dice.random() < 0.03:
                self._make(storage)
            elif self.dice.random() < 0.2:
                await self._operate(operations, self.dice.choice(self.tenants))
            else:
                tenant, many = self.dice.choice(self.tenants), self.dice.choice([1, 1, 2, 9])
                await asyncio.gather(*(self._ask(node, tenant) for _ in range(many)))
            if self.dice.random() < 0.05:
                await node.stop()
        await node.stop()
        storage.close()

    def _make(self, storage: DirectoryStorage) -> None:
        tenant = f"tenant-{next(self.number)}-{self.dice.randrange(10**6)}"
        storage.create(tenant)
        self.tell(Made(tenant))
        self.tenants.append(tenant)

    async def _operate(self, operations: Mapping[str, Operation], tenant: str) -> None:
        """Do what operators do."""
        which = self.dice.choice(["compact", "compact", "rotate", "rebuild", "limits", "limits", "limits", "erase"])
        some = self.dice.random() < 0.5
        arguments: dict[str, Any] = {"tenant": tenant}
        if which == "rotate":
            arguments["forget"] = some
        elif which == "compact":
            arguments["archive"] = some
        elif which == "limits":
            arguments["set"] = {"products": self.dice.randint(10_000, 99_999)}
            self.tell(Limiting(tenant, arguments["set"]))
        elif which == "erase" and some:
            arguments["confirm"] = tenant
            self.tell(Erasing(tenant))
            self.tenants.remove(tenant)
        with suppress(CompactionError, WrongArgument):  # an empty log; not confirmed
            self._told(which, arguments, await operations[which](arguments, self._hear))

    def _hear(self, progress: Mapping[str, Any]) -> None:
        """Progress says nothing that lasts."""

    def _told(self, which: str, arguments: Mapping[str, Any], done: Mapping[str, Any]) -> None:
        tenant = arguments["tenant"]
        if which == "rotate":
            self.tell(Rotated(tenant, done["key"]))
        elif which == "compact":
            self.tell(Compacted(tenant, done["generation"], arguments["archive"]))
        elif which == "limits":
            self.tell(Limited(tenant, done["limits"]))
        elif which == "erase":
            self.tell(Erased(tenant))

    async def _ask(self, node: Node, tenant: str) -> None:
        name = f"{next(self.number)}-{self.dice.randrange(10**6)}"
        skus = tuple(f"{name}-{each}" + "x" * 90 for each in range(self.dice.choice([1, 1, 1, 1, 1, 1, 2, 3, 60])))
        asked = Asked(tenant, self.dice.choice(["", name]), skus)
        self.tell(asked)
        answer = await node.call(tenant, rq.AddProductsReq(skus=skus), asked.request_id)
        assert answer.code == Code.OK, answer
        self.tell(Answered(asked, answer))


@contextmanager
def checkpoints_after(pages: int) -> Generator[None]:
    """Let SQLite move what is in its WAL into the database after so many pages."""

    def hook(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(pages)

    apsw.connection_hooks.append(hook)
    try:
        yield
    finally:
        apsw.connection_hooks.remove(hook)


# What must be there


async def judge(root: Path, facts: list[Any]) -> None:
    """Start a node on what is left; everything that was told holds."""
    storage = DirectoryStorage(root)
    try:
        storage.lock()
        await upgrade(storage)
        there = set(storage.tenants())
        _judge_tenants(storage, there, facts)
        _judge_settings(storage, [fact for fact in facts if fact[0] in there])
        async with node_of(storage) as node:
            for tenant in there:
                asked = [fact for fact in facts if isinstance(fact, Asked) and fact.tenant == tenant]
                answered = [fact for fact in facts if isinstance(fact, Answered) and fact.asked.tenant == tenant]
                await _judge_tenant(storage, node, tenant, asked, answered)
                await _judge_generations(
                    storage, tenant, [fact for fact in facts if isinstance(fact, Compacted) and fact.tenant == tenant]
                )
    finally:
        storage.close()


def _judge_tenants(storage: DirectoryStorage, there: set[str], facts: list[Any]) -> None:
    gone = {fact.tenant for fact in facts if isinstance(fact, Erasing)} - there
    assert {fact.tenant for fact in facts if isinstance(fact, Made)} - gone <= there, "a tenant is lost"
    assert not {fact.tenant for fact in facts if isinstance(fact, Erased)} & there, "an erased tenant is back"
    for tenant in gone:
        assert not storage.keyring.has(tenant), "the keys of an erased tenant are back"
        assert storage.tombstone(tenant), "a tenant is erased by half, its tombstone lost"
        assert [path.name for path in (storage.root / "tenants" / tenant).iterdir()] == ["erased.json"]


async def _judge_generations(storage: DirectoryStorage, tenant: str, facts: list[Compacted]) -> None:
    logs = [*storage.archives(tenant), storage.log(tenant)]
    there = [log.generation for log in logs]
    for log in logs:
        _ = [batch async for batch in log.read(START)]
        await log.close()
    for fact in facts:
        assert there[-1] >= fact.generation, "a generation is lost"
        assert not fact.archive or fact.generation - 1 in there, "an archive is lost"


def _judge_settings(storage: DirectoryStorage, facts: list[Any]) -> None:
    limits = dict[str, list[dict[str, int]]]()
    for fact in facts:
        if isinstance(fact, Rotated):
            assert storage.keyring.numbers(fact.tenant)[-1] >= fact.number, "a new key is lost"
        elif isinstance(fact, Limiting):
            limits.setdefault(fact.tenant, [{}]).append(fact.limits)
        elif isinstance(fact, Limited):
            limits[fact.tenant] = [fact.limits]
    for tenant, allowed in limits.items():
        assert storage.limits(tenant) in allowed, "limits are lost"


async def _judge_tenant(
    storage: DirectoryStorage, node: Node, tenant: str, asked: list[Asked], answered: list[Answered]
) -> None:
    await (await node.cell(tenant)).exclusively(partial(asyncio.sleep, 0))  # until then an old state may answer
    state = (await node.cell(tenant)).derived.state
    there = {sku for (sku,) in state.database.execute("SELECT sku FROM product").fetchall()}
    for each in asked:
        found = sum(sku in there for sku in each.skus)
        assert found in {0, len(each.skus)}, "a command is there by half"
    for each in answered:
        assert each.asked.skus[0] in there, "an acknowledged command is lost"
    for each in answered[-3:]:
        if each.asked.request_id:
            again = await node.call(tenant, rq.AddProductsReq(skus=each.asked.skus), each.asked.request_id)
            assert again == each.answer
    log = storage.log(tenant)
    happened = Counter[str]()
    async for batch in log.read(START):
        happened.update(commit.request_id for commit in Batch.FromString(batch.body).commits if commit.request_id)
    assert max(happened.values(), default=1) == 1, "a command happened twice"
    assert {each.asked.request_id for each in answered} - {""} <= set(happened), "an answer is lost"
    replayed = empty_state(INVENTORY)
    await catch_up(replayed, log, lambda _done, _total: None)
    await log.close()
    assert digest(state) == digest(replayed)


# The nursery


class Nursery:
    """A process that forks lives on command; whoever has it ends them."""

    def __init__(self) -> None:
        folder = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.support import lives; lives.nurse()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            bufsize=0,
        )

    def close(self) -> None:
        """Let the nursery end by itself."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def life(self, root: Path, seed: int, ms: float) -> list[Any]:
        """Begin a life, kill it with SIGKILL after so many milliseconds, and return the facts that it told."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{seed} {root}\n".encode())
        born = int(self._process.stdout.readline())
        killer = Timer(ms / 1_000, os.kill, (born, signal.SIGKILL))
        killer.start()
        facts = list[Any]()
        while (line := self._process.stdout.readline()) != b"ended\n":
            assert line, "the nursery has ended"
            if line.endswith(b".\n"):  # else it died while it spoke
                facts.append(pickle.loads(base64.b64decode(line[:-2])))
        killer.cancel()
        killer.join()
        return facts


def _be_born(root: Path, seed: int) -> None:
    def tell(fact: object) -> None:
        os.write(1, base64.b64encode(pickle.dumps(fact)) + b".\n")

    dice = Random(seed)
    with checkpoints_after(dice.choice([5, 20, 1_000])):
        asyncio.run(Life(root, dice, tell).live(steps=1_000_000))


def nurse() -> None:
    """Fork a life for each line of stdin: its seed and its folder."""
    for line in sys.stdin:
        seed, _, root = line.rstrip("\n").partition(" ")
        child = os.fork()
        if not child:
            _be_born(Path(root), int(seed))
            os._exit(0)
        os.write(1, f"{child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"\nended\n")
