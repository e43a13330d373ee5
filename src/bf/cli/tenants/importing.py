"""Make a new tenant of portable events, which are replayed before anybody sees it."""

import argparse
import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from bf.adapters.archive.lines import LinesError, is_sealed, read_lines
from bf.adapters.sqlite.database import SqliteDatabase, empty_state
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.cli.operating import ProgressBar, add_operating, report
from bf.cli.packages import domains_of
from bf.cli.tenants.export import key_file_of
from bf.cli.tenants.past import shown, told
from bf.cli.tenants.place import opened
from bf.cli.usage import UsageError, read_text
from bf.core.domain import Domain
from bf.core.ports import Batch, LogError
from bf.node.backup import Proof, lay_down, prove
from bf.node.portable import NotPortableError, PortableReader
from bf.node.replay import NotReplayableError, replay
from bf.node.times import text_of

EXAMPLES = """\
  bf tenant import acme --from acme.events   with the key in acme.events.key
  bf tenant import acme --from acme.jsonl    events in the clear
  bf tenant import acme --from acme.events --key-file /media/usb/acme.key --data /var/lib/bf

It gets a key of its own. Damage is told with its line, and then nothing of it stays."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the new tenant, and where its events are."""
    parser.add_argument("name", help="a DNS label: lower-case letters, digits and inner hyphens")
    parser.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE", help="a file of an export")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="its key, if it is sealed (default: FILE.key)")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Make it and say so."""
    with opened(args) as tenants, told(), ProgressBar() as bar:
        try:
            proof = asyncio.run(_import(tenants, args, bar))
        except StorageError as error:
            raise UsageError(f"name: {error}") from error
        except (LinesError, NotPortableError, LogError) as error:
            raise UsageError(f"--from: {args.source}: {error}") from error
    return report(
        args,
        {"tenant": args.name, "event": proof.pos.event, "batch": proof.pos.batch, "digest": proof.digest},
        f"tenant {args.name} has the events of {args.source} up to event {proof.pos.event}, the last commit is of "
        f"{text_of(proof.time_us)}; the whole log was replayed and is sound",
    )


async def _import(tenants: DirectoryStorage, args: argparse.Namespace, bar: ProgressBar) -> Proof:
    key = _key(args.key_file or key_file_of(args.source)) if is_sealed(args.source) else None
    domain = domains_of(args.data).of(args.name)
    reader = PortableReader(read_lines(args.source, key), domain)
    with tenants.founding(args.name) as log:
        await lay_down(_replayed(reader, domain), log, shown(bar, "writing events"), reader.head.event)
        return await prove(log, domain, SqliteDatabase(), shown(bar, "replaying"))


async def _replayed(reader: PortableReader, domain: Domain) -> AsyncIterator[Batch]:
    """Yield the batches that can be replayed; the line of the first that cannot is told."""
    state = empty_state(domain)
    state.begin()
    try:
        for batch in reader.batches():
            try:
                replay(state, batch)
            except NotReplayableError as error:
                raise NotPortableError(f"line {reader.line}: {error}") from error
            yield batch
    finally:
        state.database.close()


def _key(path: Path) -> bytes:
    text = read_text("--key-file", path).strip()
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise UsageError(f"--key-file: {path} is no key of an export")
    return bytes.fromhex(text)
