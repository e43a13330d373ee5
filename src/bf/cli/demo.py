"""Serve a demo tenant that is loaded with a day of sample orders, and say what to try next."""

import argparse
import asyncio
import logging
from pathlib import Path

from bf.adapters.access.tokens import Role, TokenFile, Tokens, split
from bf.adapters.csv import online_retail
from bf.adapters.logs.writing import write_logs
from bf.adapters.machine.clock import MachineClock
from bf.adapters.machine.files import write_durably
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.calling import Server
from bf.cli.front import Place
from bf.cli.listening import stop_signal
from bf.cli.load import COVER_PERCENT, load, show
from bf.cli.serve import ADDRESS
from bf.cli.usage import address
from bf.cli.wiring import Plan, serving, storage
from bf.client.wire import client_tls

EXAMPLES = """\
  bf demo                             in ./data/demo on 127.0.0.1:50051
  bf demo --addr 127.0.0.1:7000 --data /tmp/demo"""

DATA = Path("data/demo")
TENANT = "demo"
SAMPLE = Path(online_retail.__file__).with_name("sample_orders.csv")
PRIVATE = 0o600

TRY_NEXT = """
The tenant `{tenant}` is ready on {host}:{port}. In another terminal, try:

  # JSON, on the tenant's own name and certificate
  curl --cacert {ca} -H "authorization: Bearer $(cat {token})" --json '{{"limit": 3}}' https://{name}:{port}/v1/ListProducts
  # plain grpcio, through reflection
  .venv/bin/python examples/foreign_client.py {host}:{port} --ca {ca} --token-file {token}
  # the same orders again: nothing happens twice, the table is the same
  .venv/bin/bf load orders {sample} --addr {host}:{port} --tenant {tenant} --ca {ca} --token-file {token}

Ctrl-C stops."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name where the demo lives and where to listen."""
    parser.add_argument("--data", type=Path, default=DATA, help=f"the data directory (default: ./{DATA})")
    parser.add_argument("--addr", default=ADDRESS, metavar="HOST:PORT", help=f"where to listen (default: {ADDRESS})")


def run(args: argparse.Namespace) -> int:
    """Load and serve until SIGINT or SIGTERM."""
    write_logs("text", logging.WARNING)
    asyncio.run(_demo(args.data, Place(*address("--addr", args.addr))))
    return 0


async def _demo(data: Path, place: Place) -> None:
    tenants = storage(data)
    if TENANT not in tenants.tenants():
        tenants.create(TENANT)
    token_path = data / "demo.token"
    async with serving(tenants, Plan(place)) as port:
        token = _token(tenants, token_path)
        ca = data / "ca" / "ca.pem"
        body = SAMPLE.read_bytes()
        items = list(online_retail.read(online_retail.decode(body)))
        server = Server(place.host, port, client_tls(str(ca)), token)
        show(await load(server, TENANT, SAMPLE.stem, COVER_PERCENT, body, items))
        stop = stop_signal()
        words = {"tenant": TENANT, "host": place.host, "port": port, "name": f"{TENANT}.{place.domain}"}
        print(TRY_NEXT.format(**words, ca=ca, token=token_path, sample=_short(SAMPLE)), flush=True)
        await stop.wait()
    print("stopped", flush=True)


def _token(tenants: DirectoryStorage, path: Path) -> str:
    """Return the demo's token, made anew if the last one is not good any more."""
    text = path.read_text("ascii").strip() if path.exists() else ""
    shown = split(text)
    token = Tokens(tenants.folder).find(TENANT, shown[0]) if shown else None
    if token and not token.revoked_us:
        return text
    _, text = TokenFile(tenants.folder(TENANT)).create("demo", Role.WRITER, MachineClock().now_us())
    write_durably(path, text.encode() + b"\n", PRIVATE)
    return text


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
