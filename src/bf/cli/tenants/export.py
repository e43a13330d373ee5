"""Write a tenant's whole log as portable events: sealed under a key of their own, or in the clear if told to."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bf.adapters.archive.lines import new_key, write_lines
from bf.adapters.machine.files import write_durably
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.operating import ProgressBar, add_operating, report
from bf.cli.packages import domains_of
from bf.cli.tenants.past import PRIVATE, Progress, check_tenant, existing, shown
from bf.cli.usage import UsageError
from bf.core.ports import START, Batch
from bf.node.backup import until
from bf.node.portable import lines_of

EXAMPLES = """\
  bf tenant export acme --to acme.events     sealed; the key is written to acme.events.key
  bf tenant export acme --to acme.events --key-file /media/usb/acme.key
  bf tenant export acme --to acme.jsonl --plain
                                             in the clear, a line of JSON for each commit, for other programs

Who has file and key has everything of this tenant, and erasing the tenant does not reach them: keep them apart."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and where to write."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file for the events")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--key-file", type=Path, metavar="FILE", help="a new file for their key (default: FILE.key)")
    how.add_argument("--plain", action="store_true", help="write them in the clear, for everybody who gets the file")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Write them and say how to read them."""
    key_file = None if args.plain else args.key_file or key_file_of(args.to)
    for argument, path in (("--to", args.to), ("--key-file", key_file)):
        if path and path.exists():
            raise UsageError(f"{argument}: {path} exists; name another file")
    with existing(args) as tenants, ProgressBar() as bar:
        check_tenant(tenants, args.tenant)
        try:
            event, size = asyncio.run(_write(tenants, args, key_file, shown(bar, "writing events")))
        except OSError as error:
            raise UsageError(f"--to: cannot write {error.filename or args.to}: {error.strerror}") from error
    how = f"; the key, without which nobody reads them, is in {key_file}" if key_file else ", in the clear"
    told = {"path": str(args.to), "key_file": str(key_file) if key_file else None, "event": event, "bytes": size}
    with_key = f" --key-file {key_file}" if key_file else ""
    return report(
        args,
        told,
        f"wrote {args.tenant} up to event {event}, {size:,} bytes, to {args.to}{how}\n"
        f"make a tenant of them with: bf tenant import NAME --from {args.to}{with_key}",
    )


def key_file_of(path: Path) -> Path:
    """Name the key file beside a file of events."""
    return path.with_name(f"{path.name}.key")


async def _write(
    tenants: DirectoryStorage, args: argparse.Namespace, key_file: Path | None, progress: Progress
) -> tuple[int, int]:
    key = new_key() if key_file else None
    log = tenants.log(args.tenant)
    try:
        head = await log.head()
        if key_file and key:
            write_durably(key_file, key.hex().encode() + b"\n", PRIVATE)
        batches = _watched(until(log.read(START), head), progress, head.event)
        lines = lines_of(args.tenant, head, batches, domains_of(args.data).of(args.tenant))
        size = await write_lines(args.to, lines, key, PRIVATE)
    except BaseException:
        _forget(key_file)
        raise
    finally:
        await log.close()
    return head.event, size


def _forget(key_file: Path | None) -> None:
    """Remove the key of a file that was not written."""
    if key_file:
        key_file.unlink(missing_ok=True)


async def _watched(batches: AsyncIterator[Batch], progress: Progress, last_event: int) -> AsyncIterator[Batch]:
    async for batch in batches:
        yield batch
        progress(batch.pos.event, last_event)
