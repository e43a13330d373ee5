"""Print a tenant's newest commits, and then each new one until Ctrl-C: its data, on purpose."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator

from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.listening import stop_signal
from bf.cli.logs.commits import Choice, add_choice, as_json, choice_of, placed_of, text
from bf.cli.operating import add_operating
from bf.cli.tenants.past import check_tenant, existing
from bf.core.ports import Batch, Log, Pos
from bf.node.history import beginning

EXAMPLES = """\
  bf log tail acme                           the newest ten batches, and then what comes
  bf log tail acme --batches 0 --type Reserved
                                             only what comes, with a reservation in it
  bf log tail acme --json

It prints a tenant's data. It works beside a running server, and disturbs none."""

BATCHES_COUNT = 10
LOOK_AGAIN_S = 1.0
"""How long nothing may come before it looks whether a compaction has begun another generation."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and how many old commits to begin with."""
    parser.add_argument("tenant", help="whose data to print")
    parser.add_argument(
        "--batches", type=int, default=BATCHES_COUNT, metavar="N", help=f"begin so early (default: {BATCHES_COUNT})"
    )
    add_choice(parser)
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Print until it is told to stop."""
    with existing(args) as tenants:
        check_tenant(tenants, args.tenant)
        asyncio.run(_tail(tenants, args))
    return 0


async def _tail(tenants: DirectoryStorage, args: argparse.Namespace) -> None:
    choice, stop = choice_of(args), stop_signal()
    printing = asyncio.create_task(_print(tenants, args, choice))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([printing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not printing.done():
        printing.cancel()
    await asyncio.wait([printing, stopping])
    if not printing.cancelled():
        printing.result()


async def _print(tenants: DirectoryStorage, args: argparse.Namespace, choice: Choice) -> None:
    log = tenants.log(args.tenant)
    try:
        at = await _early(log, args.batches)
        print(f"following {args.tenant}; Ctrl-C stops", file=sys.stderr, flush=True)
        while True:
            async for batch in _until_quiet(log.follow(at)):
                for each in placed_of(batch):
                    if choice.takes(each.commit):
                        print(as_json(each, choice.domain) if args.json else text(each, choice.domain), flush=True)
                at = batch.pos
            check_tenant(tenants, args.tenant)
            before, log = log, tenants.log(args.tenant)
            await before.close()
            head = await log.head()
            if head.batch < at.batch:
                print(f"the log was brought back to event {head.event}", file=sys.stderr)
                at = head
    finally:
        await log.close()


async def _early(log: Log, batches: int) -> Pos:
    """Return the position so many batches before the end, but not inside the baseline."""
    base, head = (await beginning(log)).pos, await log.head()
    return Pos(0, max(head.batch - batches, base.batch))


async def _until_quiet(batches: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
    """Yield batches until none has come for a while."""
    while True:
        coming = asyncio.ensure_future(anext(batches))
        try:
            done, _ = await asyncio.wait([coming], timeout=LOOK_AGAIN_S)
        except asyncio.CancelledError:
            coming.cancel()
            raise
        if not done:
            coming.cancel()
            await asyncio.wait([coming])
            return
        yield coming.result()
