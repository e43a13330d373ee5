"""One connection, from its first byte to its last: TLS, the choice of a face, and every limit on time.

Rules of this file:
1. A door is the connection's protocol all its life and hands bytes to a face. So each limit stands in one place.
2. TLS begins here, not in the loop's server, since asyncio tells nobody of a handshake that failed.
3. Nothing that a peer does raises out of here; what is odd is said once, and the connection is closed.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, cast

from bf.adapters.access.gate import Visit
from bf.adapters.access.sparing import SparingLog
from bf.adapters.front.limits import (
    CLOSING_S_MAX,
    FIRST_REQUEST_S_MAX,
    GONE_S_MAX,
    HANDSHAKE_S_MAX,
    IDLE_S_MAX,
    UNREAD_S_MAX,
)

H1, H2 = "http/1.1", "h2"
PREFACE = b"PRI * HTTP/2.0"
"""How a connection of HTTP/2 begins; no request of HTTP/1.1 does."""


class Face(Protocol):
    """What speaks on a connection: an asyncio protocol that says what it is doing."""

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        ...

    @property
    def latest(self) -> object:
        """Something that differs after each new request."""
        ...

    def end(self) -> None:
        """Say goodbye to the peer and close."""
        ...

    def connection_made(self, transport: Any, /) -> None: ...  # noqa: ANN401, D102  # asyncio's
    def data_received(self, data: bytes, /) -> None: ...  # noqa: D102  # asyncio's
    def pause_writing(self) -> None: ...  # noqa: D102  # asyncio's
    def resume_writing(self) -> None: ...  # noqa: D102  # asyncio's
    def connection_lost(self, exc: Exception | None, /) -> None: ...  # noqa: D102  # asyncio's


Faces = Mapping[str, Callable[[Visit], Face]]
"""How to make the face for a protocol's name."""


class Hall(Protocol):
    """Where the doors are counted."""

    def enter(self, door: "Door", /) -> bool:
        """Take a new connection in, or say no."""
        ...

    def leave(self, door: "Door", /) -> None:
        """Forget a connection that has gone."""
        ...

    def prove(self, door: "Door", /) -> None:
        """Note that a caller on it was let through."""
        ...


class Door(asyncio.Protocol):
    """One connection."""

    def __init__(self, hall: Hall, faces: Faces, context: Callable[[], ssl.SSLContext] | None, log: SparingLog) -> None:
        """Speak TLS with what `context` returns, or plain text without one."""
        self._hall = hall
        self._faces = faces
        self._context = context
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._face: Face | None = None
        self._seen: object = None
        self._asked = False
        self._early = b""
        self._ending = False
        self._gone = False
        self._timers = dict[str, asyncio.TimerHandle]()
        self._securing: asyncio.Task[None] | None = None
        self.visit = Visit(proved=lambda: hall.prove(self))

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection in."""
        self._transport = cast("asyncio.Transport", transport)
        self.visit.peer = str((transport.get_extra_info("peername") or ["unknown"])[0])
        _bound(transport.get_extra_info("socket"))
        if not self._hall.enter(self):
            self._refuse("too many connections are open: CONNECTIONS_COUNT_MAX")
            return
        self._set("look", FIRST_REQUEST_S_MAX, self._look)
        if self._context is not None:
            self._transport.pause_reading()
            self._securing = self._loop.create_task(self._secure(self._context))

    def data_received(self, data: bytes) -> None:
        """Hand bytes on, or look at the first ones to know to whom."""
        if self._ending:
            return
        if self._face is None:
            self._early += data
            if self._context is None:
                self._sniff()
            return
        try:
            self._face.data_received(data)
        except Exception as error:  # noqa: BLE001  # see the rules above
            self._refuse("a fault of ours", error)

    def eof_received(self) -> None:
        """Let asyncio close the connection: whoever sends no more is not answered."""

    def pause_writing(self) -> None:
        """Wait for a peer that does not read, not for ever."""
        self._set("unread", UNREAD_S_MAX, lambda: self._refuse("an answer was left unread: UNREAD_S_MAX"))
        if self._face:
            self._face.pause_writing()

    def resume_writing(self) -> None:
        """Go on."""
        self._clear("unread")
        if self._face:
            self._face.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget all about it."""
        self._forget()
        if self._face:
            self._face.connection_lost(exc)

    # What the hall calls

    def end(self) -> None:
        """Close in peace, and soon."""
        if self._face is None:
            self.abort()
        elif not self._ending:
            self._ending = True
            with suppress(Exception):  # a peer may have broken the protocol's state
                self._face.end()
            self._set("closing", CLOSING_S_MAX, self.abort)

    def abort(self) -> None:
        """Close at once."""
        self._ending = True
        self._transport.abort()

    def make_room(self) -> None:
        """Close at once, in favour of somebody else."""
        self._refuse("closed to make room, since no call on it was let through: CONNECTIONS_COUNT_MAX")

    # Inside

    async def _secure(self, context: Callable[[], ssl.SSLContext]) -> None:
        """Shake hands, then let the negotiated protocol speak."""
        try:
            secured = await self._loop.start_tls(
                self._transport,
                self,
                context(),
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S_MAX,
                ssl_shutdown_timeout=CLOSING_S_MAX,
            )
        except (OSError, EOFError) as error:
            self._refuse(f"no TLS: {_reason(error)}")
            self._forget()
            return
        except Exception as error:  # noqa: BLE001  # see the rules above
            self._refuse("a fault of ours", error)
            self._forget()
            return
        if secured is None or self._gone:  # the peer went meanwhile
            self._forget()
            return
        self._transport = secured
        tls = cast("ssl.SSLObject", secured.get_extra_info("ssl_object"))
        self.visit.tenant = getattr(tls.context, "tenant", "")
        self._begin(tls.selected_alpn_protocol() or "")

    def _sniff(self) -> None:
        """Without TLS, the first bytes tell the protocol."""
        if self._early.startswith(PREFACE):
            self._begin(H2)
        elif not PREFACE.startswith(self._early):
            self._begin(H1)

    def _begin(self, name: str) -> None:
        """Let a face speak from here on, and give it what came before."""
        if name not in self._faces:
            self._refuse(f"no protocol in common: the client must offer {' or '.join(self._faces)} (ALPN)")
            return
        face = self._faces[name](self.visit)
        face.connection_made(self._transport)
        self._face, self._seen = face, face.latest
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    def _look(self) -> None:
        """Close a connection on which no request has begun since the last look, and none is under way."""
        face = self._face
        if face is None or (not face.busy and face.latest == self._seen):
            if self._asked:
                self.end()
            else:
                self._refuse("no request came: FIRST_REQUEST_S_MAX")
            return
        self._asked, self._seen = True, face.latest
        self._set("look", IDLE_S_MAX, self._look)

    def _refuse(self, why: str, trouble: BaseException | None = None) -> None:
        if not self._ending:
            self._log.say(f"connection from {self.visit.peer} closed: {why}", trouble)
        self.abort()

    def _set(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        self._clear(name)
        self._timers[name] = self._loop.call_later(seconds, act)

    def _clear(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer:
            timer.cancel()

    def _forget(self) -> None:
        if self._gone:
            return
        self._gone = self._ending = True
        for name in list(self._timers):
            self._clear(name)
        self._hall.leave(self)


def _bound(connection: socket.socket) -> None:
    """Let the kernel find out about peers that have gone without a word, and send small answers at once."""
    with suppress(OSError):  # the peer may have gone
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, GONE_S_MAX)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1_000 * GONE_S_MAX)


def _reason(error: BaseException) -> str:
    """Say what went wrong in a handshake, in few words."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "protocol error").lower().replace("_", " ")
    if isinstance(error, ConnectionAbortedError):
        return "the handshake took too long: HANDSHAKE_S_MAX"
    return "the peer went away"
