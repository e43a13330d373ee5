"""The line between a server's parent and one worker: short messages, each of which may carry an open file.

Rules of this file:
1. A message is whole or not there (SEQPACKET), and what it carries changes hands with it.
2. The end of the line is the end of the process on its other side: the system closes it, however that process ends.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from bf.adapters.workers.limits import HANDED_COUNT_MAX

MESSAGE_BYTES = 64 * 1024
NOTHING = -1
"""The number of no open file."""


def line() -> tuple[socket.socket, socket.socket]:
    """Make both ends of a line."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def read(end: socket.socket) -> tuple[bytes, int]:
    """Read one message, and the number of the file that it carries or NOTHING; an empty message is the end."""
    try:
        message, files, _, _ = socket.recv_fds(end, MESSAGE_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return b"", NOTHING
    return message, files[0] if files else NOTHING


class Channel:
    """One end of a line."""

    def __init__(self, end: socket.socket, hear: Callable[[bytes, int], None], ended: Callable[[], None]) -> None:
        """Call `hear` with each message and the number of the file that it carries, and `ended` once in the end."""
        self._end = end
        self._hear = hear
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._queue = deque[tuple[bytes, int]]()
        self._open = True
        end.setblocking(False)  # noqa: FBT003  # socket's own
        self._loop.add_reader(end, self._read)

    def send(self, message: bytes, file: int = NOTHING) -> bool:
        """Send a message when the other side takes it, and let the file go; False if there is no room for it."""
        if not self._open or len(self._queue) >= HANDED_COUNT_MAX:
            _let_go(file)
            return False
        self._queue.append((message, file))
        if len(self._queue) == 1:
            self._write()
        return True

    def close(self) -> None:
        """Close this end, whatever was not sent yet."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._end)
        self._loop.remove_writer(self._end)
        self._end.close()
        for _, file in self._queue:
            _let_go(file)
        self._queue.clear()

    def _write(self) -> None:
        while self._queue:
            message, file = self._queue[0]
            try:
                socket.send_fds(self._end, [message], [] if file == NOTHING else [file])
            except BlockingIOError:
                self._loop.add_writer(self._end, self._write)
                return
            except OSError:  # the other side has gone, which is about to be read
                pass
            self._queue.popleft()
            _let_go(file)
        self._loop.remove_writer(self._end)

    def _read(self) -> None:
        try:
            message, file = read(self._end)
        except BlockingIOError:
            return
        if message:
            self._hear(message, file)
        else:
            self.close()
            self._ended()


def _let_go(file: int) -> None:
    if file != NOTHING:
        with suppress(OSError):
            os.close(file)
