"""A server in this process, behind a network in memory: the whole of gRPC, and no sockets."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.memory.storage import MemoryStorage
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.log import SqliteLog
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.front import OpenFront, Place
from bf.client.wire import Dial
from bf.core.ports import Env, Log
from bf.inventory.domain import INVENTORY
from bf.node.node import Node
from bf.sim.net import PROFILES, Profile
from bf.sim.realtime import InMemoryNetwork

TENANT = "stress"
ADDRESS = "127.0.0.1:50051"
"""How the server is called; nothing listens there."""


class PlainStorage(DirectoryStorage):
    """The same files without a key: what encryption costs is the difference."""

    def database(self, tenant: str, number: int) -> SqliteDatabase:
        """Open a state as it is."""
        database = SqliteDatabase(self.folder(tenant) / f"plain-{number}.db" if number else None)
        if number:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
        return database

    def databases(self, tenant: str) -> list[int]:
        """Return the numbers of the states that lie there."""
        return sorted(int(path.stem.removeprefix("plain-")) for path in self.folder(tenant).glob("plain-?*.db"))

    def log(self, tenant: str) -> Log:
        """Open a log as it is."""
        return SqliteLog(self.folder(tenant) / "plain.log", self._executor)


@dataclass
class Here:
    """A server in this process."""

    node: Node
    dial: Dial

    async def sizes(self) -> tuple[int, int]:
        """Return the bytes of the state and of the log."""
        cell = await self.node.cell(TENANT)
        return cell.derived.state.database.size(), await cell.log.size()


@asynccontextmanager
async def here(
    durability: str, profile: Profile = PROFILES["local"], *, encrypted: bool = True
) -> AsyncGenerator[Here]:
    """Serve one tenant whose commits are on the disk before they are answered (`fsync`), or in `memory` alone."""
    with tempfile.TemporaryDirectory(prefix="bf-stress-") as folder:
        root = Path(folder)
        if durability == "memory":
            storage: MemoryStorage | DirectoryStorage = MemoryStorage()
        else:
            storage = DirectoryStorage(root) if encrypted else PlainStorage(root)
        storage.create(TENANT)
        node = Node(Env(MachineClock(), storage, NoMeter()), INVENTORY)
        network = InMemoryNetwork(profile)
        front = OpenFront(root, root.joinpath, node, Place("127.0.0.1", 0, plain=True))
        await front.serve(network.listen)
        try:
            yield Here(node, network.dial)
        finally:
            await front.stop()
            await node.stop()
            if isinstance(storage, DirectoryStorage):
                storage.close()
