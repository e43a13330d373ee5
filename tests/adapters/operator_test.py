"""The operator's channel: real sockets in real directories, and clients that misbehave."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bf.adapters.operator import server as server_module
from bf.adapters.operator.client import NoServerError, ServerGoneError, ask
from bf.adapters.operator.limits import CONNECTIONS_COUNT_MAX, ORDER_BYTES_MAX
from bf.adapters.operator.protocol import SOCKET, Operation, Progress, socket_path
from bf.adapters.operator.server import OperatorSocket
from bf.core.ports import LogError
from bf.core.refusal import Code, Refusal, Told

PATIENCE_S = 10


class Nothing(Refusal):
    code = Code.NOT_FOUND
    text = "{field}: there is no {name}"
    field: str
    name: str


class Works:
    """Operations to try, and what became of them."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def echo(self, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        progress({"what": "echoing", "done": 1, "total": 1})
        return {"said": dict(arguments)}

    async def refuse(self, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        del progress
        raise Nothing(field="tenant", name=arguments["tenant"])

    async def fail(self, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        raise ValueError(f"{arguments}{progress}")

    async def damaged(self, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        del arguments, progress
        raise LogError("the log is damaged")

    async def wait(self, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        del arguments, progress
        self.begun.set()
        try:
            await asyncio.sleep(PATIENCE_S)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return {}

    async def flood(self, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        for number in range(arguments["lines"]):
            progress({"what": "x" * 1_000, "done": number, "total": 0})
            if not number % 1_000:
                await asyncio.sleep(0)
        return {}

    def table(self) -> dict[str, Operation]:
        return {
            "echo": self.echo,
            "refuse": self.refuse,
            "fail": self.fail,
            "damaged": self.damaged,
            "wait": self.wait,
            "flood": self.flood,
        }


@asynccontextmanager
async def listening(data: Path) -> AsyncGenerator[Works]:
    works = Works()
    server = OperatorSocket(data, works.table())
    await server.start()
    try:
        yield works
    finally:
        await server.stop()


def run(data: Path, test: Callable[[Works], Awaitable[None]]) -> None:
    async def tried() -> None:
        async with asyncio.timeout(PATIENCE_S), listening(data) as works:
            await test(works)

    asyncio.run(tried())


def unheard(_progress: Mapping[str, Any]) -> None:
    """Take no notice."""


async def raw(data: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    with socket_path(data) as path:
        return await asyncio.open_unix_connection(path, limit=1 << 20)


async def answer_to(data: Path, line: bytes) -> dict[str, Any]:
    """Send bytes, and return the one line that comes."""
    reader, writer = await raw(data)
    writer.write(line)
    answer: dict[str, Any] = json.loads(await reader.readline())
    assert await reader.read() == b"", "the server closes"
    writer.close()
    return answer


def test_an_operation_is_done_and_tells_its_progress(tmp_path: Path) -> None:
    async def test(_works: Works) -> None:
        heard: list[Mapping[str, Any]] = []
        done = await ask(tmp_path, "echo", {"tenant": "acme", "deep": [1, {"ä": None}]}, heard.append)
        assert done == {"said": {"tenant": "acme", "deep": [1, {"ä": None}]}}
        assert heard == [{"what": "echoing", "done": 1, "total": 1}]

    run(tmp_path, test)


def test_a_refusal_comes_with_its_name_sentence_and_field(tmp_path: Path) -> None:
    async def test(_works: Works) -> None:
        with pytest.raises(Told, match="tenant: there is no acme") as refused:
            await ask(tmp_path, "refuse", {"tenant": "acme"}, unheard)
        assert refused.value.reason == "Nothing"
        answer = await answer_to(tmp_path, b'{"do":"refuse","tenant":"acme"}\n')
        assert answer == {"refused": {"reason": "Nothing", "message": "tenant: there is no acme", "field": "tenant"}}
        with pytest.raises(Told, match="the log is damaged") as damaged:
            await ask(tmp_path, "damaged", {}, unheard)
        assert damaged.value.reason == "LogError"

    run(tmp_path, test)


def test_a_fault_is_logged_and_its_text_is_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def test(_works: Works) -> None:
        with pytest.raises(Told, match="a fault of ours") as fault:
            await ask(tmp_path, "fail", {"sku": "cola"}, unheard)
        assert "cola" not in str(fault.value)

    run(tmp_path, test)
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\n", "NoOrder"),
        (b"\x00\xff\xfe\x16\x03\x01\n", "NoOrder"),
        (b"GET / HTTP/1.1\r\n", "NoOrder"),
        (b"[]\n", "NoOrder"),
        (b"1\n", "NoOrder"),
        (b"{}\n", "NoOrder"),
        (b'{"do":1}\n', "NoOrder"),
        (b'{"do":["echo"]}\n', "NoOrder"),
        (b'{"do":"echo"\n', "NoOrder"),
        (b"[" * 60_000 + b"\n", "NoOrder"),
        (b'{"do":"erase everything"}\n', "UnknownOperation"),
        (b'{"do":"__class__"}\n', "UnknownOperation"),
        (b"x" * (ORDER_BYTES_MAX + 1), "OrderTooLong"),
        (b"x" * ORDER_BYTES_MAX * 3 + b"\n", "OrderTooLong"),
    ],
    ids=lambda value: f"{value[:20]!r} {len(value)}",
)
def test_junk_is_refused_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture, line: bytes, reason: str) -> None:
    async def test(_works: Works) -> None:
        assert (await answer_to(tmp_path, line))["refused"]["reason"] == reason
        assert await ask(tmp_path, "echo", {}, unheard) == {"said": {}}

    run(tmp_path, test)
    assert reason in caplog.text
    assert "erase everything" not in caplog.text


def test_a_silent_client_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "ORDER_S_MAX", 0.05)

    async def test(_works: Works) -> None:
        assert (await answer_to(tmp_path, b'{"do":"ec'))["refused"]["reason"] == "OrderTooSlow"

    run(tmp_path, test)


def test_a_client_that_does_not_read_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "UNREAD_S_MAX", 0.05)

    async def large(_arguments: Mapping[str, Any], _progress: Progress) -> Mapping[str, Any]:
        return {"text": "x" * 5_000_000}

    async def test() -> None:
        server = OperatorSocket(tmp_path, {"large": large})
        await server.start()
        reader, writer = await raw(tmp_path)
        reader._transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # as a client that has stopped
        writer.write(b'{"do":"large"}\n')
        await asyncio.sleep(0.5)
        assert not server._visits  # pyright: ignore[reportPrivateUsage]  # the place is free again
        writer.close()
        await server.stop()

    asyncio.run(asyncio.wait_for(test(), PATIENCE_S))


def test_progress_is_thinned_out_and_does_not_pile_up(tmp_path: Path) -> None:
    async def test(_works: Works) -> None:
        heard: list[Mapping[str, Any]] = []
        await ask(tmp_path, "flood", {"lines": 100_000}, heard.append)
        assert 1 <= len(heard) < 1_000

    run(tmp_path, test)


def test_ctrl_c_on_the_operators_side_cancels_the_work(tmp_path: Path) -> None:
    async def test(works: Works) -> None:
        asking = asyncio.ensure_future(ask(tmp_path, "wait", {}, unheard))
        await works.begun.wait()
        asking.cancel()
        await works.cancelled.wait()

    run(tmp_path, test)


@pytest.mark.parametrize("last", [b"", b"x", b'{"do":"echo"}\n'], ids=["half a close", "a byte", "another order"])
def test_the_end_of_the_operator_or_a_second_line_cancels_too(tmp_path: Path, last: bytes) -> None:
    async def test(works: Works) -> None:
        _, writer = await raw(tmp_path)
        writer.write(b'{"do":"wait"}\n')
        await works.begun.wait()
        writer.write(last)
        if not last:
            writer.write_eof()
        await works.cancelled.wait()
        writer.close()

    run(tmp_path, test)


def test_a_stopping_server_cancels_and_says_so(tmp_path: Path) -> None:
    async def test() -> None:
        async with listening(tmp_path) as works:
            asking = asyncio.ensure_future(ask(tmp_path, "wait", {}, unheard))
            idle, writer = await raw(tmp_path)
            await works.begun.wait()
        with pytest.raises(Told, match="the server is stopping"):
            await asking
        assert b"Stopping" in await idle.read()
        writer.close()
        assert not (tmp_path / SOCKET).exists()
        with pytest.raises(NoServerError):
            await ask(tmp_path, "echo", {}, unheard)

    asyncio.run(asyncio.wait_for(test(), PATIENCE_S))


def test_there_are_not_more_operators_than_places(tmp_path: Path) -> None:
    async def test(works: Works) -> None:
        places = [await raw(tmp_path) for _ in range(CONNECTIONS_COUNT_MAX)]
        for _, writer in places:
            writer.write(b'{"do":"wait"}\n')
        await works.begun.wait()
        with pytest.raises(Told, match="CONNECTIONS_COUNT_MAX"):
            await ask(tmp_path, "echo", {}, unheard)
        for _, writer in places:
            writer.close()
        await works.cancelled.wait()
        while True:
            try:
                await ask(tmp_path, "echo", {}, unheard)
            except Told:
                await asyncio.sleep(0.01)
            else:
                break

    run(tmp_path, test)


def test_the_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:

        async def test(_works: Works) -> None:
            mode = (tmp_path / SOCKET).stat().st_mode
            assert stat.S_ISSOCK(mode)
            assert stat.S_IMODE(mode) == 0o600

        run(tmp_path, test)
    finally:
        os.umask(before)


def test_another_user_is_turned_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = os.geteuid() + 4_711

    def another(_writer: asyncio.StreamWriter) -> int:
        return stranger

    monkeypatch.setattr(server_module, "_peer_uid", another)

    async def test(_works: Works) -> None:
        with pytest.raises(ServerGoneError):
            await ask(tmp_path, "echo", {}, unheard)

    run(tmp_path, test)
    assert f"uid {stranger} is no operator here" in caplog.text


def test_a_path_longer_than_a_sockets_name_serves(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)

    async def test(_works: Works) -> None:
        assert await ask(deep, "echo", {}, unheard) == {"said": {}}

    run(deep, test)


def test_a_socket_that_a_dead_server_left_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead, socket_path(tmp_path) as path:
        dead.bind(path)
    assert (tmp_path / SOCKET).exists()

    async def nobody() -> None:
        with pytest.raises(NoServerError):
            await ask(tmp_path, "echo", {}, unheard)

    asyncio.run(nobody())

    async def test(_works: Works) -> None:
        assert await ask(tmp_path, "echo", {}, unheard) == {"said": {}}

    run(tmp_path, test)


def test_a_server_that_was_relieved_leaves_the_socket_of_its_successor(tmp_path: Path) -> None:
    async def test() -> None:
        first, second = OperatorSocket(tmp_path, Works().table()), OperatorSocket(tmp_path, Works().table())
        await first.start()
        await second.start()
        await first.stop()
        assert await ask(tmp_path, "echo", {}, unheard) == {"said": {}}
        await second.stop()
        assert not (tmp_path / SOCKET).exists()

    asyncio.run(asyncio.wait_for(test(), PATIENCE_S))
