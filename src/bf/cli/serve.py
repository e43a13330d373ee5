"""Serve the tenants of a data directory over gRPC."""

import argparse
import asyncio
import logging
from pathlib import Path

from bf.cli.listening import stop_signal
from bf.cli.usage import address
from bf.cli.wiring import serving, storage

EXAMPLES = """\
  bf serve                                        tenants of ./data on 127.0.0.1:50051
  bf serve --data /var/lib/bf --addr 127.0.0.1:7000"""

DATA = Path("data")
ADDRESS = "127.0.0.1:50051"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name where the tenants live and where to listen."""
    parser.add_argument("--data", type=Path, default=DATA, help="the data directory (default: ./data)")
    parser.add_argument("--addr", default=ADDRESS, metavar="HOST:PORT", help=f"where to listen (default: {ADDRESS})")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; then finish what was begun."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("grpclib").setLevel(logging.WARNING)
    asyncio.run(_serve(args.data, *address("--addr", args.addr)))
    return 0


async def _serve(data: Path, host: str, port: int) -> None:
    tenants = storage(data)
    async with serving(tenants, host, port) as open_port:
        stop = stop_signal()
        count = len(tenants.tenants())
        print(f"serving {count} tenants of {data} on {host}:{open_port}, in plain text; Ctrl-C stops", flush=True)
        if not count:
            print(f"there is none yet: bf tenant create acme --data {data}", flush=True)
        await stop.wait()
        print("stopping: finishing what was begun", flush=True)
    print("stopped", flush=True)
