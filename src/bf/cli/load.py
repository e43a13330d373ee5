"""Load a retailer's real orders into a tenant, over gRPC."""

import argparse
import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bf.adapters.csv.online_retail import Damage, Line, NotOrdersError, decode, read
from bf.adapters.sqlite.storage import TENANT_NAME
from bf.cli.calling import Server, add_server, server_of
from bf.cli.orders import Loader, Report
from bf.cli.usage import UsageError
from bf.client import Client, UnreachableError, UntrustedError
from bf.core.refusal import Told

EXAMPLES = """\
  bf load orders december.csv --tenant acme --ca data/ca/ca.pem --token-file acme.token
  bf load orders december.csv --tenant acme --plain --warehouse "North" --cover 95 --json

The file has the columns of the "Online Retail" data (UCI Machine Learning Repository). Products are added, a warehouse
is built and stocked with a share of what the file sells, then the invoices are reserved and fulfilled in order; returns
go back on their shelves. It may be interrupted and run again: nothing happens twice, and the table is the same."""

COVER_PERCENT = 95
COVER_PERCENT_MAX = 1_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the file, the tenant and how to stock the warehouse."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    orders = kinds.add_parser("orders", help="invoices in the columns of the Online Retail data")
    orders.add_argument("file", type=Path, help="a CSV file")
    orders.add_argument("--tenant", required=True, help="whose orders they are")
    add_server(orders)
    orders.add_argument("--warehouse", help="the name of the warehouse to build (default: the file's name)")
    orders.add_argument(
        "--cover",
        type=int,
        default=COVER_PERCENT,
        metavar="PERCENT",
        help=f"stock this share of what the file sells of each product (default: {COVER_PERCENT})",
    )
    orders.add_argument("--json", action="store_true", help="print the table for machines")


def run(args: argparse.Namespace) -> int:
    """Load the file and print what became of it."""
    server = server_of(args)
    if not 0 <= args.cover <= COVER_PERCENT_MAX:
        raise UsageError(f"--cover: {args.cover} is no share from 0 to {COVER_PERCENT_MAX} percent")
    if not TENANT_NAME.fullmatch(args.tenant):
        raise UsageError(f"--tenant: {args.tenant!r} names no tenant; see bf tenant list")
    try:
        body = args.file.read_bytes()
        items = list(read(decode(body)))
    except OSError as error:
        raise UsageError(f"file: cannot read {args.file}: {error.strerror}") from error
    except NotOrdersError as error:
        raise UsageError(f"file: {args.file} is no file of orders: {error}") from error
    warehouse = args.warehouse or args.file.stem
    if not warehouse.isprintable():
        raise UsageError(f"--warehouse: {warehouse!r} cannot be read aloud; give it another name")
    report = asyncio.run(load(server, args.tenant, warehouse, args.cover, body, items))
    if args.json:
        print(json.dumps(vars(report)))
    else:
        show(report)
    return 0


async def load(  # noqa: PLR0917  # the whole of the command line
    server: Server, tenant: str, warehouse: str, cover: int, body: bytes, items: Sequence[Line | Damage]
) -> Report:
    """Load what was read from a file's `body`, with a progress bar on a terminal."""
    file_id = hashlib.sha256(body).hexdigest()[:16]
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    async with Client(server.address, tenant, tls=server.tls, token=server.token) as client:
        with bar:
            try:
                return await Loader(client, warehouse, cover, file_id, _Steps(bar)).run(items)
            except UnreachableError as error:
                raise UsageError(f"--addr: {error}; start it with: bf serve") from error
            except UntrustedError as error:
                raise UsageError(f"--ca: {error}; name the server's authority, data/ca/ca.pem") from error
            except Told as refusal:
                raise UsageError(f"the server refused: {refusal}") from refusal


class _Steps:
    """Progress of one step after the other."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = TaskID(0)

    def begin(self, name: str, total: int) -> None:
        self._task = self._bar.add_task(name, total=total)

    def advance(self) -> None:
        self._bar.advance(self._task)


def show(report: Report) -> None:
    """Print the report as a table."""
    table = Table(title=f"{report.warehouse}", show_header=False)
    for name, value in (
        ("orders taken", report.orders_taken),
        *((f"orders refused: {reason}", count) for reason, count in sorted(report.orders_refused.items())),
        ("units sold", report.units_sold),
        ("units returned", report.units_returned),
        ("units corrected away", report.units_corrected),
        *((f"corrections refused: {reason}", count) for reason, count in sorted(report.corrections_refused.items())),
        ("units left", report.units_left),
        ("units still reserved", report.units_reserved),
        ("products", report.products),
        ("lines that are no goods", sum(report.services.values())),
        *((f"  {code}", count) for code, count in sorted(report.services.items())),
        ("damaged lines", len(report.damaged)),
        *((f"  line {number}", reason) for number, reason in report.damaged[:10]),
    ):
        table.add_row(name, f"{value:,}" if isinstance(value, int) else value)
    Console().print(table)
