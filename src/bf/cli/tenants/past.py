"""What the actions on a tenant's past share: its keys, its history, and how people name a place in it."""

import argparse
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

from bf.adapters.archive.piece import PieceError
from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.crypto.seal import Sealer
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.operating import ProgressBar
from bf.cli.tenants.place import opened
from bf.cli.usage import UsageError
from bf.core.ports import Log, LogError
from bf.node.history import Cut, NotInHistoryError
from bf.node.times import time_of

PRIVATE = 0o600

Progress = Callable[[int, int], None]


@contextmanager
def existing(args: argparse.Namespace) -> Generator[DirectoryStorage]:
    """Open a data directory that is there; what goes wrong with its logs and with backups is told in one line."""
    if not (args.data / "tenants").is_dir():
        raise UsageError(f"--data: {args.data} holds no tenants; bf tenant create NAME --data {args.data} makes one")
    with opened(args) as tenants, told():
        yield tenants


@contextmanager
def told() -> Generator[None]:
    """Tell in one line what goes wrong with logs, keys and backups."""
    try:
        yield
    except (LogError, PieceError, NotInHistoryError, KeyringError) as error:
        raise UsageError(str(error)) from error


def sealer_of(tenants: DirectoryStorage, tenant: str) -> Sealer:
    """Return what seals a tenant's backups; UsageError if its keys are gone."""
    if tenants.keyring.has(tenant):
        return Sealer(tenants.keyring.use(tenant, "backup"))
    if tenants.tombstone(tenant):
        raise UsageError(f"tenant: {tenant} was erased: its keys are destroyed, and no backup of it can be read")
    raise UsageError(
        f"tenant: the keyring of {tenants.root} has no keys for {tenant!r}: without them no backup of it can be read"
    )


def check_tenant(tenants: DirectoryStorage, tenant: str) -> None:
    """Raise UsageError if there is no such tenant."""
    if tenants.tombstone(tenant):
        raise UsageError(f"tenant: {tenant} was erased: its keys are destroyed")
    try:
        tenants.folder(tenant)
    except KeyError:
        raise UsageError(f"tenant: no tenant of {tenants.root} is named {tenant!r}; see bf tenant list") from None


@asynccontextmanager
async def logs_of(
    tenants: DirectoryStorage, tenant: str, generation: int | None = None
) -> AsyncGenerator[Sequence[Log]]:
    """Open the generations that lead to the present one, or one of those that are there; close them in the end."""
    check_tenant(tenants, tenant)
    logs = tenants.history(tenant) if generation is None else [*tenants.archives(tenant), tenants.log(tenant)]
    try:
        chosen = [log for log in logs if generation in {None, log.generation}]
        if not chosen:
            there = ", ".join(str(log.generation) for log in logs)
            raise UsageError(f"--generation: {tenant} has no generation {generation}; there are: {there}")
        yield chosen
    finally:
        for log in logs:
            await log.close()


def cut_of(argument: str, text: str | None) -> Cut:
    """Read an event's number, or a time."""
    if text is None:
        return Cut()
    if text.isascii() and text.isdigit():
        return Cut(event=int(text))
    try:
        return Cut(time_us=time_of(text))
    except ValueError as error:
        raise UsageError(f"{argument}: {error}, or the number of an event") from None


def shown(bar: ProgressBar, what: str) -> Progress:
    """Show the progress of one part of the work."""
    return lambda done, total: bar({"what": what, "done": done, "total": total})
