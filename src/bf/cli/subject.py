"""Serve our code to runners of specs: the kata's SpecService over gRPC."""

import argparse
import asyncio
import signal
import socket
from contextlib import closing

from bf.adapters.grpc.server import grpc_server
from bf.adapters.kata.subject import Subject
from bf.cli.usage import UsageError, address
from bf.inventory.domain import INVENTORY

EXAMPLES = """\
  bf subject                                 on 127.0.0.1:50051, for this machine
  bf subject --addr 0.0.0.0:50051            for others too
  bf subject --addr 127.0.0.1:0              on a free port, which is printed
  bf test --subject 127.0.0.1:50051          our own runner, from another terminal"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("--addr", default="127.0.0.1:50051", metavar="HOST:PORT", help="where to listen (%(default)s)")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    host, port = address("--addr", args.addr)
    asyncio.run(_serve(_listen(args.addr, host, port), host))
    return 0


def _listen(addr: str, host: str, port: int) -> socket.socket:
    """Open a socket that is named TCP, or asyncio would leave Nagle's delay of 40 ms on."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen()
            return listener.dup()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"--addr: cannot listen on {addr}: {reason}; choose another address or port") from error


async def _serve(listener: socket.socket, host: str) -> None:
    server = grpc_server([Subject(INVENTORY)])
    await server.start(sock=listener)
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    name = f"[{host}]" if ":" in host else host
    print(f"subject listens on {name}:{listener.getsockname()[1]}; Ctrl-C ends it", flush=True)
    await end.wait()
    server.close()
    await server.wait_closed()
    print("subject has ended")
