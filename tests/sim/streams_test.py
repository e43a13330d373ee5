"""Simulated connections do what real ones do: the same tests run on both."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.support.connections import Diary, Ground, Real, Simulated, pair, part, until


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


@either
async def test_what_is_echoed_comes_back_in_order(ground: Ground) -> None:
    listening, calling = await pair(ground, echo=True)
    sent = b"".join(f"{number},".encode() for number in range(500))
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
async def test_who_closes_without_having_read_everything_resets_the_connection(ground: Ground) -> None:
    listening, calling = await pair(ground)
    listening.transport.pause_reading()
    calling.transport.write(b"unread")
    await asyncio.sleep(0.5)
    listening.transport.close()
    await until(lambda: "lost" in calling.told)
    assert isinstance(calling.error, ConnectionResetError)


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
    del data
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
