"""Serve our code to runners of specs: the kata's SpecService over gRPC."""

import argparse
import asyncio

from bf.adapters.grpc.server import grpc_server
from bf.adapters.kata.subject import Subject
from bf.cli.listening import listen, stop_signal
from bf.cli.usage import address
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
    asyncio.run(_serve(*address("--addr", args.addr)))
    return 0


async def _serve(host: str, port: int) -> None:
    listening = listen(host, port)
    server = grpc_server([Subject(INVENTORY)])
    await server.start(sock=listening)
    stop = stop_signal()
    shown = f"[{host}]" if ":" in host else host
    print(f"subject listens on {shown}:{listening.getsockname()[1]}; Ctrl-C ends it", flush=True)
    await stop.wait()
    server.close()
    await server.wait_closed()
    print("subject has ended")
