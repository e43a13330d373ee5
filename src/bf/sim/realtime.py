"""The simulated network on asyncio's own loop and the machine's clock: connections inside one process, without sockets.

Whatever speaks over asyncio, servers and clients alike, speaks over it. There is one machine, which has one life.
"""

import asyncio
from asyncio.events import Handle
from collections.abc import Callable
from itertools import count
from typing import Any

from bf.sim.loop import Life, Owner
from bf.sim.net import PROFILES, Network, Profile
from bf.sim.streams import Server, Streams, Transport

PORT = 50_051
SOON_S = 1e-6
"""What is due so soon is due now: what was sent first would else come after what was sent next."""


class InMemoryNetwork:
    """Takes connections and makes them, all between the code of this process."""

    def __init__(self, profile: Profile = PROFILES["local"], seed: str = "") -> None:
        """Delay and lose what a kind of link delays and loses: nothing, unless another one is asked for."""
        time = RealTime(asyncio.get_running_loop())
        self._streams = Streams(time, Network(time, seed, lambda _source, _target: profile), seed)

    async def listen(self, factory: Callable[[], asyncio.BaseProtocol]) -> Server:
        """Take connections, each with a protocol of its own."""
        return await self._streams.listen(factory, None, PORT)

    async def dial(self, factory: Callable[[], asyncio.BaseProtocol]) -> tuple[Transport, asyncio.BaseProtocol]:
        """Connect a protocol to whoever listens."""
        return await self._streams.connect(factory, None, PORT)


class RealTime:
    """What the network asks of a loop, on asyncio's own."""

    recorder = None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.world = self.current = Life("here", 0)
        self.next_number = count(1).__next__
        self.call_soon = loop.call_soon
        self.create_future = loop.create_future
        self.call_exception_handler = loop.call_exception_handler

    @property
    def now(self) -> float:
        """Return the loop's time, in seconds."""
        return self._loop.time()

    def note(self, *facts: int) -> None:
        """Take no notice: real time has no digest."""

    def call_for(self, owner: Owner, when: float, callback: Callable[..., object], *args: Any) -> Handle:
        """Run a callback at a time; everybody has the same life."""
        del owner
        if when - self._loop.time() < SOON_S:
            return self._loop.call_soon(callback, *args)
        return self._loop.call_at(when, callback, *args)
