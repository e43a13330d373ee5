"""Where a real node is put together: the machine's clock, a data directory, and gRPC on a port."""

import ipaddress
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bf.adapters.grpc.server import DomainService, grpc_server
from bf.adapters.machine.clock import MachineClock
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.cli.listening import listen
from bf.cli.usage import UsageError
from bf.core.ports import Env
from bf.inventory.api.service_pb2 import DESCRIPTOR
from bf.inventory.domain import INVENTORY
from bf.node.node import Node

SERVICE = DESCRIPTOR.services_by_name["InventoryService"]


def storage(data: Path) -> DirectoryStorage:
    """Open a data directory, made if it is not there; UsageError if it cannot be used."""
    try:
        return DirectoryStorage(data)
    except StorageError as error:
        raise UsageError(f"--data: {error}") from error


@asynccontextmanager
async def serving(tenants: DirectoryStorage, host: str, port: int) -> AsyncGenerator[int]:
    """Serve the tenants of a data directory; yield the port, and at the end finish what was begun.

    Plain text is for this machine alone: other addresses are refused until there is TLS.
    """
    if not _is_loopback(host):
        raise UsageError(f"--addr: {host} is open to others, and this server speaks plain text; use 127.0.0.1")
    try:
        tenants.lock()
    except StorageError as error:
        raise UsageError(f"--data: {error}") from error
    node = Node(Env(MachineClock(), tenants), INVENTORY)
    service = DomainService(SERVICE, INVENTORY, node)
    server = grpc_server([service])
    try:
        await node.open_all()
        listening = listen(host, port)
        await server.start(sock=listening)
        yield listening.getsockname()[1]
        await service.drain()
        server.close()
        await server.wait_closed()
    finally:
        await node.stop()
        tenants.close()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
