"""A data directory: a folder per tenant with its log and its state.

<data>/lock                  held by the one server that runs on it
<data>/tenants/acme/log.db   the truth
<data>/tenants/acme/state.db derived from it; may be deleted while no server runs
"""

import fcntl
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import apsw

from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.log import SqliteLog
from bf.core.limits import TENANT_NAME_CHARS_MAX

DISK_THREADS_MAX = 8
"""How many tenants may wait for the disk at a time."""

TENANT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class StorageError(Exception):
    """The data directory cannot be used as asked."""


class DirectoryStorage:
    """Tenants in a directory of this machine."""

    def __init__(self, root: Path) -> None:
        self._tenants = root / "tenants"
        self._lock_path = root / "lock"
        self._lock: IO[str] | None = None
        self._executor = ThreadPoolExecutor(DISK_THREADS_MAX, thread_name_prefix="disk")
        try:
            self._tenants.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot use {root} as a data directory: {error.strerror}") from error

    def lock(self) -> None:
        """Become the one server on this directory, until `close` or death; StorageError if there is one already."""
        try:
            lock = self._lock_path.open("a")
        except OSError as error:
            raise StorageError(f"cannot write {self._lock_path}: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StorageError(f"another server runs on {self._lock_path.parent}; stop it first") from None
        self._lock = lock

    def create(self, tenant: str) -> None:
        """Make an empty tenant; StorageError if the name is taken or cannot be a server name."""
        if not _is_name(tenant):
            raise StorageError(
                f"{tenant!r} cannot name a tenant: "
                f"use at most {TENANT_NAME_CHARS_MAX} lower-case letters, digits and inner hyphens"
            )
        try:
            (self._tenants / tenant).mkdir()
        except FileExistsError:
            raise StorageError(f"tenant {tenant} exists already") from None
        except OSError as error:
            raise StorageError(f"cannot make {self._tenants / tenant}: {error.strerror}") from error

    def tenants(self) -> list[str]:
        """Return the names of all tenants, sorted; other folders, such as lost+found, are none."""
        return sorted(path.name for path in self._tenants.iterdir() if _is_name(path.name) and path.is_dir())

    def log(self, tenant: str) -> SqliteLog:
        """Open a tenant's log; KeyError if there is no such tenant."""
        return SqliteLog(self._folder(tenant) / "log.db", self._executor)

    def database(self, tenant: str, *, fresh: bool) -> SqliteDatabase:
        """Open a tenant's state; a `fresh` one is empty, what was there before is gone."""
        path = self._folder(tenant) / "state.db"
        if fresh:
            for leftover in (path, path.with_name("state.db-wal"), path.with_name("state.db-shm")):
                leftover.unlink(missing_ok=True)
        database = SqliteDatabase(path)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")  # the log is the truth: a state that is behind catches up
        except (apsw.NotADBError, apsw.CorruptError):
            database.close()
            return self.database(tenant, fresh=True)
        return database

    def close(self) -> None:
        """Let another server have the directory."""
        self._executor.shutdown()
        if self._lock:
            self._lock.close()

    def _folder(self, tenant: str) -> Path:
        folder = self._tenants / tenant
        if not _is_name(tenant) or not folder.is_dir():
            raise KeyError(tenant)
        return folder


def _is_name(tenant: str) -> bool:
    return len(tenant) <= TENANT_NAME_CHARS_MAX and TENANT_NAME.fullmatch(tenant) is not None
