"""Sockets: what the kernels of simulated machines do for a connection, much as TCP does.

Rules of this file:
1. A kernel outlives its processes. What arrives for a process that stands still waits in the socket, what arrives for
   one that has ended is answered with a reset, and a machine without power answers nothing.
2. Bytes are counted. Only the next one that is missing is taken, so what is sent twice arrives once, and in order.
3. What is not acknowledged is sent again, each time later, until it arrives or the socket gives up.
4. A sender is never further ahead of the process that reads than the window.
5. Acknowledgements take a link's delay and vanish in its cuts; they cost nothing else and are in no digest.
"""

import errno
import socket
from asyncio import Future
from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Protocol
from zlib import crc32

from bf.sim.loop import Life
from bf.sim.net import DELAY_S_MAX, RESEND_S, Network, Time

HEAD_BYTES = 40
"""What a packet costs besides its body."""

SEGMENT_BYTES = 16_384
"""How much one packet carries at most."""

WINDOW_BYTES = 131_072
"""How far a sender may be ahead of the process that reads."""

SPLIT_CHANCE = 1 / 32
"""How often a packet is split where nobody expects it."""

CONNECT_S_MAX = 127.0
"""How long a kernel tries to connect, as Linux does."""

GIVE_UP_S = 900.0
"""How long a kernel sends again what nobody acknowledges, unless a socket says otherwise (TCP_USER_TIMEOUT)."""

DOUBLINGS_COUNT_MAX = 6
"""How often the time until something is sent again is doubled."""

Address = tuple[str, int]
"""A machine's name, and a port."""

Segment = tuple[int, bytes, bool]
"""The number of the byte after it, the bytes, and whether it is the end, which counts as a byte."""


class User(Protocol):
    """Who has a socket in a process."""

    def readable(self) -> None:
        """Look what has come: bytes, the end, or an error."""
        ...

    def writable(self) -> None:
        """Send more, if there is more."""
        ...


class Kernels(Protocol):
    """What all kernels have in common."""

    loop: Time
    network: Network
    dice: Random

    def forget(self, gone: "Socket") -> None:
        """Know nothing about a socket any more."""
        ...

    def dark(self, host: str) -> bool:
        """Say whether a machine has no power."""
        ...

    def knock(self, dialling: "Socket") -> None:
        """Let the machine at the other end answer somebody who wants to connect."""
        ...


class Socket:
    """One end of a connection, as its machine's kernel keeps it."""

    def __init__(self, kernels: Kernels, life: Life, here: Address, there: Address) -> None:
        self.number = kernels.loop.next_number()
        self.owner, self.here, self.there = life, here, there
        self.family, self.type, self.proto = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        self.user: User | None = None
        self.peer: Socket | None = None
        self.gone = False
        """Whether the kernel knows nothing about it any more."""
        self.closed = False
        """Whether the process has closed it."""
        self.inbox: deque[bytes] = deque()
        self.ended = False
        """Whether the other end will send no more."""
        self.error: OSError | None = None
        self._kernels, self._loop = kernels, kernels.loop
        self._out = kernels.network.link(here[0], there[0])
        self._in = kernels.network.link(there[0], here[0])
        self._dialled: Future[None] | None = None
        self._options: dict[tuple[int, int], Any] = {}
        self._flying: deque[Segment] = deque()
        self._sent = self._read = self._got = self._taken = 0
        """Bytes sent, those of them that were read there; bytes got, those of them that were read here."""
        self._wanting = self._shut = self._watched = self._arriving = False
        self._tries = 0
        self._since = self._heard = self._loop.now

    @property
    def life(self) -> Life:
        """Who takes what arrives: the process while it can, else the kernel on its own."""
        owner = self.owner
        return self._loop.world if owner.dead or owner.held or self.closed else owner

    # What a process asks

    def dial(self) -> "Future[None]":
        """Connect; the future raises ConnectionRefusedError or TimeoutError."""
        self._dialled = self._loop.create_future()
        self._knock(1.0)
        return self._dialled

    def send(self, body: bytes | memoryview) -> int:
        """Send as much as the window takes, and return how much that is."""
        if self.gone or self._shut:
            return len(body)
        taken = bytes(body[: max(0, WINDOW_BYTES - self._sent + self._read)])
        self._wanting = len(taken) < len(body)
        for piece in self._pieces(taken):
            self._put(piece, end=False)
        if self._wanting:
            self._watch()
        return len(taken)

    def shut(self) -> None:
        """Send no more, and let the other end know."""
        if not self.gone and not self._shut:
            self._shut = True
            self._put(b"", end=True)

    def take(self) -> bytes:
        """Return the next bytes from the inbox."""
        body = self.inbox.popleft()
        self._taken += len(body)
        if not self._arriving:
            self._acknowledge()
        return body

    def close(self) -> None:
        """Let go of it: what was sent still goes, then the end; a reset, if something came that nobody has read."""
        if self.gone or self.closed:
            return
        self.closed = True
        if self.inbox:
            self.reset()
        else:
            self.shut()
            self._forget_when_done()

    def reset(self) -> None:
        """Forget it, and let the other end know."""
        self._kernels.forget(self)
        self._flying.clear()
        self.refuse()

    def getsockname(self) -> Address:
        """Return where it is."""
        return self.here

    def getpeername(self) -> Address:
        """Return where its other end is."""
        return self.there

    def setsockopt(self, level: int, name: int, value: object) -> None:
        """Set an option; those that let a kernel find out about a peer that has gone mean something here."""
        was_kept = self._option(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        self._options[level, name] = value
        if self._option(socket.SOL_SOCKET, socket.SO_KEEPALIVE) and not was_kept:
            self._loop.call_for(self, self._loop.now, self._keep_alive)

    def getsockopt(self, level: int, name: int) -> object:
        """Return an option that was set."""
        return self._options.get((level, name), 0)

    # What arrives

    def connected(self) -> None:
        """Note that the other end is there."""
        dialled = self._dialled
        if self.gone:
            self.refuse()
        elif dialled:
            self._dialled = None
            self._tell(_succeed, dialled)

    def fail(self, error: OSError) -> None:
        """Let the process know that the connection is no more."""
        if self.gone:
            return
        self._kernels.forget(self)
        self._flying.clear()
        self.error = error
        if self._dialled:
            self._tell(_fail, self._dialled, error)
        elif self.user:
            self._tell(self.user.readable)

    def refuse(self) -> None:
        """Answer with a reset, if the machine can."""
        if self.peer and not self._kernels.dark(self.here[0]):
            self._out.send(
                self.peer, HEAD_BYTES, 0, self.peer.fail, ConnectionResetError(errno.ECONNRESET, "reset by peer")
            )

    def _arrive(self, after: int, body: bytes, end: bool) -> None:  # noqa: FBT001  # the parts of a segment
        self._heard = self._loop.now
        if self.gone:
            self.refuse()
            return
        if self._dialled:
            self.connected()
        if after > self._got and after - len(body) - end == self._got:
            if body and self.closed:
                self.reset()
                return
            self._got = after
            self._take_in(body, end=end)
        if not self.gone:
            self._acknowledge()
            self._forget_when_done()

    def _take_in(self, body: bytes, *, end: bool) -> None:
        if body:
            self.inbox.append(body)
        self.ended |= end
        if self.user and not self.closed:
            self._arriving = True
            self._tell(self.user.readable)
            self._arriving = False

    def _acknowledge(self) -> None:
        """Tell the other end what has come and what was read, without a packet of its own."""
        if self.peer and not self._out.cuts:
            delay_s = min(self._out.profile.delay_s * self._out.slowness, DELAY_S_MAX)
            self._loop.call_for(self.peer, self._loop.now + delay_s, self.peer._acknowledged, self._got, self._taken)  # noqa: SLF001  # the other end

    def _acknowledged(self, got: int, read: int) -> None:
        if self.gone or self._in.cuts:
            return
        flying, now = self._flying, self._loop.now
        self._heard = now
        if flying and flying[0][0] <= got:
            while flying and flying[0][0] <= got:
                flying.popleft()
            self._since = now
            if self._tries:
                self._tries = 0
                for segment in flying:
                    self._transmit(segment)
        if read > self._read:
            self._read = read
            if self._wanting and self.user:
                self._tell(self.user.writable)
        self._forget_when_done()

    # Inside

    def _knock(self, wait_s: float) -> None:
        if self.gone or not self._dialled:
            return
        if self._loop.now - self._since >= CONNECT_S_MAX:
            self.fail(TimeoutError(errno.ETIMEDOUT, "nobody answers"))
            return
        self._out.send(self._loop.world, HEAD_BYTES, 0, self._kernels.knock, self)
        self._loop.call_for(self, self._loop.now + wait_s, self._knock, 2 * wait_s)

    def _pieces(self, body: bytes) -> Iterator[bytes]:
        start, dice = 0, self._kernels.dice
        while start < len(body):
            size = SEGMENT_BYTES
            if dice.random() < SPLIT_CHANCE:
                size = 1 + int(dice.random() * min(size, len(body) - start))
            yield body[start : start + size]
            start += size

    def _put(self, body: bytes, *, end: bool) -> None:
        if not self._flying:
            self._since = self._loop.now
        self._sent += len(body) + end
        segment = self._sent, body, end
        self._flying.append(segment)
        self._transmit(segment)
        self._watch()

    def _transmit(self, segment: Segment) -> None:
        if self.peer:
            body = segment[1]
            self._out.send(self.peer, HEAD_BYTES + len(body), crc32(body), self.peer._arrive, *segment)  # noqa: SLF001  # the other end

    def _watch(self) -> None:
        if not self._watched:
            self._watched = True
            self._loop.call_for(self, self._loop.now + self._patience_s, self._look)

    def _look(self) -> None:
        """Send again what has not arrived, or ask whether the window is still closed."""
        self._watched = False
        if self.gone or not (self._flying or self._wanting):
            return
        waited_s = self._loop.now - self._since
        if self._flying and waited_s >= self._give_up_s:
            self.fail(TimeoutError(errno.ETIMEDOUT, "the other end does not answer"))
            return
        if not self._flying or waited_s >= self._patience_s:
            self._tries += bool(self._flying)
            self._transmit(self._flying[0] if self._flying else (self._sent, b"", False))
        self._watch()

    def _keep_alive(self) -> None:
        """Ask a silent peer whether it is still there."""
        silent_s = self._loop.now - self._heard
        if self.gone or self.closed:
            return
        if silent_s >= self._idle_s + self._give_up_s:
            self.fail(TimeoutError(errno.ETIMEDOUT, "the other end is silent"))
            return
        if silent_s >= self._idle_s:
            self._transmit((self._sent, b"", False))
        self._loop.call_for(self, self._loop.now + self._idle_s, self._keep_alive)

    def _forget_when_done(self) -> None:
        if self.closed and self._shut and self.ended and not self._flying:
            self._kernels.forget(self)

    def _tell(self, callback: Callable[..., object], *args: Any) -> None:
        """Call the process, in its own life."""
        if self._loop.current is self.owner:
            callback(*args)
        else:
            self._loop.call_for(self.owner, self._loop.now, callback, *args)

    def _option(self, level: int, name: int) -> int:
        return int(self._options.get((level, name), 0))

    @property
    def _give_up_s(self) -> float:
        return self._option(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) / 1_000 or GIVE_UP_S

    @property
    def _idle_s(self) -> float:
        return float(self._option(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) or 7_200)

    @property
    def _patience_s(self) -> float:
        """How long to wait for an acknowledgement: longer than it takes on a bad day, and longer each time."""
        there, back = self._out, self._in
        longest_s = RESEND_S + (RESEND_S + there.profile.delay_s + there.profile.jitter_s) * there.slowness
        longest_s += back.profile.delay_s * back.slowness
        return min(longest_s, 2 * DELAY_S_MAX) * 2.0 ** min(self._tries, DOUBLINGS_COUNT_MAX)


def _succeed(dialled: "Future[None]") -> None:
    if not dialled.done():
        dialled.set_result(None)


def _fail(dialled: "Future[None]", error: OSError) -> None:
    if not dialled.done():
        dialled.set_exception(error)
