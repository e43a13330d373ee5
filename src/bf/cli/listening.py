"""Listening on an address until a signal says stop."""

import asyncio
import signal
import socket

from bf.cli.usage import UsageError


def listen(host: str, port: int, argument: str = "--addr") -> socket.socket:
    """Take an address that an argument names; port 0 lets the machine choose one.

    The socket's protocol is named, or asyncio leaves Nagle's delay on: 40 ms for each request.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(f"{argument}: cannot listen on {host}:{port}: {error.strerror}") from error
    return listening


def stop_signal() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets from now on; a second one has its usual effect."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def stopped() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped)
    return stop
