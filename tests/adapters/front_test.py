"""Connections are bounded: whoever is slow, silent, junk or too many is closed and told once; others go on."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import h2.config
import h2.connection
import h2.events
import pytest
from tests.support.fronts import PATIENCE_S, Opened, opened, post, rest

from bf.adapters.front import door, front, limits
from bf.adapters.grpc import answering, call
from bf.adapters.grpc import connection as h2_connection
from bf.adapters.http import json_face
from bf.core.limits import REQUEST_BYTES_MAX

SHORT_S = 0.3
ODD = {"x-bin": "YWJj"}
"""A header that leaves a call to grpclib."""

Story = Callable[[Opened], Coroutine[Any, Any, None]]


def run(data: Path, story: Story, *, plain: bool = False) -> None:
    async def play() -> None:
        async with asyncio.timeout(3 * PATIENCE_S), opened(data, plain=plain) as here:
            await story(here)

    asyncio.run(play())


def shorten(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, value: float = SHORT_S) -> None:  # noqa: ANN401  # a module
    assert getattr(module, name) == getattr(limits, name) > value, "the limit is the named one"
    monkeypatch.setattr(module, name, value)


def told(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if words in record.getMessage()]


async def closes_in(reader: asyncio.StreamReader, seconds: float) -> bytes:
    start = asyncio.get_running_loop().time()
    got = await rest(reader)
    assert asyncio.get_running_loop().time() - start < seconds + 2
    return got


# Slow


def test_a_handshake_that_never_ends_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, door, "HANDSHAKE_S_MAX")

    async def story(here: Opened) -> None:
        silent = [await here.bare() for _ in range(5)]
        for _, writer in silent[:2]:
            writer.write(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
        await here.works()
        for reader, _ in silent:
            await closes_in(reader, SHORT_S)
        assert len(told(caplog, "HANDSHAKE_S_MAX")) == 1

    run(tmp_path, story)


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_a_connection_that_never_asks_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    shorten(monkeypatch, door, "FIRST_REQUEST_S_MAX")

    async def story(here: Opened) -> None:
        reader, _ = await here.connect(protocol)
        await closes_in(reader, SHORT_S)
        assert len(told(caplog, "FIRST_REQUEST_S_MAX")) == 1
        await here.works()

    run(tmp_path, story)


def test_headers_that_drip_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, door, "FIRST_REQUEST_S_MAX", 0.6)

    async def story(here: Opened) -> None:
        reader, writer = await here.connect("http/1.1")
        closing = asyncio.create_task(closes_in(reader, 0.6))
        for byte in post("ListProducts", more="x: " + "y" * 1_000):
            if closing.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.01)
        await closing
        assert len(told(caplog, "FIRST_REQUEST_S_MAX")) == 1

    run(tmp_path, story)


def test_headers_that_drip_in_frames_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, door, "FIRST_REQUEST_S_MAX", 0.6)

    async def story(here: Opened) -> None:
        reader, writer = await here.connect("h2")
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00" + bytes(4))
        writer.write(b"\x00\x00\x00\x01\x00" + b"\x00\x00\x00\x01")  # HEADERS, more to come
        closing = asyncio.create_task(closes_in(reader, 0.6))
        while not closing.done():
            writer.write(b"\x00\x00\x00\x09\x00" + b"\x00\x00\x00\x01")  # CONTINUATION, more to come
            await asyncio.sleep(0.05)
        await closing
        assert told(caplog, "closed:")

    run(tmp_path, story)


def test_headers_that_drip_after_an_answer_are_closed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, door, "FIRST_REQUEST_S_MAX")
    shorten(monkeypatch, door, "IDLE_S_MAX")

    async def story(here: Opened) -> None:
        reader, writer = await here.connect("http/1.1")
        writer.write(post("ListProducts", here.token()))
        assert b" 200 " in await reader.readline()
        closing = asyncio.create_task(closes_in(reader, 3 * SHORT_S))
        while not closing.done():
            writer.write(b"P")
            await asyncio.sleep(0.01)
        await closing

    run(tmp_path, story)


@pytest.mark.parametrize("body", [b"", b'{"limit'], ids=["nothing", "a part"])
def test_a_body_that_drips_is_told_and_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    shorten(monkeypatch, json_face, "REQUEST_S_MAX")

    async def story(here: Opened) -> None:
        reader, writer = await here.connect("http/1.1")
        writer.write(post("ListProducts", here.token(), b'{"limit": 3}')[: -len(b'{"limit": 3}')] + body)
        await here.works()
        assert b" 408 " in await asyncio.wait_for(reader.readline(), PATIENCE_S)
        writer.close()

    run(tmp_path, story)


@pytest.mark.parametrize("more", [{}, ODD], ids=["lane", "grpclib"])
def test_a_message_that_drips_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]) -> None:
    shorten(monkeypatch, answering, "REQUEST_S_MAX")
    shorten(monkeypatch, call, "REQUEST_S_MAX")

    async def story(here: Opened) -> None:
        async with Frames.open(here) as frames:
            stream = frames.begin(here.token(), more)
            frames.send(stream, b"\x00\x00")
            assert (await frames.headers(stream))["grpc-status"] == "4"

    run(tmp_path, story)


def test_an_idle_connection_is_closed_in_peace_and_not_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, door, "FIRST_REQUEST_S_MAX")
    shorten(monkeypatch, door, "IDLE_S_MAX")

    async def story(here: Opened) -> None:
        reader, writer = await here.connect("http/1.1")
        writer.write(post("ListProducts", here.token()))
        assert b" 200 " in await reader.readline()
        await closes_in(reader, 3 * SHORT_S)
        async with Frames.open(here) as frames:
            stream = frames.begin(here.token())
            frames.send(stream, bytes(5), end=True)
            assert (await frames.headers(stream))["grpc-status"] == "0"
            await frames.until_closed()
            assert frames.goodbye, "an idle gRPC client is told to open another connection"
        assert not caplog.records

    run(tmp_path, story)


def test_an_answer_that_nobody_reads_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, door, "UNREAD_S_MAX")

    async def story(here: Opened) -> None:
        here.desk.response = b"".join(b"\x12\x24" + b"u" * 36 for _ in range(100_000))  # AddProductsResp.uids
        _, writer = await here.connect("http/1.1")
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        cast("asyncio.Transport", writer.transport).pause_reading()
        for _ in range(3):
            writer.write(post("AddProducts", here.token(), b'{"skus": ["cola"]}'))
        await asyncio.sleep(4 * SHORT_S)
        assert len(told(caplog, "UNREAD_S_MAX")) == 1
        here.desk.response = b""
        await here.works()

    run(tmp_path, story)


@pytest.mark.parametrize("more", [{}, ODD], ids=["lane", "grpclib"])
def test_an_answer_without_a_window_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    shorten(monkeypatch, answering, "UNREAD_S_MAX")
    shorten(monkeypatch, call, "UNREAD_S_MAX")

    async def story(here: Opened) -> None:
        here.desk.response = bytes(1 << 20)
        async with Frames.open(here) as frames:
            stream = frames.begin(here.token(), more)
            frames.send(stream, bytes(5), end=True)  # and never a WINDOW_UPDATE
            assert (await frames.headers(stream))["grpc-status"] == "4"

    run(tmp_path, story)


# Too large, too many


def test_oversized_headers_get_431(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: Opened) -> None:
        largest = limits.HEADER_BYTES_MAX - len(post("ListProducts", here.token())) - len("x: \r\n")
        reader, writer = await here.connect("http/1.1")
        writer.write(post("ListProducts", here.token(), more=f"x: {'y' * (largest - 16)}\r\n"))
        assert b" 200 " in await reader.readline()
        writer.close()
        reader, writer = await here.connect("http/1.1")
        writer.write(b"POST /v1/ListProducts HTTP/1.1\r\nx: " + b"y" * (limits.HEADER_BYTES_MAX + 1))
        answer = await rest(reader)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b"HEADER_BYTES_MAX" in answer
        assert len(told(caplog, "HEADER_BYTES_MAX")) == 1
        await here.works()

    run(tmp_path, story)


def test_oversized_headers_of_a_call_close_its_connection(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: Opened) -> None:
        async with Frames.open(here) as frames:
            frames.begin(
                here.token(), {f"x-{number}": "y" * 1_000 for number in range(limits.HEADER_BYTES_MAX // 1_000)}
            )
            await frames.until_closed()
            assert frames.goodbye
        assert len(told(caplog, "HEADER_BYTES_MAX")) == 1
        await here.works()

    run(tmp_path, story)


def test_too_many_calls_on_one_connection_close_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: Opened) -> None:
        async with Frames.open(here) as frames:
            for _ in range(limits.STREAMS_COUNT_MAX + 1):
                frames.begin(here.token(), checked=False)
            await frames.until_closed()
        assert len(told(caplog, "STREAMS_COUNT_MAX")) == 1
        await here.works()

    run(tmp_path, story)


def test_calls_that_are_begun_and_taken_back_without_end_close_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, h2_connection, "RESETS_COUNT_MAX", 50)

    async def story(here: Opened) -> None:
        async with Frames.open(here) as frames:
            with suppress(ConnectionError):
                for _ in range(60):
                    frames.reset(frames.begin(here.token()))
                    await asyncio.sleep(0)
            await frames.until_closed()
        assert len(told(caplog, "RESETS_COUNT_MAX")) == 1
        await here.works()

    run(tmp_path, story)


def test_a_message_of_health_or_reflection_is_bounded_too(tmp_path: Path) -> None:
    async def story(here: Opened) -> None:
        async with Frames.open(here) as frames:
            stream = frames.begin("", path="/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
            frames.send(stream, b"\x00" + (REQUEST_BYTES_MAX + 1).to_bytes(4, "big"))
            assert (await frames.headers(stream))["grpc-status"] == "8"

    run(tmp_path, story)


def test_a_flood_of_connections_makes_room_for_those_who_have_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, front, "CONNECTIONS_COUNT_MAX", 10)

    async def story(here: Opened) -> None:
        reader, writer = await here.connect("http/1.1")
        writer.write(post("ListProducts", here.token()))
        assert b" 200 " in await reader.readline()
        flood = [await here.bare() for _ in range(30)]
        flood += [await here.connect("http/1.1") for _ in range(30)]
        await here.works()
        while not reader.at_eof() and b"{" not in await reader.readline():
            pass
        writer.write(post("ListProducts", here.token()))
        assert b" 200 " in await reader.readline(), "who was let through stays"
        assert len(told(caplog, "to make room")) == 1
        for _, other in flood:
            other.close()

    run(tmp_path, story)


def test_when_all_places_are_taken_by_right_a_new_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shorten(monkeypatch, front, "CONNECTIONS_COUNT_MAX", 3)

    async def story(here: Opened) -> None:
        taken = [await here.connect("http/1.1") for _ in range(3)]
        for reader, writer in taken:
            writer.write(post("ListProducts", here.token()))
            assert b" 200 " in await reader.readline()
        reader, _ = await here.bare()
        assert await rest(reader) == b""
        assert len(told(caplog, "too many connections")) == 1
        taken[0][1].close()
        await asyncio.sleep(0.2)
        await here.works()

    run(tmp_path, story)


# Junk


@pytest.mark.parametrize(
    "junk",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 1_000, bytes(range(256)) * 300, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
)
def test_junk_instead_of_tls_is_closed(tmp_path: Path, caplog: pytest.LogCaptureFixture, junk: bytes) -> None:
    async def story(here: Opened) -> None:
        for _ in range(3):
            reader, writer = await here.bare()
            writer.write(junk)
            await closes_in(reader, 1)
        await here.works()
        assert len(told(caplog, "no TLS")) == 1

    run(tmp_path, story)


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
@pytest.mark.parametrize("junk", [b"\x00" * 1_000, b"\xff\r\n\r\n", b"GET\r\n\r\n", b"{}\n\n"])
def test_junk_inside_tls_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: str, junk: bytes
) -> None:
    async def story(here: Opened) -> None:
        reader, writer = await here.connect(protocol)
        writer.write(junk * 30)
        await closes_in(reader, 1)
        await here.works()
        assert len(told(caplog, "closed:")) == 1
        assert not [record for record in caplog.records if record.exc_info]

    run(tmp_path, story)


@pytest.mark.parametrize("junk", [b"\x00\x01\x02", b"PRIX", b"\n\n\n", b"\x16\x03\x01\x02\x00"])
def test_junk_in_plain_text_is_closed(tmp_path: Path, caplog: pytest.LogCaptureFixture, junk: bytes) -> None:
    async def story(here: Opened) -> None:
        reader, writer = await here.bare()
        writer.write(junk + b"\r\n\r\n")
        await closes_in(reader, 1)
        assert len(told(caplog, "closed:")) == 1

    run(tmp_path, story, plain=True)


def test_junk_behind_a_request_costs_no_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: Opened) -> None:
        for junk in (b"\x00\r\n\r\n", b"zz\r\n"):
            reader, writer = await here.connect("http/1.1")
            head = post("ListProducts", here.token()).replace(b"content-length: 2", b"transfer-encoding: chunked")
            writer.write((head[:-2] + junk) if junk == b"zz\r\n" else post("ListProducts", here.token()) + junk)
            await closes_in(reader, 1)
        assert not [record for record in caplog.records if record.exc_info]
        await here.works()

    run(tmp_path, story)


def test_no_protocol_in_common_is_closed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: Opened) -> None:
        for protocols in (("spdy/3",), ()):
            reader, _ = await here.connect(*protocols)
            assert await closes_in(reader, 1) == b""
        await here.works()
        assert len(told(caplog, "no protocol in common")) == 1

    run(tmp_path, story)


def test_frames_of_unknown_types_are_ignored(tmp_path: Path) -> None:
    async def story(here: Opened) -> None:
        async with Frames.open(here) as frames:
            frames.write(b"\x00\x00\x04\xf0\x00" + bytes(4) + b"grea")
            stream = frames.begin(here.token())
            frames.send(stream, bytes(5), end=True)
            assert (await frames.headers(stream))["grpc-status"] == "0"

    run(tmp_path, story)


# Half-open


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_a_peer_that_goes_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    async def story(here: Opened) -> None:
        _, writer = await here.connect(protocol)
        writer.write(post("ListProducts", here.token())[:-5])
        writer.transport.abort()
        _, bare = await here.bare()
        bare.write(b"\x16\x03\x01")
        bare.transport.abort()
        await asyncio.sleep(0.1)
        await here.works()
        assert not [record for record in caplog.records if record.exc_info]

    run(tmp_path, story)


def test_a_peer_that_has_gone_without_a_word_is_found_out_by_the_kernel(tmp_path: Path) -> None:
    """No packet can be lost on loopback, so the socket's options are looked at."""

    async def story(here: Opened) -> None:
        seen = list[tuple[int, int]]()
        real: Callable[[socket.socket], None] = vars(door)["_bound"]

        def look(connection: socket.socket) -> None:
            real(connection)
            alive = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            seen.append((alive, connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(door, "_bound", look)
            await here.works()
        assert seen == [(1, 1_000 * limits.GONE_S_MAX)]

    run(tmp_path, story)


def test_a_stopping_front_does_not_wait_for_peers_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, front, "CLOSING_S_MAX")
    shorten(monkeypatch, door, "CLOSING_S_MAX")

    async def story() -> None:
        async with opened(tmp_path) as here:
            asked = [await here.connect("http/1.1"), await here.connect("h2"), await here.bare()]
            asked[0][1].write(post("ListProducts", here.token()))
            assert b" 200 " in await asked[0][0].readline()
            start = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - start < SHORT_S + 2
        for reader, _ in asked:
            await closes_in(reader, 1)

    asyncio.run(story())


# One connection of HTTP/2, frame by frame


class Frames:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._h2.initiate_connection()
        self.write(self._h2.data_to_send())
        self._headers = dict[int, dict[str, str]]()
        self._ended = set[int]()
        self.goodbye = False

    @classmethod
    def open(cls, here: Opened) -> "Connecting":
        return Connecting(here)

    def begin(
        self,
        token: str,
        more: dict[str, str] | None = None,
        *,
        path: str = "/blackfriday.inventory.v1.InventoryService/ListProducts",
        checked: bool = True,
    ) -> int:
        if not checked:
            self._h2.remote_settings.max_concurrent_streams = 2**31 - 1
            self._h2.remote_settings.acknowledge()
        stream = self._h2.get_next_available_stream_id()
        access = {"authorization": f"Bearer {token}"} if token else {}
        sent = {
            ":method": "POST",
            ":scheme": "https",
            ":path": path,
            ":authority": "bf",
            "te": "trailers",
            "content-type": "application/grpc",
            **access,
            **(more or {}),
        }
        self._h2.send_headers(stream, list(sent.items()))
        self.write(self._h2.data_to_send())
        return stream

    def send(self, stream: int, body: bytes, *, end: bool = False) -> None:
        self._h2.send_data(stream, body, end_stream=end)
        self.write(self._h2.data_to_send())

    def reset(self, stream: int) -> None:
        self._h2.reset_stream(stream)
        self.write(self._h2.data_to_send())

    def write(self, body: bytes) -> None:
        self._writer.write(body)

    async def headers(self, stream: int) -> dict[str, str]:
        """Return all headers and trailers of an answer."""
        while stream not in self._ended:
            assert await self._more(), "the server hung up"
        return self._headers[stream]

    async def until_closed(self) -> None:
        with suppress(ConnectionError, ssl.SSLError):
            while await self._more():
                pass

    async def _more(self) -> bool:
        body = await asyncio.wait_for(self._reader.read(65_536), PATIENCE_S)
        for event in self._h2.receive_data(body):
            match event:
                case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                    found = self._headers.setdefault(event.stream_id, {})
                    found |= {str(name): str(value) for name, value in event.headers}
                case h2.events.StreamEnded() | h2.events.StreamReset():
                    self._ended.add(event.stream_id)
                case h2.events.ConnectionTerminated():
                    self.goodbye = True
                case _:
                    pass
        if not self.goodbye:
            self.write(self._h2.data_to_send())
        return bool(body)


class Connecting:
    def __init__(self, here: Opened) -> None:
        self._here = here

    async def __aenter__(self) -> Frames:
        reader, self._writer = await self._here.connect("h2")
        return Frames(reader, self._writer)

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()


@pytest.fixture(autouse=True)
def _warnings_are_seen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
