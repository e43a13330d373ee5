"""Say what would have been different on a tenant's last real requests if a script had been asked."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from bf.adapters.lua.scripts import LuaScripts
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.operating import add_operating
from bf.cli.packages import domains_of
from bf.cli.scripts.files import add_file, script_of
from bf.cli.scripts.past import Difference, Past
from bf.cli.tenants.past import existing, logs_of
from bf.cli.usage import UsageError
from bf.core.ports import Batch, Log
from bf.core.state import State
from bf.inventory.scripts.asking import REPORT
from bf.node.history import told
from bf.node.times import text_of

EXAMPLES = """\
  bf script dry-run acme nearest.lua         the last 1,000 requests that would have asked it
  bf script dry-run acme nearest.lua --last 50 --json
                                             a line of JSON for each difference, and one with the counts

It reads the log, changes nothing, and works beside a running server. Each request is decided on what the tenant had at
that moment, so one that would have gone elsewhere changes nothing for those after it."""

LAST = 1_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, the file, and how far to look back."""
    parser.add_argument("tenant", help="its name")
    add_file(parser)
    parser.add_argument("--last", type=int, default=LAST, metavar="N", help=f"so many requests (default: {LAST:,})")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Replay, ask, compare, and print what differs."""
    script = script_of(args.file, args.name)
    if script.hook == REPORT:
        raise UsageError("FILE: reports are not in the log, so a script for them cannot be tried on it")
    if args.last < 1:
        raise UsageError(f"--last: {args.last} is not a number from 1")
    with existing(args) as tenants:
        state = State.create(SqliteDatabase(), domains_of(args.data).of(args.tenant))
        state.scripts = LuaScripts(tenants.limits(args.tenant))
        past = Past(state, script)
        asyncio.run(_look(tenants, args, past))
    print(json.dumps(past.counts()) if args.json else past.summary())
    return 0


async def _look(tenants: DirectoryStorage, args: argparse.Namespace, past: Past) -> None:
    async with logs_of(tenants, args.tenant) as logs:
        heads = [await log.head() for log in logs]
        past.skip(sum([past.hooked(batch) async for batch in _upto(logs, heads[-1].batch)]) - args.last)
        async for batch in _upto(logs, heads[-1].batch):
            for difference in past.take(batch):
                print(json.dumps(difference._asdict(), ensure_ascii=False) if args.json else _line(difference))


async def _upto(logs: Sequence[Log], last: int) -> AsyncIterator[Batch]:
    async for batch in told(logs):
        if batch.pos.batch <= last:
            yield batch


def _line(difference: Difference) -> str:
    place = f"{difference.event:>8}  {text_of(difference.time_us)}  {difference.request}  {difference.about}"
    return f"{place}\n{'':10}was:      {difference.was}\n{'':10}would be: {difference.would_be}"
