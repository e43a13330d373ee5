"""Simulated connections do what real ones do: the same tests run on both; then what only a simulation can show."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import pytest

from bf.sim.loop import SimLoop
from bf.sim.machine import Machine
from bf.sim.net import PROFILES, Network
from bf.sim.streams import Streams

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

    async def at_server(self, work: Coroutine[Any, Any, Any]) -> Any:
        return await self.server.run(self.loop.create_task, work)

    async def serve(self, factory: Factory) -> tuple[asyncio.AbstractServer, Address]:
        server = await self.at_server(self.loop.create_server(factory, None, 0))
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


def either(test: Callable[[Ground], Coroutine[Any, Any, None]]) -> Callable[[str], None]:
    """Run a test on real connections and on simulated ones."""

    @pytest.mark.parametrize("ground", ["real", "intranet", "lossy"])
    def run(ground: str) -> None:
        if ground == "real":
            asyncio.run(test(Real()))
        else:
            simulated = Simulated(ground)
            simulated.run(test(simulated))

    return run


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


# On both grounds


@either
async def test_what_is_echoed_comes_back_in_order(ground: Ground) -> None:
    listening, calling = await pair(ground, echo=True)
    sent = b"".join(f"{number}," .encode() for number in range(500))
    for start in range(0, len(sent), 7):
        calling.transport.write(sent[start : start + 7])
    await until(lambda: len(calling.got) == len(sent))
    assert calling.got == listening.got == sent
    await part(listening, calling)


@either
async def test_who_sends_much_to_a_slow_reader_is_asked_to_wait_and_nothing_is_lost(ground: Ground) -> None:
    listening, calling = await pair(ground)
    listening.transport.pause_reading()
    assert not listening.transport.is_reading()
    sent = bytes(range(256)) * 1_024
    pieces = 0
    while "pause" not in calling.told:
        calling.transport.write(sent)
        pieces += 1
        await asyncio.sleep(0)
    assert calling.transport.get_write_buffer_size() > 0
    assert not listening.got
    listening.transport.resume_reading()
    await until(lambda: "resume" in calling.told)
    await until(lambda: len(listening.got) == pieces * len(sent))
    assert listening.got == sent * pieces
    assert calling.transport.get_write_buffer_size() == 0
    await part(listening, calling)


@either
async def test_who_has_said_everything_can_still_be_answered(ground: Ground) -> None:
    listening, calling = await pair(ground, half=True)
    calling.transport.write(b"a question")
    assert calling.transport.can_write_eof()
    calling.transport.write_eof()
    with pytest.raises(RuntimeError):
        calling.transport.write(b"and another one")
    await until(lambda: "eof" in listening.told)
    assert listening.got == b"a question"
    await asyncio.sleep(0.05)
    listening.transport.write(b"an answer")
    listening.transport.close()
    await until(lambda: "eof" in calling.told)
    assert calling.got == b"an answer"
    assert listening.told == ["made", "eof", "lost"]
    assert listening.error is None
    await part(calling)


@either
async def test_a_connection_whose_other_end_says_no_more_is_closed_unless_the_protocol_keeps_it(ground: Ground) -> None:
    listening, calling = await pair(ground)
    calling.transport.close()
    await until(lambda: "lost" in listening.told)
    assert listening.told == ["made", "eof", "lost"]
    assert calling.told == ["made", "lost"]
    assert (listening.error, calling.error) == (None, None)


@either
async def test_closing_sends_what_was_written_before(ground: Ground) -> None:
    listening, calling = await pair(ground)
    calling.transport.write(b"x" * 3_000_000)
    calling.transport.close()
    assert calling.transport.is_closing()
    calling.transport.close()
    await until(lambda: "lost" in listening.told)
    assert listening.got == b"x" * 3_000_000
    assert calling.told.count("lost") == 1


@either
async def test_an_abort_is_told_at_once_and_the_other_end_sees_it(ground: Ground) -> None:
    listening, calling = await pair(ground)
    calling.transport.abort()
    calling.transport.abort()
    await until(lambda: "lost" in listening.told)
    assert calling.told == ["made", "lost"]
    assert calling.error is None
    calling.transport.write(b"this goes nowhere")
    assert not listening.got


@either
async def test_a_port_on_which_nobody_listens_refuses(ground: Ground) -> None:
    with pytest.raises(ConnectionRefusedError):
        await ground.dial(Diary, await ground.nobody())


@either
async def test_a_closed_server_takes_no_more_connections_and_keeps_those_it_has(ground: Ground) -> None:
    listening = Diary(echo=True)
    server, address = await ground.serve(lambda: listening)
    calling = Diary()
    await ground.dial(lambda: calling, address)
    assert server.is_serving()
    server.close()
    await server.wait_closed()
    assert not server.is_serving()
    with pytest.raises(ConnectionRefusedError):
        await ground.dial(Diary, address)
    calling.transport.write(b"still there")
    await until(lambda: calling.got == b"still there")
    await part(listening, calling)


@either
async def test_writing_to_somebody_who_has_gone_breaks_the_connection(ground: Ground) -> None:
    listening, calling = await pair(ground, half=True)
    listening.transport.close()
    await until(lambda: "eof" in calling.told)
    for _ in range(1_000):
        calling.transport.write(b"anybody?")
        await asyncio.sleep(0.002)
        if "lost" in calling.told:
            break
    assert isinstance(calling.error, ConnectionError)


@either
async def test_what_comes_while_nobody_reads_waits(ground: Ground) -> None:
    listening, calling = await pair(ground)
    listening.transport.pause_reading()
    calling.transport.write(b"early")
    await asyncio.sleep(0.5)
    assert listening.got == b""
    listening.transport.resume_reading()
    await until(lambda: listening.got == b"early")
    await part(listening, calling)


@either
async def test_another_protocol_can_go_on(ground: Ground) -> None:
    listening, calling = await pair(ground)
    calling.transport.write(b"one")
    await until(lambda: listening.got == b"one")
    second = Diary()
    listening.transport.set_protocol(second)
    assert listening.transport.get_protocol() is second
    calling.transport.write(b"two")
    await until(lambda: second.got == b"two")
    assert listening.got == b"one"
    calling.transport.close()
    await until(lambda: "lost" in second.told)


@either
async def test_both_ends_name_each_other(ground: Ground) -> None:
    listening, calling = await pair(ground)
    assert calling.transport.get_extra_info("peername") == listening.transport.get_extra_info("sockname")
    assert calling.transport.get_extra_info("sockname") == listening.transport.get_extra_info("peername")
    assert calling.transport.get_extra_info("socket").getpeername() == calling.transport.get_extra_info("peername")
    assert calling.transport.get_extra_info("nothing", 7) == 7
    await part(listening, calling)


@either
async def test_a_protocol_that_raises_loses_its_connection(ground: Ground) -> None:
    listening, calling = await pair(ground)
    loop, said = asyncio.get_running_loop(), list[str]()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: said.append(str(context["exception"])))
    listening.data_received = fail
    calling.transport.write(b"x")
    await until(lambda: "lost" in calling.told and "lost" in listening.told)
    loop.set_exception_handler(before)
    assert said == ["a fault"]
    assert isinstance(listening.error, ZeroDivisionError)


def fail(data: bytes) -> None:
    raise ZeroDivisionError("a fault")


@either
async def test_limits_of_what_is_held_back_are_as_in_asyncio(ground: Ground) -> None:
    listening, calling = await pair(ground)
    line = calling.transport
    assert line.get_write_buffer_limits() == (16_384, 65_536)
    line.set_write_buffer_limits(low=100)
    assert line.get_write_buffer_limits() == (100, 400)
    line.set_write_buffer_limits(high=1_000)
    assert line.get_write_buffer_limits() == (250, 1_000)
    with pytest.raises(ValueError, match="high"):
        line.set_write_buffer_limits(high=1, low=2)
    with pytest.raises(TypeError):
        line.write("text")  # pyright: ignore[reportArgumentType]  # on purpose
    line.writelines([b"a", b"b"])
    await until(lambda: listening.got == b"ab")
    await part(listening, calling)


@either
async def test_asyncios_own_streams_run_on_it(ground: Ground) -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    loop = asyncio.get_running_loop()
    tasks = list[asyncio.Task[None]]()

    def factory() -> asyncio.BaseProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), shout, loop=loop)

    server, address = await ground.serve(factory)
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"one\ntwo\n")
    assert await reader.readline() == b"ONE\n"
    assert await reader.readline() == b"TWO\n"
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    server.close()
    assert not tasks


# In the simulation


def simulated(test: Callable[[Simulated], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        ground = Simulated()
        ground.run(test(ground))

    return run


@simulated
async def test_what_is_sent_into_a_cut_arrives_after_it(ground: Simulated) -> None:
    listening, calling = await pair(ground, echo=True)
    ground.cut(1)
    calling.transport.write(b"one")
    await asyncio.sleep(10)
    calling.transport.write(b"two")
    await asyncio.sleep(1)
    assert (listening.got, calling.got) == (b"", b"")
    ground.cut(0)
    await until(lambda: calling.got == b"onetwo")
    await part(listening, calling)


@simulated
async def test_what_was_on_its_way_when_a_cut_began_arrives_after_it(ground: Simulated) -> None:
    listening, calling = await pair(ground)
    calling.transport.write(b"x" * 100_000)
    ground.loop.call_later(0.000_4, ground.cut, 1)
    await asyncio.sleep(5)
    assert len(listening.got) < 100_000
    ground.cut(0)
    await until(lambda: listening.got == b"x" * 100_000)
    await part(listening, calling)


@simulated
async def test_a_cut_one_way_loses_acknowledgements_and_nothing_arrives_twice(ground: Simulated) -> None:
    listening, calling = await pair(ground)
    ground.network.link("server", "client").cuts = 1
    for number in range(10):
        calling.transport.write(b"%d" % number)
        await asyncio.sleep(1)
    assert listening.got == b"0123456789"
    ground.cut(0)
    calling.transport.write(b".")
    await until(lambda: listening.got == b"0123456789.")
    await part(listening, calling)


@simulated
async def test_a_socket_gives_up_when_nobody_acknowledges_for_too_long(ground: Simulated) -> None:
    import socket  # noqa: PLC0415  # for its constants alone
    listening, calling = await pair(ground)
    calling.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)
    ground.cut(1)
    calling.transport.write(b"x")
    listening.transport.write(b"x")
    began = ground.loop.now
    await until_slowly(lambda: "lost" in calling.told)
    assert isinstance(calling.error, TimeoutError)
    assert 30 <= ground.loop.now - began < 60
    assert "lost" not in listening.told
    await until_slowly(lambda: "lost" in listening.told)
    assert 900 <= ground.loop.now - began < 1_000


async def until_slowly(holds: Callable[[], object]) -> None:
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(1)
    raise AssertionError("it never held")
