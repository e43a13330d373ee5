"""Connections between simulated machines, as asyncio transports: whatever speaks over asyncio speaks over these.

A host's name is a machine's name. Transports call protocols as asyncio's own do; `bf.sim.sockets` says what becomes of
bytes on their way.
"""

import asyncio
import errno
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context, copy_context
from itertools import count
from random import Random
from typing import Any, NamedTuple, cast

from bf.sim.errors import FenceError
from bf.sim.loop import Life
from bf.sim.net import Network, Time
from bf.sim.sockets import HEAD_BYTES, Address, Socket

HIGH_WATER_BYTES = 65_536
"""How much a transport holds back before it asks its protocol to pause, as in asyncio."""

FIRST_PORT = 49_152
"""The first of the ports that nobody has chosen."""

HERE = ("", "localhost", "127.0.0.1", "0.0.0.0", "::", "::1")  # noqa: S104  # nothing is bound: they are names here
"""Names by which a machine calls itself."""


class Transport(asyncio.Transport):
    """One end of a connection, as a process has it."""

    def __init__(self, loop: Time, socket: Socket, protocol: asyncio.BaseProtocol, context: Context) -> None:
        super().__init__({"socket": socket, "sockname": socket.here, "peername": socket.there})
        self._loop = loop
        self._socket = socket
        self._protocol = cast("asyncio.Protocol", protocol)
        self._context = context
        """In what protocols are called: not in the context of the machine that has sent something."""
        self._unsent: deque[bytes | memoryview] = deque()
        self._size = 0
        self._high, self._low = HIGH_WATER_BYTES, HIGH_WATER_BYTES // 4
        self._protocol_paused = False
        self._paused = True
        self._closing = self._lost = self._shut = self._ended = False
        self._soon(self._begin)

    # What a protocol asks

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol be called."""
        self._protocol = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that is called."""
        return self._protocol

    def is_closing(self) -> bool:
        """Return whether it is closed, or about to be."""
        return self._closing

    def is_reading(self) -> bool:
        """Return whether bytes are taken."""
        return not self._paused and not self._closing

    def pause_reading(self) -> None:
        """Take no more bytes."""
        if not self._closing:
            self._paused = True

    def resume_reading(self) -> None:
        """Take bytes again."""
        if not self._closing and self._paused:
            self._paused = False
            self._soon(self.readable)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, or hold them back while the other end does not read."""
        if not isinstance(data, bytes | bytearray | memoryview):  # pyright: ignore[reportUnnecessaryIsInstance]  # as asyncio's
            raise TypeError(f"data must be bytes, not {type(data).__name__}")
        if self._shut:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._lost or not data:
            return
        if self._socket.error:
            self._break(self._socket.error)
            return
        body = bytes(data)
        sent = 0 if self._unsent else self._socket.send(body)
        if sent < len(body):
            self._unsent.append(memoryview(body)[sent:])
            self._size += len(body) - sent
            self._ask_to_pause()

    def write_eof(self) -> None:
        """Send no more after what is held back."""
        if not self._closing and not self._shut:
            self._shut = True
            if not self._unsent:
                self._socket.shut()

    def can_write_eof(self) -> bool:
        """Return that it can."""
        return True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Say how much is held back before the protocol is asked to pause, and when it may go on."""
        top = high if high is not None else HIGH_WATER_BYTES if low is None else 4 * low
        bottom = low if low is not None else top // 4
        if not top >= bottom >= 0:
            raise ValueError(f"high ({top}) must be >= low ({bottom}) must be >= 0")
        self._high, self._low = top, bottom
        self._ask_to_pause()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return when the protocol may go on, and when it is asked to pause."""
        return self._low, self._high

    def get_write_buffer_size(self) -> int:
        """Return how much is held back."""
        return self._size

    def close(self) -> None:
        """Send what is held back, then close; take nothing more."""
        if not self._closing:
            self._closing = True
            if not self._unsent:
                self._lose(None)

    def abort(self) -> None:
        """Close at once."""
        self._break(None)

    # What the socket tells

    def readable(self) -> None:
        """Hand on what has come."""
        socket = self._socket
        while socket.inbox and self.is_reading():
            self._call("data_received", socket.take())
        if self.is_reading() and socket.ended and not self._ended:
            self._ended = True
            if not self._call("eof_received"):
                self.close()
        if socket.error and (self.is_reading() or self._unsent):
            self._break(socket.error)

    def writable(self) -> None:
        """Send what was held back."""
        while self._unsent and not self._lost:
            body = self._unsent[0]
            sent = self._socket.send(body)
            self._size -= sent
            if sent < len(body):
                self._unsent[0] = memoryview(body)[sent:]
                break
            self._unsent.popleft()
        if self._protocol_paused and self._size <= self._low:
            self._protocol_paused = False
            self._call("resume_writing")
        if not self._unsent and not self._lost:
            if self._closing:
                self._lose(None)
            elif self._shut:
                self._socket.shut()

    # Inside

    def _begin(self) -> None:
        self._call("connection_made", self)
        self._socket.user = self
        self._paused = False
        self.readable()

    def _ask_to_pause(self) -> None:
        if self._size > self._high and not self._protocol_paused:
            self._protocol_paused = True
            self._call("pause_writing")

    def _call(self, name: str, *args: object) -> Any:
        """Call the protocol; what it raises closes the connection, and is told as asyncio tells it."""
        call = getattr(self._protocol, name)
        try:
            if name in ("pause_writing", "resume_writing"):  # they may come inside another call
                return call(*args)
            return self._context.run(call, *args)
        except Exception as error:  # noqa: BLE001  # see above
            told = {
                "message": f"Fatal error: protocol.{name}() failed.",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
            self._loop.call_exception_handler(told)
            self._break(error)

    def _break(self, error: Exception | None) -> None:
        """Close, whatever is held back."""
        if not self._lost:
            self._closing = True
            self._unsent.clear()
            self._size = 0
            self._lose(error)

    def _lose(self, error: Exception | None) -> None:
        self._lost = True
        self._soon(self._end, error)

    def _end(self, error: Exception | None) -> None:
        try:
            self._call("connection_lost", error)
        finally:
            self._socket.close()

    def _soon(self, callback: Callable[..., object], *args: object) -> None:
        """Run a callback in the life of the process that has this end, whoever asks for it."""
        if self._loop.current is self._socket.owner:
            self._loop.call_soon(callback, *args)
        else:
            self._loop.call_for(self._socket.owner, self._loop.now, callback, *args)


class ListeningSocket:
    """Where a process takes connections."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port

    def getsockname(self) -> Address:
        """Return the machine and the port."""
        return self._address


class Listener(NamedTuple):
    """A process that takes connections."""

    life: Life
    accept: Callable[[Socket], None]


class Server(asyncio.AbstractServer):
    """Takes connections until it is closed."""

    def __init__(self, streams: "Streams", address: Address) -> None:
        self._streams = streams
        self._address = address
        self._closed = streams.loop.create_future()

    @property
    def sockets(self) -> tuple[ListeningSocket, ...]:
        """Where it listens."""
        return (ListeningSocket(*self._address),) if self.is_serving() else ()

    def close(self) -> None:
        """Take no more connections; those that are there stay."""
        if self.is_serving():
            self._streams.listeners.pop(self._address, None)
            self._closed.set_result(None)

    def is_serving(self) -> bool:
        """Return whether connections are taken."""
        return not self._closed.done()

    async def serve_forever(self) -> None:
        """Wait until it is closed, or close it when the task that waits is cancelled."""
        try:
            await asyncio.shield(self._closed)
        finally:
            self.close()

    async def wait_closed(self) -> None:
        """Return at once, as asyncio does in Python 3.11: nobody waits for connections."""


class Streams:
    """The kernels of all machines, and what a loop asks of them."""

    def __init__(self, loop: Time, network: Network, seed: str) -> None:
        self.loop = loop
        self.network = network
        self.dice = Random(f"{seed}/sockets")
        self.listeners: dict[Address, Listener] = {}
        self._open: dict[int, Socket] = {}
        self._lives: dict[str, Life] = {}
        """By machine, the newest process that has asked for connections."""
        self._next_port = count(FIRST_PORT).__next__

    # What a loop asks

    async def connect(
        self, factory: Callable[[], asyncio.BaseProtocol], host: str | None, port: int | None, **options: Any
    ) -> tuple[Transport, asyncio.BaseProtocol]:
        """Connect to a machine; OSError."""
        _refuse_strange(options, ("family", "proto", "flags", "happy_eyeballs_delay", "interleave", "all_errors"))
        assert port is not None, "a machine is called by its name and a port"
        life = self._lively(self.loop.current)
        socket = self._socket(life, (life.name, self._next_port()), (_named(life, host), port))
        try:
            await socket.dial()
        except BaseException:
            self.forget(socket)
            raise
        protocol = factory()
        transport = Transport(self.loop, socket, protocol, copy_context())
        begun = self.loop.create_future()
        self.loop.call_soon(_succeed, begun)  # after the protocol was told of its connection
        try:
            await begun
        except BaseException:
            transport.close()
            raise
        return transport, protocol

    async def listen(
        self, factory: Callable[[], asyncio.BaseProtocol], host: str | None, port: int | None, **options: Any
    ) -> Server:
        """Take connections; OSError if somebody else does so on this port."""
        sock: ListeningSocket | None = options.pop("sock", None)
        _refuse_strange(options, ("family", "flags", "backlog", "reuse_address", "reuse_port", "start_serving"))
        life, context = self._lively(self.loop.current), copy_context()
        address = sock.getsockname() if sock else (_named(life, host), port or self._next_port())
        assert address[0] == life.name, f"{life.name} cannot listen for {address[0]}"
        if address in self.listeners:
            raise OSError(errno.EADDRINUSE, f"{address[0]}:{address[1]} is taken")

        def accept(socket: Socket) -> None:
            Transport(self.loop, socket, factory(), context)

        self.listeners[address] = Listener(life, accept)
        return Server(self, address)

    def bury(self, life: Life) -> None:
        """Close what a process had: with resets if it was killed, without a word if the power failed."""
        for address in [address for address, listener in self.listeners.items() if listener.life is life]:
            del self.listeners[address]
        for each in [each for each in self._open.values() if each.owner is life]:
            if life.unplugged or not each.closed:
                each.reset()

    # What sockets ask

    def forget(self, gone: Socket) -> None:
        """Know nothing about a socket any more."""
        gone.gone = True
        self._open.pop(gone.number, None)

    def dark(self, host: str) -> bool:
        """Say whether a machine has no power."""
        life = self._lives.get(host)
        return life is not None and life.dead and life.unplugged

    def knock(self, dialling: Socket) -> None:
        """Let the machine at the other end answer somebody who wants to connect."""
        here, there = dialling.here, dialling.there
        if self.dark(there[0]):
            return
        back, listener = self.network.link(there[0], here[0]), self.listeners.get(there)
        if dialling.peer is None:
            if listener is None:
                refused = ConnectionRefusedError(errno.ECONNREFUSED, f"{there[0]}:{there[1]} takes no connections")
                back.send(dialling, HEAD_BYTES, 0, dialling.fail, refused)
                return
            dialling.peer = self._socket(listener.life, there, here)
            dialling.peer.peer = dialling
            self.loop.call_for(listener.life, self.loop.now, listener.accept, dialling.peer)
        if dialling.peer.gone:
            dialling.peer.refuse()
        else:
            back.send(dialling, HEAD_BYTES, 0, dialling.connected)

    def _socket(self, life: Life, here: Address, there: Address) -> Socket:
        made = Socket(self, life, here, there)
        self._open[made.number] = made
        return made

    def _lively(self, life: Life) -> Life:
        """Take notice of a process: its machine has power."""
        self._lives[life.name] = life
        return life


def _named(life: Life, host: str | None) -> str:
    return life.name if host is None or host in HERE else host


def _refuse_strange(options: Mapping[str, object], meaningless: Iterable[str]) -> None:
    """Raise FenceError for an option that would change something and cannot be simulated, such as TLS."""
    strange = [name for name, value in options.items() if value is not None and name not in meaningless]
    if strange:
        raise FenceError(f"connections with {strange} are not simulated")


def _succeed(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
