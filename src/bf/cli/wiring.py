"""Where a real node is put together: the machine's clock, a data directory, and a front on a port."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.release_0_1 import upgrade
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.cli.front import OpenFront, Place
from bf.cli.listening import listen
from bf.cli.usage import UsageError
from bf.core.ports import Env
from bf.inventory.domain import INVENTORY
from bf.node.node import Node


def storage(data: Path) -> DirectoryStorage:
    """Open a data directory, made if it is not there; UsageError if it cannot be used."""
    try:
        return DirectoryStorage(data)
    except StorageError as error:
        raise UsageError(f"--data: {error}") from error
    except KeyringError as error:
        raise UsageError(f"--keys: {error}") from error


@asynccontextmanager
async def serving(tenants: DirectoryStorage, place: Place) -> AsyncGenerator[int]:
    """Serve the tenants of a data directory; yield the port, and at the end finish what was begun."""
    place.check()
    try:
        tenants.lock()
    except StorageError as error:
        raise UsageError(f"--data: {error}") from error
    await upgrade(tenants)
    node = Node(Env(MachineClock(), tenants, NoMeter()), INVENTORY)
    try:
        front = OpenFront(tenants.root, tenants.folder, node, place)
        listening = listen(place.host, place.port)
        await front.start(listening)
        yield listening.getsockname()[1]
        await front.stop()
    finally:
        await node.stop()
        tenants.close()
