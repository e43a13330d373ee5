"""Show how the server of a data directory and its tenants are."""

import argparse
import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from bf.cli.operating import add_operating, operated

EXAMPLES = """\
  bf status                                  the tenants of ./data
  bf status acme --json                      one of them, for machines
  bf status --data /var/lib/bf --watch       again and again, until Ctrl-C"""

WATCH_S = 1.0
"""How long the watch waits before it looks again."""

SHOWN_TENANTS_MAX = 50
"""How many tenants the table has; those for whom most requests wait come first."""

KIB = 1024
COLUMNS = ("generation", "event", "batch", "waiting", "requests", "log_bytes", "state_bytes")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, if it is one, and how to show it."""
    parser.add_argument("tenant", nargs="?", default="", help="only this one")
    add_operating(parser)
    parser.add_argument("--watch", action="store_true", help="show it again and again, until Ctrl-C")


def run(args: argparse.Namespace) -> int:
    """Ask and show."""
    asyncio.run(_watch(args) if args.watch else _once(args))
    return 0


async def _once(args: argparse.Namespace) -> None:
    """Show it once; the logs of tenants that are closed are opened for it."""
    done = await _ask(args, closed=True)
    if args.json:
        print(json.dumps(done))
    else:
        Console().print(shown(done))


async def _watch(args: argparse.Namespace) -> None:
    if args.json:
        while True:
            print(json.dumps(await _ask(args, closed=False)), flush=True)
            await asyncio.sleep(WATCH_S)
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            live.update(shown(await _ask(args, closed=False)), refresh=True)
            await asyncio.sleep(WATCH_S)


async def _ask(args: argparse.Namespace, *, closed: bool) -> Mapping[str, Any]:
    which = {"tenant": args.tenant} if args.tenant else {}
    return await operated(args.data, "status", {**which, "closed": closed}, lambda _progress: None)


def shown(done: Mapping[str, Any]) -> Group:
    """Lay a status out: a line about the node, and a table of its tenants."""
    tenants: Sequence[Mapping[str, Any]] = done["tenants"]
    busiest = sorted(tenants, key=lambda tenant: (-tenant.get("waiting", 0), tenant["tenant"]))
    table = Table()
    table.add_column("tenant")
    table.add_column("is")
    columns = [*COLUMNS, *(["worker"] if "workers" in done else [])]
    for name in columns:
        table.add_column(name.replace("_bytes", ""), justify="right")
    for tenant in busiest[:SHOWN_TENANTS_MAX]:
        table.add_row(tenant["tenant"], _is(tenant), *(_cell(tenant, name) for name in columns))
    lines = [_headline(done, len(tenants)), table]
    if len(busiest) > SHOWN_TENANTS_MAX:
        lines.append(f"and {len(busiest) - SHOWN_TENANTS_MAX:,} more; bf status TENANT shows one, --json all")
    return Group(*lines)


def _headline(done: Mapping[str, Any], tenants: int) -> str:
    if not done["serving"]:
        return f"no server runs; {tenants:,} tenants"
    up = time.strftime("%H:%M:%S", time.gmtime(done["uptime_s"] % 86_400))
    return (
        f"up {int(done['uptime_s'] // 86_400)} days {up}, {done['requests']:,} requests, "
        f"{done['open_cells']:,} of {tenants:,} tenants open, {done['waiting']:,} requests waiting"
        f"{_workers(done.get('workers', []))}"
    )


def _workers(workers: Sequence[Mapping[str, Any]]) -> str:
    return f", {sum(worker['serving'] for worker in workers)} of {len(workers)} workers serve" if workers else ""


def _is(tenant: Mapping[str, Any]) -> str:
    if tenant["is"] != "replaying" or not tenant["events"]:
        return tenant["is"]
    return f"replaying {100 * tenant['replayed'] // tenant['events']} %"


def _cell(tenant: Mapping[str, Any], name: str) -> str:
    if name not in tenant:
        return ""
    return _size(tenant[name]) if name.endswith("_bytes") else f"{tenant[name]:,}"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < KIB:
            return f"{size:.0f} {unit}"
        size /= KIB
    return f"{size:,.1f} GiB"
