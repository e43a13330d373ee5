"""Print a tenant's commits as text, with time, actor, request and events: its data, on purpose."""

import argparse
import asyncio
from collections.abc import AsyncIterator

from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.logs.commits import Placed, add_choice, as_json, choice_of, placed, text
from bf.cli.operating import add_operating
from bf.cli.tenants.past import cut_of, existing, logs_of
from bf.node.history import Cut, told

EXAMPLES = """\
  bf log show acme                           everything, from the oldest generation that is kept
  bf log show acme --from 41000 --to 41010   by the numbers of events
  bf log show acme --from 2026-11-27T08:00:00+01:00 --to 2026-11-27 --type Reserved --limit 20
  bf log show acme --request-id till-7-0815 --json

It prints a tenant's data. A line is position, time, request, actor and request id; a baseline stands for what a
compaction did not keep."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and what of its log."""
    parser.add_argument("tenant", help="whose data to print")
    parser.add_argument("--from", dest="first", metavar="POSITION|TIME", help="from this event or time on")
    parser.add_argument("--to", dest="last", metavar="POSITION|TIME", help="up to this event or time")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many commits")
    add_choice(parser)
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Print them."""
    with existing(args) as tenants:
        asyncio.run(_show(tenants, args))
    return 0


async def _show(tenants: DirectoryStorage, args: argparse.Namespace) -> None:
    choice, left = choice_of(args), args.limit
    first, last = cut_of("--from", args.first), cut_of("--to", args.last)
    async with logs_of(tenants, args.tenant) as logs:
        async for each in _between(placed(told(logs)), first, last):
            if left == 0:
                return
            if choice.takes(each.commit):
                print(as_json(each, choice.domain) if args.json else text(each, choice.domain))
                left = left and left - 1


async def _between(commits: AsyncIterator[Placed], first: Cut, last: Cut) -> AsyncIterator[Placed]:
    async for each in commits:
        if last.is_passed_by(each.pos.event, each.commit.time_us):
            return
        if each.pos.event >= (first.event or 0) and each.commit.time_us >= (first.time_us or 0):
            yield each
