"""The simulated network on asyncio's own loop: what is sent arrives, whole and in order, whatever the link."""

import asyncio
import time

import pytest

from bf.sim.net import PROFILES, Profile
from bf.sim.realtime import InMemoryNetwork

SLOW = Profile(delay_s=0.02, jitter_s=0.01, loss=0, bytes_per_s=1e9)


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(data)

    def eof_received(self) -> None:
        self.transport.close()


async def echoed(network: InMemoryNetwork, body: bytes, piece: int) -> bytes:
    """Send a body in pieces, and return what comes back."""
    reader = asyncio.StreamReader()
    transport, _ = await network.dial(lambda: asyncio.StreamReaderProtocol(reader))
    for start in range(0, len(body), piece):
        transport.write(body[start : start + piece])
        if start % (7 * piece) == 0:
            await asyncio.sleep(0)
    transport.write_eof()
    return await reader.read()


@pytest.mark.parametrize("profile", [PROFILES["local"], SLOW])
@pytest.mark.parametrize("piece", [100, 100_000])
def test_what_is_sent_comes_back_in_order(profile: Profile, piece: int) -> None:
    async def story() -> None:
        network = InMemoryNetwork(profile)
        server = await network.listen(Echo)
        bodies = [bytes(range(256)) * 1_000, b"other" * 5_000]
        assert await asyncio.gather(*(echoed(network, body, piece) for body in bodies)) == bodies
        server.close()
        with pytest.raises(ConnectionRefusedError):
            await network.dial(asyncio.Protocol)

    asyncio.run(story())


def test_a_link_that_is_slow_takes_its_time() -> None:
    async def story() -> float:
        network = InMemoryNetwork(SLOW)
        server = await network.listen(Echo)
        began = time.perf_counter()
        await echoed(network, b"x", 1)
        took = time.perf_counter() - began
        server.close()
        return took

    assert asyncio.run(story()) >= 2 * SLOW.delay_s
