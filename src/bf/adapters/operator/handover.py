"""Handing a listening socket from the server that ends to the one that takes over: nobody is refused meanwhile."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

PATIENCE_S = 10
"""How long the one that takes over waits for the socket."""


@asynccontextmanager
async def receiving(data: Path) -> AsyncGenerator[tuple[str, Callable[[], Awaitable[socket.socket]]]]:
    """Wait for a listening socket; yield the name of the file to send it to, and a way to get it."""
    name = f"handover-{os.getpid()}.sock"
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    waiting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    waiting.setblocking(False)  # noqa: FBT003  # socket's own
    try:
        waiting.bind(f"/proc/self/fd/{folder}/{name}")
        waiting.listen(1)

        async def receive() -> socket.socket:
            loop = asyncio.get_running_loop()
            sender, _ = await asyncio.wait_for(loop.sock_accept(waiting), PATIENCE_S)
            with sender:
                sender.setblocking(True)  # noqa: FBT003  # what was sent is there already
                _, sent, _, _ = socket.recv_fds(sender, 1, 1)
            return socket.socket(fileno=sent[0])

        yield name, receive
    finally:
        waiting.close()
        (data / name).unlink(missing_ok=True)
        os.close(folder)


def send(data: Path, name: str, listening: socket.socket) -> None:
    """Send a listening socket to whoever waits at a file of the data directory; raises OSError."""
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sender:
            sender.settimeout(PATIENCE_S)
            sender.connect(f"/proc/self/fd/{folder}/{Path(name).name}")
            socket.send_fds(sender, [b"s"], [listening.fileno()])
    finally:
        os.close(folder)
