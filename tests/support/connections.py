"""Two ends of a connection, real or simulated, and what they were told."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from bf.sim.loop import SimLoop
from bf.sim.machine import Machine
from bf.sim.net import PROFILES, Network
from bf.sim.streams import Server, Streams

T = TypeVar("T")
Factory = Callable[[], asyncio.BaseProtocol]
Address = tuple[str, int]


class Diary(asyncio.Protocol):
    """A protocol that notes what it is told."""

    def __init__(self, *, echo: bool = False, half: bool = False) -> None:
        self.got = b""
        self.told: list[str] = []
        self.error: Exception | None = None
        self.transport: asyncio.Transport
        self._echo, self._half = echo, half

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.told.append("made")

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self._echo:
            self.transport.write(data)

    def eof_received(self) -> bool:
        self.told.append("eof")
        return self._half

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append("lost")
        self.error = exc


class Ground(Protocol):
    """Where a test takes place."""

    async def serve(self, factory: Factory) -> tuple[asyncio.AbstractServer, Address]: ...
    async def dial(self, factory: Factory, address: Address) -> None: ...
    async def nobody(self) -> Address: ...


class Real:
    """This machine."""

    async def serve(self, factory: Factory) -> tuple[asyncio.AbstractServer, Address]:
        server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()

    async def dial(self, factory: Factory, address: Address) -> None:
        await asyncio.get_running_loop().create_connection(factory, *address)

    async def nobody(self) -> Address:
        server, address = await self.serve(Diary)
        server.close()
        return address


class Simulated:
    """Two machines, and a network between them."""

    def __init__(self, profile: str = "intranet", seed: str = "streams") -> None:
        self.loop = SimLoop(seed)
        self.network = Network(self.loop, seed, lambda _source, _target: PROFILES[profile])
        self.loop.streams = Streams(self.loop, self.network, seed)
        self.server, self.client = Machine(self.loop, "server", 1), Machine(self.loop, "client", 2)

    def run(self, test: Coroutine[Any, Any, None]) -> None:
        async def whole() -> None:
            await self.client.run(self.loop.create_task, test)

        try:
            self.loop.run_until_complete(whole())
            assert not self.loop.faults
        finally:
            for life in (self.server.life, self.client.life, self.loop.world):
                self.loop.bury(life)
            self.loop.close()

    async def at_server(self, work: Coroutine[Any, Any, T]) -> T:
        return await self.server.run(self.loop.create_task, work)

    async def serve(self, factory: Factory) -> tuple[asyncio.AbstractServer, Address]:
        server = await self.at_server(self.loop.create_server(factory, None, 0))
        assert isinstance(server, Server)
        return server, server.sockets[0].getsockname()

    async def dial(self, factory: Factory, address: Address) -> None:
        await self.loop.create_connection(factory, *address)

    async def nobody(self) -> Address:
        return "server", 1

    def cut(self, cuts: int) -> None:
        for link in self.network.links():
            link.cuts = cuts

    def crash(self, *, power: bool) -> None:
        self.server.life.unplugged = power
        self.server.kill()


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never held")


async def pair(ground: Ground, *, echo: bool = False, half: bool = False) -> tuple[Diary, Diary]:
    """Connect two diaries: the one that listened, and the one that called."""
    listening = Diary(echo=echo, half=half)
    server, address = await ground.serve(lambda: listening)
    calling = Diary(half=half)
    await ground.dial(lambda: calling, address)
    await until(lambda: listening.told)
    server.close()
    return listening, calling


async def part(*diaries: Diary) -> None:
    """Close what is still open."""
    for diary in diaries:
        diary.transport.abort()
    await until(lambda: all("lost" in diary.told for diary in diaries))
