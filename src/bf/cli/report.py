"""Show a tenant's report: what is available of each product at each of its locations."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from google.protobuf import json_format
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bf.adapters.csv.report import header, rows, titles, written
from bf.adapters.grpc.api.watching_pb2 import WatchReportReq, WatchReportResp
from bf.adapters.sqlite.storage import TENANT_NAME
from bf.cli.calling import Server, add_server, server_of
from bf.cli.usage import UsageError
from bf.client import Client, UnreachableError, UntrustedError
from bf.core.refusal import Told
from bf.inventory.api.requests_pb2 import GetReportReq, GetReportResp

EXAMPLES = """\
  bf report acme "per warehouse" --ca data/ca/ca.pem --token-file acme.token
  bf report acme "per warehouse" --plain --sku drink- --shortages
  bf report acme "per warehouse" --plain --shortages 10 --csv
  bf report acme "per warehouse" --plain --computed to-buy
  bf report acme "per warehouse" --plain --follow           and then each change, until Ctrl-C

A cell of the table says what is available, and what is on hand if that differs. A shortage is a product of which the
report's locations have less than LEAST available in all; without a number, nothing."""

LEAST = 1

Pages = AsyncIterator[GetReportResp]
Messages = AsyncIterator[WatchReportResp]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, the report and what of it to show."""
    parser.add_argument("tenant", help="whose report it is")
    parser.add_argument("name", help="the report's name")
    add_server(parser)
    parser.add_argument("--sku", default="", metavar="PREFIX", help="only products whose SKU begins so")
    parser.add_argument(
        "--shortages", type=int, nargs="?", const=LEAST, default=0, metavar="LEAST", help="only products that run short"
    )
    parser.add_argument(
        "--computed",
        action="append",
        default=[],
        metavar="SCRIPT",
        help="a column that a script of the hook report computes; may be repeated",
    )
    parser.add_argument("--follow", action="store_true", help="then show each row that changes, until Ctrl-C")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--csv", action="store_true", help="comma-separated values")
    shape.add_argument("--json", action="store_true", help="for machines: a line for each page")


def run(args: argparse.Namespace) -> int:
    """Ask for all pages, and show them."""
    server = server_of(args)
    if not TENANT_NAME.fullmatch(args.tenant):
        raise UsageError(f"tenant: {args.tenant!r} names no tenant; see bf tenant list")
    if args.follow and args.shortages:
        raise UsageError("--follow: it shows every row that changes; leave out --shortages")
    if args.follow and args.computed:
        raise UsageError("--follow: no script is asked about what changes; leave out --computed")
    asyncio.run(_ask(args, server))
    return 0


async def _ask(args: argparse.Namespace, server: Server) -> None:
    async with Client(server.address, args.tenant, tls=server.tls, token=server.token) as client:
        try:
            if args.follow:
                follow = follow_csv if args.csv else follow_json if args.json else follow_lines
                await follow(client.watch(WatchReportReq(name=args.name, sku_prefix=args.sku)))
            else:
                show = show_csv if args.csv else show_json if args.json else show_table
                asked = GetReportReq(name=args.name, sku_prefix=args.sku, least=args.shortages, computed=args.computed)
                await show(pages_of(client, asked))
        except UnreachableError as error:
            raise UsageError(f"--addr: {error}; start it with: bf serve") from error
        except UntrustedError as error:
            raise UsageError(f"--ca: {error}; name the server's authority, data/ca/ca.pem") from error
        except Told as refusal:
            raise UsageError(f"the server refused: {refusal}") from refusal


async def pages_of(client: Client, asked: GetReportReq) -> Pages:
    """Yield all pages; complain if they are not of one moment."""
    while True:
        page = await client.call(asked)
        assert isinstance(page, GetReportResp), "it answers what was asked"
        yield page
        if not page.next_page:
            break
        asked.page = page.next_page
    if page.position != page.first_position:
        told = f"the stock changed meanwhile: rows are of positions {page.first_position:,} to {page.position:,}"
        print(f"bf: {told}", file=sys.stderr)


async def show_json(pages: Pages) -> None:
    """Print a line for each page, as the JSON face answers."""
    async for page in pages:
        print(json_format.MessageToJson(page, preserving_proto_field_name=True, indent=None), flush=True)


async def show_csv(pages: Pages) -> None:
    """Print one header, and the rows of all pages as they come."""
    shown: list[str] = []
    async for page in pages:
        if not shown:
            shown = header(page)
            print(written([shown]), end="")
        _require_same(shown, header(page))
        print(written(rows(page)), end="", flush=True)


async def show_table(pages: Pages) -> None:
    """Print a table with the position and the time of its first page."""
    table, shown, count = Table(), list[str](), 0
    async for page in pages:
        if not shown:
            shown = titles(page)
            table.title = f"position {page.position:,}, {moment_of(page):%Y-%m-%d %H:%M:%S} UTC"
            table.add_column("sku")
            for title in [*shown, "in all", *(computed.script for computed in page.computed)]:
                table.add_column(printable(title), justify="right")
        _require_same(shown, titles(page))
        values = [computed.values for computed in page.computed]
        for row in zip(page.skus, *map(_cells, [*page.columns, page.total]), *values, strict=True):
            table.add_row(*map(printable, row))
            count += 1
    table.caption = f"{count:,} products; available of on hand"
    Console().print(table)


async def follow_json(messages: Messages) -> None:
    """Print a line for each message, as the server sends it."""
    async for message in messages:
        print(json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None), flush=True)


async def follow_csv(messages: Messages) -> None:
    """Print the rows of each message; the header again when the report begins anew."""
    async for message in messages:
        head = [header(message.page)] if message.begins else []
        print(written([*head, *rows(message.page)]), end="", flush=True)


async def follow_lines(messages: Messages) -> None:
    """Print a line for each row: when, which product, what of it is where."""
    async for message in messages:
        page = message.page
        names = [*titles(page), "in all"]
        if message.begins:
            print(f"the report begins at position {page.position:,}")
        for sku, *cells in zip(page.skus, *map(_cells, [*page.columns, page.total]), strict=True):
            told = ", ".join(f"{name} {cell}" for name, cell in zip(names, cells, strict=True))
            print(printable(f"{moment_of(page):%H:%M:%S} {page.position:,} {sku}: {told}"))
        sys.stdout.flush()


def moment_of(page: GetReportResp) -> datetime:
    """Return when a page was read, UTC."""
    return datetime.fromtimestamp(page.time_us / 1e6, UTC)


def _cells(column: GetReportResp.Column) -> list[str]:
    return [
        f"{available:,}" if available == on_hand else f"{available:,} of {on_hand:,}"
        for available, on_hand in zip(column.available, column.on_hand, strict=True)
    ]


def printable(text: str) -> Text:
    """Write a tenant's text so that it cannot take over the terminal."""
    return Text("".join(char if char.isprintable() else "?" for char in text))


def _require_same(shown: list[str], columns: list[str]) -> None:
    if shown != columns:
        raise UsageError("name: the report has come to cover other locations since its first page; ask again")
