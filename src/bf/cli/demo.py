"""Serve a demo tenant that is loaded with a day of sample orders, and say what to try next."""

import argparse
import asyncio
import logging
from pathlib import Path

from bf.adapters.csv import online_retail
from bf.cli.listening import stop_signal
from bf.cli.load import COVER_PERCENT, load, show
from bf.cli.serve import ADDRESS
from bf.cli.usage import address
from bf.cli.wiring import serving, storage

EXAMPLES = """\
  bf demo                             in ./data/demo on 127.0.0.1:50051
  bf demo --addr 127.0.0.1:7000 --data /tmp/demo"""

DATA = Path("data/demo")
TENANT = "demo"
SAMPLE = Path(online_retail.__file__).with_name("sample_orders.csv")

TRY_NEXT = """
The tenant `{tenant}` is ready on {host}:{port}. In another terminal, try:

  # plain grpcio, through reflection
  .venv/bin/python examples/foreign_client.py {host}:{port}
  # the same orders again: nothing happens twice, the table is the same
  .venv/bin/bf load orders {sample} --addr {host}:{port} --tenant {tenant}
  # look into the tables that a spec leaves behind
  .venv/bin/bf explore "cancelling a reservation gives everything back"

Ctrl-C stops."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name where the demo lives and where to listen."""
    parser.add_argument("--data", type=Path, default=DATA, help=f"the data directory (default: ./{DATA})")
    parser.add_argument("--addr", default=ADDRESS, metavar="HOST:PORT", help=f"where to listen (default: {ADDRESS})")


def run(args: argparse.Namespace) -> int:
    """Load and serve until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_demo(args.data, *address("--addr", args.addr)))
    return 0


async def _demo(data: Path, host: str, port: int) -> None:
    tenants = storage(data)
    if TENANT not in tenants.tenants():
        tenants.create(TENANT)
    async with serving(tenants, host, port) as open_port:
        body = SAMPLE.read_bytes()
        items = list(online_retail.read(online_retail.decode(body)))
        show(await load(host, open_port, TENANT, SAMPLE.stem, COVER_PERCENT, body, items))
        stop = stop_signal()
        print(TRY_NEXT.format(tenant=TENANT, host=host, port=open_port, sample=_short(SAMPLE)), flush=True)
        await stop.wait()
    print("stopped", flush=True)


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
