"""Taking connections in for workers: look whom the client wants, and hand the connection over with all its bytes.

Rules of this file:
1. Nothing is read, only looked at (MSG_PEEK): who gets the connection finds it as it came.
2. The system wakes us when as much is there as a ClientHello says it has (SO_RCVLOWAT): a slow one costs no turns.
3. A client that is slow, or one of too many, is closed; one that is odd is handed on, to be refused by a door.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from bf.adapters.access.sparing import SparingLog
from bf.adapters.front.front import BACKLOG_CONNECTIONS
from bf.adapters.front.limits import HANDSHAKE_S_MAX
from bf.adapters.workers.hello import RECORD_BYTES, record_size, server_name
from bf.adapters.workers.limits import LOOKED_AT_COUNT_MAX

PAUSE_S = 1
"""How long to take nobody in when the system has no more open files to give."""

LOWEST = 1
"""How many bytes wake a reader unless something else was said."""

Hand = Callable[[socket.socket, str], None]
"""Called with a connection and the server name that it began with; empty if there is none."""


class Acceptor:
    """Takes connections from a listening socket until it is stopped."""

    def __init__(self, listening: socket.socket, hand: Hand, *, look: bool) -> None:
        """Hand each connection on; `look` at what it begins with before."""
        self._listening = listening
        self._hand = hand
        self._look = look
        self._log = SparingLog(logging.getLogger("bf.front"))
        self._accepting: asyncio.Task[None] | None = None
        self._looks: dict[asyncio.Task[None], None] = {}
        """In the order in which they came."""

    def start(self) -> None:
        """Take connections from now on."""
        self._listening.setblocking(False)  # noqa: FBT003  # socket's own
        self._listening.listen(BACKLOG_CONNECTIONS)
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    async def stop(self) -> None:
        """Take no more, and close those that nobody has got yet; whoever else holds the socket gets what comes."""
        tasks = [*self._looks, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._listening.close()
        self._log.flush()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listening)
            except OSError as error:  # no more open files, or the peer has gone already
                self._log.say(f"a connection could not be taken in: {error.strerror}")
                await asyncio.sleep(PAUSE_S)
                continue
            if not self._look:
                self._hand(connection, "")
                continue
            if len(self._looks) >= LOOKED_AT_COUNT_MAX:
                self._log.say("a connection was closed to make room: LOOKED_AT_COUNT_MAX")
                next(iter(self._looks)).cancel()
            look = loop.create_task(self._looked_at(connection))
            self._looks[look] = None
            look.add_done_callback(partial(self._forget, connection))

    async def _looked_at(self, connection: socket.socket) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_S_MAX):
                name = await _wanted(connection)
        except TimeoutError:
            self._log.say("a connection was closed: it did not say whom it wants: HANDSHAKE_S_MAX")
            connection.close()
        except OSError:  # the peer has gone
            connection.close()
        else:
            self._hand(connection, name)

    def _forget(self, connection: socket.socket, look: "asyncio.Task[None]") -> None:
        self._looks.pop(look, None)
        if look.cancelled():  # it may not even have begun
            connection.close()


async def _wanted(connection: socket.socket) -> str:
    """Look at a ClientHello, and return the server name in it; empty if there is none. Raises OSError."""
    head = await _seen(connection, RECORD_BYTES)
    size = record_size(head)
    record = await _seen(connection, size) if size else b""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, LOWEST)
    return server_name(record)


async def _seen(connection: socket.socket, size: int) -> bytes:
    """Return the first so many bytes, when they are there; fewer if no more will come."""
    loop = asyncio.get_running_loop()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
    readable = loop.create_future()

    def wake() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(connection, wake)
    try:
        await readable
    finally:
        loop.remove_reader(connection)
    with suppress(BlockingIOError):
        return connection.recv(size, socket.MSG_PEEK)
    return b""
