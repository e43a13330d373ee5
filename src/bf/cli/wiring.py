"""Where a real node is put together: the machine's clock, a data directory, and a front on a port."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.lua.scripts import LuaScripts
from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.operator.protocol import Operation, Progress
from bf.adapters.operator.server import OperatorSocket
from bf.adapters.sqlite.release_0_1 import upgrade
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.cli.front import OpenFront, Place
from bf.cli.listening import listen
from bf.cli.lookout import Lookout, Watching
from bf.cli.packages import domains_of
from bf.cli.takeover import hand_over, take_over
from bf.cli.usage import UsageError
from bf.core.ports import Env, Meter
from bf.inventory.domain import INVENTORY
from bf.node.housekeeping import Policy, keep_house
from bf.node.node import Node
from bf.node.operations import Operations
from bf.node.status import status

LOCK_TRIES, LOCK_PAUSE_S = 10, 0.05


def storage(data: Path, owns: Callable[[str], bool] = lambda _tenant: True) -> DirectoryStorage:
    """Open a data directory, made if it is not there, for tenants that it `owns`; UsageError if it cannot be used."""
    try:
        return DirectoryStorage(data, owns=owns)
    except (StorageError, KeyringError) as error:
        raise UsageError(f"--data: {error}") from error


@dataclass(frozen=True, slots=True)
class Plan:
    """How to serve: where, who watches, what nodes do by themselves, whom to relieve, with how many workers."""

    place: Place
    lookout: Lookout = field(default_factory=lambda: Lookout(Watching()))
    policy: Policy | None = None
    take_over: bool = False
    workers: int = 1
    log: str = "text"


@asynccontextmanager
async def serving(tenants: DirectoryStorage, plan: Plan) -> AsyncGenerator[int]:
    """Serve the tenants of a data directory; yield the port, and at the end finish what was begun."""
    place, lookout = plan.place, plan.lookout
    place.check()
    domains = domains_of(tenants.root)
    listening = await take_over(tenants, domains.of) if plan.take_over else await locked(tenants)
    async with running(tenants, lookout.meter, policy=plan.policy, serving=True) as (node, operations):
        clock = MachineClock()
        calls = lookout.taken_in(lookout.carried_out(node, clock), clock)
        front = OpenFront(tenants.root, tenants.folder, calls, place, lookout.meter, domains=domains)
        await lookout.start()
        listening = listening or listen(place.host, place.port)
        operator = OperatorSocket(tenants.root, {**operations, "hand_over": hand_over(tenants, listening)})
        await started(operator, tenants)
        try:
            await front.start(listening)
            yield listening.getsockname()[1]
        finally:
            await operator.stop()
        await front.stop()
        await lookout.stop()


async def started(operator: OperatorSocket, tenants: DirectoryStorage) -> None:
    """Let operators come; UsageError if they cannot."""
    try:
        await operator.start()
    except OSError as error:
        raise UsageError(f"--data: {tenants.root} takes no socket for operators: {error.strerror}") from error


async def locked(tenants: DirectoryStorage) -> None:
    """Take the directory's lock; a command that looks at a tenant holds it for a moment."""
    held = StorageError()
    for _ in range(LOCK_TRIES):
        try:
            tenants.lock()
        except StorageError as error:
            held = error
            await asyncio.sleep(LOCK_PAUSE_S)
        else:
            return
    raise UsageError(f"--data: {held}") from held


@asynccontextmanager
async def running(
    tenants: DirectoryStorage, meter: Meter | None = None, *, policy: Policy | None = None, serving: bool = False
) -> AsyncGenerator[tuple[Node, Mapping[str, Operation]]]:
    """Run a node on a data directory, which is locked, and yield it with what operators may ask of it."""
    env = Env(MachineClock(), tenants, meter or NoMeter(), LuaScripts)
    try:
        node = Node(env, INVENTORY, domains=domains_of(tenants.root).of)
    except UsageError:
        tenants.close()
        raise
    house = asyncio.get_running_loop().create_task(keep_house(node, env, policy)) if policy else None
    try:
        await upgrade(tenants)
        yield node, _operations(node, env, tenants, serving=serving)
    finally:
        if house:
            house.cancel()
            await asyncio.wait([house])
        await node.stop()
        tenants.close()


def _operations(node: Node, env: Env, tenants: DirectoryStorage, *, serving: bool) -> dict[str, Operation]:
    async def tell_status(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        del progress
        return {"serving": serving, **await status(node, env, arguments)}

    return {"status": tell_status} | Operations(node, env, tenants).table()
