"""One port for every tenant and every protocol."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import partial

from bf.adapters.access.sparing import SparingLog
from bf.adapters.front.door import Door, Faces
from bf.adapters.front.limits import CLOSING_S_MAX, CONNECTIONS_COUNT_MAX

BACKLOG_CONNECTIONS = 128

Listen = Callable[[Callable[[], asyncio.Protocol]], Awaitable[asyncio.AbstractServer]]
"""Takes connections, each with a protocol of its own, as `loop.create_server` does."""


class Front:
    """Takes connections in, counts them, and closes them in the end."""

    def __init__(self, faces: Faces, context: Callable[[], ssl.SSLContext] | None, log: SparingLog) -> None:
        """Speak TLS with what `context` returns, or plain text without one."""
        self._faces = faces
        self._context = context
        self._log = log
        self._doors = dict[Door, None]()
        self._unproved = dict[Door, None]()
        """In the order in which they came."""
        self._empty = asyncio.Event()
        self._server: asyncio.AbstractServer | None = None
        self._shut = False
        self._entering = set[asyncio.Task[None]]()

    async def start(self, listening: socket.socket) -> None:
        """Take connections from a socket."""
        loop = asyncio.get_running_loop()
        await self.serve(partial(loop.create_server, sock=listening, backlog=BACKLOG_CONNECTIONS))

    async def serve(self, listen: Listen) -> None:
        """Take connections from whatever makes them."""
        self._server = await listen(self._door)

    def take(self, connection: socket.socket) -> None:
        """Take a connection that another process has accepted."""
        if self._shut:
            connection.close()
            return
        task = asyncio.get_running_loop().create_task(self._enter(connection))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    def shut(self) -> None:
        """Take no more connections; whoever else holds the listening socket gets them."""
        self._shut = True
        if self._server:
            self._server.close()

    async def stop(self) -> None:
        """Take no more connections, and close the open ones as soon as their peers have read what was sent."""
        self.shut()
        for door in list(self._doors):
            door.end()
        if self._doors:
            self._empty.clear()
            try:
                await asyncio.wait_for(self._empty.wait(), CLOSING_S_MAX)
            except TimeoutError:
                for door in list(self._doors):
                    door.abort()
        if self._server:
            await self._server.wait_closed()
        self._log.flush()

    async def _enter(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._door, connection)
        except OSError:  # the peer has gone
            connection.close()

    def _door(self) -> Door:
        return Door(self, self._faces, self._context, self._log)

    # The hall

    def enter(self, door: Door) -> bool:
        """Take a new connection in; when all places are taken, the oldest unproved one makes room."""
        if len(self._doors) >= CONNECTIONS_COUNT_MAX:
            if not self._unproved:
                return False
            oldest = next(iter(self._unproved))
            self.leave(oldest)
            oldest.make_room()
        self._doors[door] = self._unproved[door] = None
        return True

    def leave(self, door: Door) -> None:
        """Forget a connection that has gone."""
        self._doors.pop(door, None)
        self._unproved.pop(door, None)
        if not self._doors:
            self._empty.set()

    def prove(self, door: Door) -> None:
        """Keep a connection when others must make room."""
        self._unproved.pop(door, None)
