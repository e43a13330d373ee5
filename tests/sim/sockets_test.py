"""What only a simulation can show: cuts, power that fails, processes that die or stand still."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.support.connections import Diary, Simulated, pair, part, until

from bf.sim.errors import FenceError
from bf.sim.sockets import CONNECT_S_MAX, GIVE_UP_S


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
    assert ground.loop.now < 7, "after the first segment was sent again the others follow at once"
    await part(listening, calling)


@simulated
async def test_what_follows_a_hole_waits_until_the_hole_is_filled(ground: Simulated) -> None:
    listening, calling = await pair(ground)
    sent = b""
    for number in range(200):
        piece = b"%d," % number
        calling.transport.write(piece)
        sent += piece
        await asyncio.sleep(0.000_1)
        if number in (50, 120):
            ground.cut(1)
        if number in (60, 121):
            ground.cut(0)
    assert len(listening.got) < len(sent)
    assert sent.startswith(listening.got)
    await until(lambda: len(listening.got) >= len(sent))
    assert listening.got == sent
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
    assert GIVE_UP_S <= ground.loop.now - began < GIVE_UP_S + 60


async def until_slowly(holds: Callable[[], object]) -> None:
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(1)
    raise AssertionError("it never held")


@simulated
async def test_connecting_into_a_cut_hangs_until_the_caller_loses_patience(ground: Simulated) -> None:
    _, address = await ground.serve(Diary)
    ground.network.link("client", "server").cuts = 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ground.dial(Diary, address), 5)
    assert ground.loop.now == pytest.approx(5, abs=0.01)


@simulated
async def test_connecting_into_a_cut_fails_when_the_kernel_loses_patience(ground: Simulated) -> None:
    _, address = await ground.serve(Diary)
    ground.network.link("client", "server").cuts = 1
    with pytest.raises(TimeoutError):
        await ground.dial(Diary, address)
    assert ground.loop.now == pytest.approx(CONNECT_S_MAX, abs=1)


@pytest.mark.parametrize("link", [("client", "server"), ("server", "client")])
def test_connecting_goes_on_after_a_cut(link: tuple[str, str]) -> None:
    async def test() -> None:
        listening, calling = Diary(), Diary()
        _, address = await ground.serve(lambda: listening)
        ground.network.link(*link).cuts = 1
        ground.loop.call_later(4, ground.cut, 0)
        await ground.dial(lambda: calling, address)
        assert 4 < ground.loop.now < 10
        calling.transport.write(b"x")
        await until(lambda: listening.got == b"x")
        await part(listening, calling)

    ground = Simulated()
    ground.run(test())


@simulated
async def test_who_was_called_and_forgotten_is_told_so(ground: Simulated) -> None:
    listening = Diary()
    _, address = await ground.serve(lambda: listening)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ground.dial(Diary, address), 0.000_5)
    await until(lambda: "lost" in listening.told)
    assert isinstance(listening.error, ConnectionResetError)


@simulated
async def test_a_killed_process_resets_its_connections(ground: Simulated) -> None:
    listening, calling = await pair(ground)
    listening.transport.write(b"last words")
    ground.crash(power=False)
    await until(lambda: "lost" in calling.told)
    assert calling.got == b"last words"
    assert isinstance(calling.error, ConnectionResetError)
    assert listening.told == ["made"]
    with pytest.raises(ConnectionRefusedError):
        await ground.dial(Diary, listening.transport.get_extra_info("sockname"))


@simulated
async def test_who_was_cut_off_when_the_other_end_was_killed_learns_it_when_it_speaks(ground: Simulated) -> None:
    _, calling = await pair(ground)
    ground.cut(1)
    ground.crash(power=False)
    await asyncio.sleep(1)
    ground.cut(0)
    await asyncio.sleep(100)
    assert calling.told == ["made"]
    calling.transport.write(b"x")
    await until(lambda: "lost" in calling.told)
    assert isinstance(calling.error, ConnectionResetError)


@simulated
async def test_a_power_cut_tells_nobody_and_who_speaks_afterwards_is_reset(ground: Simulated) -> None:
    _, calling = await pair(ground)
    ground.crash(power=True)
    calling.transport.write(b"x")
    await asyncio.sleep(20)
    assert calling.told == ["made"]
    ground.server.new_life()
    server, _ = await ground.serve(Diary)
    await until_slowly(lambda: "lost" in calling.told)
    assert isinstance(calling.error, ConnectionResetError)
    server.close()


@simulated
async def test_a_machine_without_power_refuses_nothing(ground: Simulated) -> None:
    _, address = await ground.serve(Diary)
    ground.crash(power=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ground.dial(Diary, address), 10)


@simulated
async def test_a_silent_peer_that_is_no_more_is_found_out_by_asking_it(ground: Simulated) -> None:
    _, calling = await pair(ground)
    kernel = calling.transport.get_extra_info("socket")
    kernel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    kernel.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
    kernel.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)
    await asyncio.sleep(300)
    assert calling.told == ["made"]
    ground.crash(power=True)
    began = ground.loop.now
    await until_slowly(lambda: "lost" in calling.told)
    assert isinstance(calling.error, TimeoutError)
    assert ground.loop.now - began <= 120


@simulated
async def test_for_a_process_that_stands_still_the_kernel_takes_connections_and_some_bytes(ground: Simulated) -> None:
    listening, calling = Diary(), Diary()
    _, address = await ground.serve(lambda: listening)
    ground.loop.hold(ground.server.life)
    await ground.dial(lambda: calling, address)
    kernel = calling.transport.get_extra_info("socket")
    kernel.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000)
    calling.transport.write(b"x" * 1_000_000)
    await asyncio.sleep(60)
    assert listening.told == []
    assert calling.told == ["made", "pause"]
    ground.loop.release(ground.server.life)
    await until(lambda: len(listening.got) == 1_000_000)
    await until(lambda: calling.told == ["made", "pause", "resume"])
    await part(listening, calling)


@simulated
async def test_each_end_is_called_in_its_own_life(ground: Simulated) -> None:
    lives = set[str]()

    class Server(Diary):
        def data_received(self, data: bytes) -> None:
            lives.add(f"{ground.loop.current.name} got {data.decode()}")
            self.transport.write(b"answer")

    class Client(Diary):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            lives.add(f"{ground.loop.current.name} got {data.decode()}")

    calling = Client()
    _, address = await ground.serve(Server)
    await ground.dial(lambda: calling, address)
    calling.transport.write(b"question")
    await until(lambda: calling.got == b"answer")
    assert lives == {"server got question", "client got answer"}


@pytest.mark.parametrize(("profile", "least_s", "most_s"), [("local", 0, 0.1), ("internet", 0.1, 1), ("mobile", 2, 6)])
def test_bytes_take_as_long_as_the_link_is_long_and_narrow(profile: str, least_s: float, most_s: float) -> None:
    async def test() -> None:
        listening, calling = await pair(ground)
        began = ground.loop.now
        calling.transport.write(b"x" * 1_000_000)
        await until(lambda: len(listening.got) == 1_000_000)
        assert least_s <= ground.loop.now - began <= most_s
        await part(listening, calling)

    ground = Simulated(profile)
    ground.run(test())


def test_a_seed_decides_everything() -> None:
    def digest(seed: str) -> int:
        async def test() -> None:
            listening, calling = await pair(ground, echo=True)
            for number in range(100):
                calling.transport.write(b"x" * number * 100)
            await until(lambda: len(calling.got) == 495_000)
            await part(listening, calling)

        ground = Simulated("lossy", seed)
        ground.run(test())
        return ground.loop.digest

    assert digest("a") == digest("a") != digest("b")


@simulated
async def test_two_cannot_listen_on_one_port_and_tls_is_not_simulated(ground: Simulated) -> None:
    server, address = await ground.serve(Diary)
    with pytest.raises(OSError, match="taken"):
        await ground.at_server(ground.loop.create_server(Diary, *address))
    server.close()
    assert not server.is_serving()
    again = await ground.at_server(ground.loop.create_server(Diary, *address))
    with pytest.raises(FenceError):
        await ground.loop.create_connection(Diary, *address, ssl=True)
    waiting = ground.loop.create_task(again.serve_forever())
    await asyncio.sleep(0)
    again.close()
    await waiting
    assert await ground.loop.getaddrinfo("server", 80) == [(2, 1, 6, "", ("server", 80))]
