"""Where a real node is put together: the machine's clock, a data directory, and a front on a port."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.operator.protocol import Operation, Progress
from bf.adapters.operator.server import OperatorSocket
from bf.adapters.sqlite.release_0_1 import upgrade
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.cli.front import OpenFront, Place
from bf.cli.listening import listen
from bf.cli.lookout import Lookout, Watching
from bf.cli.usage import UsageError
from bf.core.ports import Env, Meter
from bf.inventory.domain import INVENTORY
from bf.node.node import Node
from bf.node.operations import Operations
from bf.node.status import status


def storage(data: Path) -> DirectoryStorage:
    """Open a data directory, made if it is not there; UsageError if it cannot be used."""
    try:
        return DirectoryStorage(data)
    except StorageError as error:
        raise UsageError(f"--data: {error}") from error
    except KeyringError as error:
        raise UsageError(f"--keys: {error}") from error


@asynccontextmanager
async def serving(tenants: DirectoryStorage, place: Place, lookout: Lookout | None = None) -> AsyncGenerator[int]:
    """Serve the tenants of a data directory; yield the port, and at the end finish what was begun."""
    lookout = lookout or Lookout(Watching())
    place.check()
    try:
        tenants.lock()
    except StorageError as error:
        raise UsageError(f"--data: {error}") from error
    async with running(tenants, lookout.meter, serving=True) as (node, operations):
        operator = OperatorSocket(tenants.root, operations)
        try:
            await operator.start()
        except OSError as error:
            raise UsageError(f"--data: {tenants.root} takes no socket for operators: {error.strerror}") from error
        try:
            calls = lookout.calls(node, MachineClock())
            front = OpenFront(tenants.root, tenants.folder, calls, place, lookout.meter)
            await lookout.start()
            listening = listen(place.host, place.port)
            await front.start(listening)
            yield listening.getsockname()[1]
        finally:
            await operator.stop()
        await front.stop()
        await lookout.stop()


@asynccontextmanager
async def running(
    tenants: DirectoryStorage, meter: Meter | None = None, *, serving: bool = False
) -> AsyncGenerator[tuple[Node, Mapping[str, Operation]]]:
    """Run a node on a data directory, which is locked, and yield it with what operators may ask of it."""
    env = Env(MachineClock(), tenants, meter or NoMeter())
    node = Node(env, INVENTORY)
    try:
        await upgrade(tenants)
        yield node, _operations(node, env, tenants, serving=serving)
    finally:
        await node.stop()
        tenants.close()


def _operations(node: Node, env: Env, tenants: DirectoryStorage, *, serving: bool) -> dict[str, Operation]:
    async def tell_status(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        del progress
        return {"serving": serving, **await status(node, env, arguments)}

    return {"status": tell_status} | Operations(node, env, tenants).table()
