"""Tenants in the making: a folder that nobody believes until it gets its name, and a key for it.

<data>/tenants/.acme.draft/          held by the one process that makes acme
<data>/tenants/.acme.draft/new-key   acme's key was made with it, and goes with it if it comes to nothing

A key that was there before opens backups. It is never replaced.
"""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bf.adapters.crypto.keyring import Keyring
from bf.adapters.machine.files import hold_folder, sync_folder

NEW_KEY = "new-key"


class FoundingError(Exception):
    """A tenant cannot be made."""


@contextmanager
def founding(folder: Path, keyring: Keyring, *, known: bool) -> Generator[Path]:
    """Yield the draft of a tenant's folder: durably the tenant's when the block ends well, gone when it does not.

    The tenant gets a new key; one that comes back from its own backup is `known` and keeps those that it has.
    """
    tenant, draft = folder.name, folder.with_name(f".{folder.name}.draft")
    try:
        held = hold_folder(draft)
    except BlockingIOError:
        raise FoundingError(f"another process is making tenant {tenant}") from None
    try:
        _clear(draft, keyring, tenant)  # of an attempt that did not come to its end
        _give_key(draft, keyring, tenant, known=known)
        yield draft
        (draft / NEW_KEY).unlink(missing_ok=True)
        sync_folder(draft)
        draft.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        if draft.is_dir():
            _clear(draft, keyring, tenant)
            draft.rmdir()
        raise
    finally:
        os.close(held)


def _give_key(draft: Path, keyring: Keyring, tenant: str, *, known: bool) -> None:
    if keyring.has(tenant):
        if known:
            return
        raise FoundingError(
            f"the keyring has keys for {tenant} already, and they open its backups: "
            f"bring the tenant back with bf tenant restore {tenant}, or take another name"
        )
    (draft / NEW_KEY).touch()
    sync_folder(draft)
    keyring.create(tenant)


def _clear(draft: Path, keyring: Keyring, tenant: str) -> None:
    if (draft / NEW_KEY).exists():
        keyring.erase(tenant)
    for path in draft.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
