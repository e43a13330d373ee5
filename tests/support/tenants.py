"""Nodes in this process on real directories, and what their tenants' logs and states hold."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from google.protobuf.message import Message

from bf.adapters.lua.scripts import LuaScripts
from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.database import empty_state
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.domain import Domain
from bf.core.ports import START, Answer, Env, Storage
from bf.core.refusal import Code
from bf.core.state import State
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.api.commit_pb2 import Batch, Commit
from bf.node.contents import digest
from bf.node.node import Node
from bf.node.replay import replay_all

ACME = "acme"
ROOT = "00000000-0000-0000-0000-000000000000"


def uid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012x}"


def new_tenant(root: Path, tenant: str = ACME) -> None:
    """Make a tenant in a data directory."""
    storage = DirectoryStorage(root)
    storage.create(tenant)
    storage.close()


@asynccontextmanager
async def node_on(root: Path, domain: Domain = INVENTORY) -> AsyncGenerator[Node]:
    """Run a node on a data directory, and stop it in the end."""
    storage = DirectoryStorage(root)
    try:
        async with node_of(storage, domain) as node:
            yield node
    finally:
        storage.close()


@asynccontextmanager
async def node_of(storage: Storage, domain: Domain = INVENTORY) -> AsyncGenerator[Node]:
    """Run a node on a storage, and stop it in the end."""
    node = Node(Env(MachineClock(), storage, NoMeter(), LuaScripts), domain)
    try:
        yield node
    finally:
        await node.stop()


async def done(node: Node, request: Message, request_id: str = "") -> Answer:
    """Call for acme, and expect that it is carried out."""
    answer = await node.call(ACME, request, request_id)
    assert answer.code == Code.OK, answer
    return answer


async def furnish(node: Node) -> None:
    """Give acme the shelf 1 and the product 2, `cola`."""
    await done(node, rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
    await done(node, rq.AddProductsReq(skus=["cola"]))


def put(units: int) -> rq.UpdateInventoryReq:
    """Put so many units of cola on the shelf."""
    return rq.UpdateInventoryReq(location=uid(1), product=uid(2), on_hand_change=units)


class Traffic:
    """Somebody who puts units of cola on acme's shelf all the time, several at once, until it is told to stop."""

    def __init__(self, node: Node, clients: int) -> None:
        self._node = node
        self._stopped = False
        self._clients = [asyncio.create_task(self._send(f"client-{number}")) for number in range(clients)]

    async def stop(self) -> int:
        """Let what was sent be answered; return how many units they were."""
        self._stopped = True
        return sum(await asyncio.gather(*self._clients))

    async def _send(self, name: str) -> int:
        number = 0
        while not self._stopped:
            await done(self._node, put(1), f"{name}-{number}")
            number += 1
        return number


async def on_hand(node: Node, tenant: str = ACME) -> int:
    """Count everything that a tenant has."""
    answer = await node.call(tenant, rq.GetLocInventoryReq(location=ROOT), "")
    assert answer.code == Code.OK, answer
    return sum(item.on_hand for item in rq.GetLocInventoryResp.FromString(answer.response).items)


def batches(root: Path, tenant: str = ACME) -> list[list[Commit]]:
    """Read a tenant's log: the commits of each batch."""

    async def read() -> list[list[Commit]]:
        storage = DirectoryStorage(root)
        log = storage.log(tenant)
        found = [list(Batch.FromString(batch.body).commits) async for batch in log.read(START)]
        await log.close()
        storage.close()
        return found

    return asyncio.run(read())


def commits(root: Path, tenant: str = ACME) -> list[Commit]:
    """Read a tenant's log: all commits in order."""
    return [commit for batch in batches(root, tenant) for commit in batch]


def digests(root: Path, tenant: str = ACME) -> tuple[str, str]:
    """Hash a tenant's state as it lies there, and as a replay of its log makes it at the same place."""

    async def read() -> tuple[str, str]:
        storage = DirectoryStorage(root)
        log = storage.log(tenant)
        lies, upto = "no state", await log.head()
        numbers = storage.databases(tenant)
        if numbers:
            database = storage.database(tenant, numbers[-1])
            state = State.open(database, INVENTORY)
            if state:
                lies, upto = digest(state), state.pos
            database.close()
        made = empty_state(INVENTORY)
        batches = (batch async for batch in log.read(START) if batch.pos.batch <= upto.batch)
        await replay_all(made, batches, lambda _done, _total: None, upto.event)
        await log.close()
        storage.close()
        return lies, digest(made)

    return asyncio.run(read())


async def settled(node: Node, *tenants: str) -> None:
    """Wait until the states of tenants are where their logs are, for others too."""
    for tenant in tenants:
        state = (await node.cell(tenant)).derived.state
        while state.kept:  # noqa: ASYNC110  # nobody is told
            await asyncio.sleep(0.001)


def files(root: Path, kind: str, tenant: str = ACME) -> list[Path]:
    """Find a tenant's database files of a kind: `log`, `state`."""
    return sorted((root / "tenants" / tenant).glob(f"{kind}-*.db"))
