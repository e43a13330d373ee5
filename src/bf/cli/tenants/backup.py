"""Back up a tenant while it is used: everything at first, then what came since; sealed with the tenant's own key."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from bf.adapters.archive.chain import Archive, Chain, Lacking
from bf.adapters.archive.piece import PieceError
from bf.adapters.machine.clock import MachineClock
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.operating import ProgressBar, add_operating, report
from bf.cli.packages import domains_of
from bf.cli.tenants.past import Progress, check_tenant, existing, sealer_of, shown
from bf.cli.usage import UsageError
from bf.core.ports import START, Batch, Log
from bf.inventory.domain import INVENTORY
from bf.node.backup import goes_on, prove, until
from bf.node.times import text_of

EXAMPLES = """\
  bf tenant backup acme --to backups         everything; the next time, what came since
  bf tenant backup acme --to backups --verify
                                             read the newest chain back, and replay it
  bf tenant backup acme --to backups --full  begin a new chain, for example before old ones are deleted

It needs no server and disturbs none. Only the tenant's keys open a backup, so keep a copy of the keyring elsewhere;
when a tenant is erased, its backups can be read by nobody."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and the folder of its backups."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder of the backups")
    parser.add_argument("--full", action="store_true", help="begin a new chain with everything")
    parser.add_argument("--verify", action="store_true", help="write nothing, but read the newest chain completely")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and say what was written and how to bring it back."""
    with existing(args) as tenants:
        check_tenant(tenants, args.tenant)
        archive = Archive(args.to, args.tenant, sealer_of(tenants, args.tenant))
        with ProgressBar() as bar:
            if args.verify:
                return asyncio.run(_verify(args, archive, shown(bar, "replaying")))
            try:
                with archive.held():
                    return asyncio.run(_back_up(args, tenants, archive, shown(bar, "writing events")))
            except BlockingIOError:
                raise UsageError(f"--to: another process backs {args.tenant} up to {args.to}") from None
            except OSError as error:
                raise UsageError(f"--to: cannot write into {args.to}: {error.strerror}") from error


async def _verify(args: argparse.Namespace, archive: Archive, progress: Progress) -> int:
    stamps = archive.stamps()
    if not stamps:
        raise UsageError(f"--to: {args.to} has no backup of {args.tenant}")
    chain = archive.chain(stamps[-1])
    proof = await prove(chain, domains_of(args.data).of(args.tenant), SqliteDatabase(), progress)
    return report(
        args,
        {"chain": stamps[-1], "pieces": len(chain.files), "event": proof.pos.event, "digest": proof.digest},
        f"sound: {len(chain.files)} pieces up to event {proof.pos.event}, the last commit is of "
        f"{text_of(proof.time_us)}",
    )


async def _back_up(args: argparse.Namespace, tenants: DirectoryStorage, archive: Archive, progress: Progress) -> int:
    log, clock = tenants.log(args.tenant), MachineClock()
    try:
        made_us = clock.now_us()
        head = await log.head()
        stamp, before = ("", None) if args.full else await _newest(archive, log)
        if before and before.tail.end == head:
            return _nothing_new(args, stamp, before)
        stamp = stamp or archive.new_stamp(made_us)
        batches = log.read(before.tail.end if before else START)
        lacking = Lacking(_watched(until(batches, head), progress), head, made_us, INVENTORY.name, INVENTORY.version)
        written = await archive.write(stamp, before, lacking)
    finally:
        await log.close()
    start = before.tail.end if before else START
    told: Mapping[str, Any] = {
        "chain": stamp,
        "piece": written.number,
        "path": str(written.path),
        "full": before is None,
        "after": start._asdict(),
        "upto": head._asdict(),
        "bytes": written.size,
    }
    what = f"what came after event {start.event}" if before else "everything"
    return report(
        args,
        told,
        f"wrote {what} up to event {head.event}, {written.size:,} bytes, into {written.path}\n"
        f"bring it back with: bf tenant restore {args.tenant} --from {args.to} --as NAME",
    )


async def _newest(archive: Archive, log: Log) -> tuple[str, Chain | None]:
    """Return the newest chain, if what the log has goes on from it; else a new one begins, and why is told."""
    stamps = archive.stamps()
    if not stamps:
        return "", None
    why = "the log does not go on from it, since it was compacted or brought back from earlier"
    try:
        chain = archive.chain(stamps[-1])
        if await goes_on(log, chain.tail):
            return stamps[-1], chain
    except PieceError as error:
        why = str(error)
    print(f"a new chain begins after {stamps[-1]}: {why}", file=sys.stderr)
    return "", None


def _nothing_new(args: argparse.Namespace, stamp: str, chain: Chain) -> int:
    end = chain.tail.end
    told = {"chain": stamp, "piece": len(chain.files), "path": None, "full": False, "upto": end._asdict(), "bytes": 0}
    return report(args, told, f"nothing new since event {end.event}, which {chain.files[-1].path} ends with")


async def _watched(batches: AsyncIterator[Batch], progress: Progress) -> AsyncIterator[Batch]:
    async for batch in batches:
        yield batch
        progress(batch.pos.event, 0)
