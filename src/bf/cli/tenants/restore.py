"""Bring a tenant back from a backup or from its own past, as it was at any position or time."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bf.adapters.archive.chain import Archive, Chain
from bf.adapters.machine.clock import MachineClock
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.cli.operating import ProgressBar, add_operating, report
from bf.cli.packages import domains_of
from bf.cli.tenants.past import check_tenant, cut_of, logs_of, sealer_of, shown, told
from bf.cli.tenants.place import opened
from bf.cli.usage import UsageError
from bf.core.ports import Log
from bf.inventory.domain import INVENTORY
from bf.node.backup import Proof, lay_down, prove
from bf.node.history import Chapter, Cut, NotInHistoryError, beginning, chapter_with, upto
from bf.node.times import text_of

EXAMPLES = """\
  bf tenant restore acme --as acme-monday --at 2026-11-23T08:00:00Z
                                             a copy of what acme was then, from its own log and archives
  bf tenant restore acme --from backups --as acme-2
                                             a copy of the newest backup, under a key of its own
  bf tenant restore acme --from backups --at 41000 --replace
                                             acme itself as it was after event 41,000; no server may run
  bf tenant restore acme --generation 1 --replace
                                             take a replacement back: acme as generation 1 of its log ended

A cut lies between two commits. TIME keeps every commit of that time or before; UTC unless it says an offset. First
answers, actors and times come along; tokens, limits and certificates do not."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, where from, up to where, and as what."""
    parser.add_argument("tenant", help="whose past it is")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--from", dest="source", type=Path, metavar="DIR", help="a folder of backups; else its own log")
    source.add_argument("--generation", type=int, metavar="N", help="one generation that lies in the archive")
    parser.add_argument("--at", metavar="TIME|POSITION", help="up to a time, or an event's number (default: the end)")
    parser.add_argument("--as", dest="name", metavar="NAME", help="the tenant to make (default: the same name)")
    parser.add_argument("--replace", action="store_true", help="put it in the place of the tenant that is there")
    parser.add_argument("--discard", action="store_true", help="with --replace: do not keep the log that was there")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    name, cut = args.name or args.tenant, cut_of("--at", args.at)
    if args.discard and not args.replace:
        raise UsageError("--discard: nothing is there to discard without --replace")
    with opened(args) as tenants, told(), ProgressBar() as bar:
        try:
            if args.replace:
                check_tenant(tenants, name)
                tenants.lock()
            elif name in tenants.tenants():
                raise UsageError(f"--as: tenant {name} exists; name another one, or put it in its place with --replace")
            proof = asyncio.run(_Restore(args, tenants, name, cut, bar).run())
        except StorageError as error:
            raise UsageError(f"--{'replace' if args.replace else 'as'}: {error}") from error
    say = {"tenant": name, "event": proof.pos.event, "batch": proof.pos.batch, "digest": proof.digest}
    when = f", the last commit is of {text_of(proof.time_us)}" if proof.time_us else ""
    return report(
        args,
        say | {"time": text_of(proof.time_us)},
        f"tenant {name} is {args.tenant} up to event {proof.pos.event}{when}; the whole log was replayed and is sound",
    )


@dataclass(frozen=True, slots=True)
class _Restore:
    args: argparse.Namespace
    tenants: DirectoryStorage
    name: str
    cut: Cut
    bar: ProgressBar

    async def run(self) -> Proof:
        async with self._past() as (chapters, after):
            chapter = chapters[await chapter_with(chapters, self.cut)]
            if self.args.replace:
                return await self._replace(chapter, after(chapter))
            with self.tenants.founding(self.name, known=self.name == self.args.tenant) as log:
                return await self._fill(log, chapter)

    @asynccontextmanager
    async def _past(self) -> AsyncGenerator[tuple[Sequence[Chapter], Callable[[Chapter], int]]]:
        """Open what is known, and tell which generation a part of it goes on from; 0 if that is none of this tenant."""
        tenant, tenants = self.args.tenant, self.tenants
        if self.args.source:
            yield await self._chains(Archive(self.args.source, tenant, sealer_of(tenants, tenant))), lambda _: 0
            return
        if self.cut.time_us is not None and self.cut.time_us > MachineClock().now_us():
            raise NotInHistoryError(f"{self.cut} lies in the future")
        async with logs_of(tenants, tenant, self.args.generation) as logs:
            numbers = {id(log): log.generation for log in logs}
            same = self.name == tenant
            yield logs, lambda chapter: tenants.predecessor(tenant, numbers[id(chapter)]) if same else 0

    async def _chains(self, archive: Archive) -> Sequence[Chapter]:
        """Open the newest chain, and those before it as far back as the cut needs."""
        stamps = archive.stamps()
        if not stamps:
            raise UsageError(f"--from: {self.args.source} has no backup of {self.args.tenant}")
        chains = [_of_this_domain(archive.chain(stamps[-1]))]
        made_us = chains[0].tail.made_us
        if self.cut.time_us is not None and self.cut.time_us > made_us:
            end = text_of(made_us)
            raise NotInHistoryError(f"{self.cut} lies after the end: the newest backup is of {end}; leave out --at")
        for stamp in reversed(stamps[:-1]):
            if not self.cut.is_before(await beginning(chains[0])):
                break
            chains.insert(0, _of_this_domain(archive.chain(stamp)))
        return chains

    async def _replace(self, chapter: Chapter, after: int) -> Proof:
        """Make the next generation of a log; a crash leaves the tenant as it was, or as it is to be."""
        tenants, name = self.tenants, self.name
        draft = tenants.draft(name)
        try:
            proof = await self._fill(draft, chapter)
        finally:
            await draft.close()
        tenants.go_on_from(name, draft.generation, after)
        await tenants.publish(name)
        tenants.truncate(name, draft.generation, archive=not self.args.discard)
        return proof

    async def _fill(self, log: Log, chapter: Chapter) -> Proof:
        head = await chapter.head()
        await lay_down(upto(chapter, self.cut), log, shown(self.bar, "writing events"), head.event)
        domain = domains_of(self.args.data).of(self.name)
        return await prove(log, domain, SqliteDatabase(), shown(self.bar, "replaying"))


def _of_this_domain(chain: Chain) -> Chain:
    if chain.domain != INVENTORY.name or chain.domain_version > INVENTORY.version:
        raise UsageError(f"--from: {chain.files[0].path} is of {chain.domain}, version {chain.domain_version}")
    return chain
