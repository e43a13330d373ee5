"""A data directory: a folder per tenant with its log and its state, all of it encrypted.

<data>/lock                          held by the one server that runs on it
<data>/keys/                         the keyring, unless it is kept elsewhere
<data>/tenants/acme/log-2-k1.db      the truth: generation 2, its pages under acme's key 1
<data>/tenants/acme/draft-3-k1.db    a generation in the making; nobody believes it
<data>/tenants/acme/archive/         generations that a compaction or a restore has replaced
<data>/tenants/acme/origin-3.json    after a restore: which generation the third one goes on from
<data>/tenants/acme/state-7-k1.db    derived from the log; may be deleted while no server runs
<data>/tenants/acme/erased.json      the tombstone of a tenant that was erased: there is nothing else
"""

import asyncio
import fcntl
import json
import os
import re
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import apsw

from bf.adapters.crypto.keyring import Keyring
from bf.adapters.crypto.log import SealedLog
from bf.adapters.crypto.seal import Sealer
from bf.adapters.machine.files import make_folder, sync_folder, write_durably
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.founding import FoundingError, founding
from bf.adapters.sqlite.log import SqliteLog
from bf.adapters.sqlite.naming import File, files_of, move_file, path_of, remove_file
from bf.core.limits import TENANT_NAME_CHARS_MAX
from bf.core.ports import START, DamagedLogError, Log

DISK_THREADS_MAX = 8
"""How many tenants may wait for the disk at a time."""

STATE_CACHE_KIB_MAX = 64 * 1024
"""How much of a state its connection keeps in memory: as much as it has read, in most cases all that is looked at."""

STATE_WAL_PAGES = 8_000
"""How many pages of 4 KiB the write-ahead log of a state gathers, most of them often, before they are put in place."""

CACHES_BYTES_MAX = 256 * 1024 * 1024
"""How much all of SQLite takes in a process; beyond, each connection makes room for a page by giving another one up."""

TENANT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
TOMBSTONE = "erased.json"
LIMITS = "limits.json"
ORIGIN = "origin-{}.json"
PRIVATE = 0o600


class StorageError(Exception):
    """The data directory cannot be used as asked."""


class ForeignTenantError(StorageError):
    """A tenant that belongs to another worker of this server."""


class DirectoryStorage:
    """Tenants in a directory of this machine."""

    def __init__(
        self, root: Path, keys: Path | None = None, owns: Callable[[str], bool] = lambda _tenant: True
    ) -> None:
        """Use a directory, made if it is not there, with its keyring inside or elsewhere.

        Only tenants that it `owns` are opened or changed; ForeignTenantError for others.
        """
        self.root = root
        self._owns = owns
        self._tenants = root / "tenants"
        self._lock_path = root / "lock"
        self._lock: IO[str] | None = None
        try:
            make_folder(self._tenants)
        except OSError as error:
            raise StorageError(f"cannot use {root} as a data directory: {error.strerror}") from error
        self.keyring = Keyring(keys or root / "keys")
        apsw.soft_heap_limit(CACHES_BYTES_MAX)
        self._executor = ThreadPoolExecutor(DISK_THREADS_MAX, thread_name_prefix="disk")

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
        for path in self._tenants.glob(f"*/{TOMBSTONE}"):
            self._clear(path.parent)

    def share_lock(self) -> int:
        """Return the lock once more, as the number of an open file, for a worker: it is held until both let it go."""
        assert self._lock, "only a lock that is held can be shared"
        return os.dup(self._lock.fileno())

    def hold_lock(self, file: int) -> None:
        """Hold a lock that was shared, until `close` or death."""
        self._lock = os.fdopen(file, "a")

    def create(self, tenant: str) -> None:
        """Make an empty tenant with a key of its own; StorageError if the name is taken or cannot be a server name."""
        with self._founding(tenant, known=False, draft=False):
            pass

    @contextmanager
    def founding(self, tenant: str, *, known: bool = False) -> Generator[Log]:
        """Open the first log of a new tenant, to be written and synced: the tenant is there when the block ends well.

        If anything fails, nothing of it stays. A tenant that is `known` comes back, and keeps the keys that it has.
        """
        with self._founding(tenant, known=known, draft=True) as log:
            yield self._sealed(tenant, log)

    @contextmanager
    def _founding(self, tenant: str, *, known: bool, draft: bool) -> Generator[SqliteLog]:
        if not _is_name(tenant):
            raise StorageError(
                f"{tenant!r} cannot name a tenant: "
                f"use at most {TENANT_NAME_CHARS_MAX} lower-case letters, digits and inner hyphens"
            )
        folder = self._tenants / tenant
        if (folder / TOMBSTONE).exists():
            raise StorageError(f"tenant {tenant} was erased; its name is not given again")
        if folder.exists():
            raise StorageError(f"tenant {tenant} exists already")
        try:
            with founding(folder, self.keyring, known=known) as making:
                key = self._newest_key(tenant)
                log = self._raw_log(tenant, File(path_of(making, "log", 1, key), 1, key), draft=draft)
                try:
                    yield log
                finally:
                    log.close_now()
        except FoundingError as error:
            raise StorageError(str(error)) from None
        except OSError as error:
            raise StorageError(f"cannot make {folder}: {error.strerror}") from error

    def erase(self, tenant: str, tombstone: dict[str, str]) -> None:
        """Destroy a tenant's keys, then everything it has here; a tombstone stays.

        The tombstone comes first: what a crash leaves of the rest, the next server removes.
        """
        folder = self._own_folder(tenant)
        write_durably(folder / TOMBSTONE, json.dumps(tombstone, indent=1).encode() + b"\n", PRIVATE)
        self._clear(folder)

    def _clear(self, folder: Path) -> None:
        self.keyring.erase(folder.name)
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.name != TOMBSTONE:
                path.rmdir() if path.is_dir() else path.unlink()
        sync_folder(folder)

    def tombstone(self, tenant: str) -> dict[str, str] | None:
        """Return what an erased tenant left behind, or None."""
        path = self._tenants / tenant / TOMBSTONE
        return json.loads(path.read_bytes()) if _is_name(tenant) and path.exists() else None

    def tenants(self) -> list[str]:
        """Return the names of all tenants that it owns, sorted; other folders, such as lost+found, are none."""
        names = (path.name for path in self._tenants.iterdir())
        return sorted(name for name in names if self._is_tenant(name) and self._owns(name))

    def log(self, tenant: str) -> Log:
        """Open the present generation of a tenant's log; KeyError if there is no such tenant."""
        folder = self._own_folder(tenant)
        files = files_of(folder, "log")
        if not files:
            raise DamagedLogError(f"{folder} has no log: restore the tenant from a backup")
        return self._sealed(tenant, self._raw_log(tenant, files[-1]))

    def archives(self, tenant: str) -> list[Log]:
        """Open the generations that compactions have replaced and kept, oldest first."""
        folder = self._own_folder(tenant) / "archive"
        return [self._sealed(tenant, self._raw_log(tenant, file)) for file in files_of(folder, "log")]

    def history(self, tenant: str) -> list[Log]:
        """Open the generations that lead to the present one, as far as they are kept, oldest first, and that one."""
        folder = self._own_folder(tenant)
        kept = {file.number: file for file in [*files_of(folder / "archive", "log"), *files_of(folder, "log")]}
        if not kept:
            raise DamagedLogError(f"{folder} has no log: restore the tenant from a backup")
        line = [max(kept)]
        while (before := self.predecessor(tenant, line[0])) in kept:
            line.insert(0, before)
        return [self._sealed(tenant, self._raw_log(tenant, kept[number])) for number in line]

    def predecessor(self, tenant: str, generation: int) -> int:
        """Return the generation that one goes on from: the one before it, unless something else was said; 0 if none."""
        path = self.folder(tenant) / ORIGIN.format(generation)
        return json.loads(path.read_bytes())["after"] if path.exists() else generation - 1

    def go_on_from(self, tenant: str, generation: int, after: int) -> None:
        """Say that the draft, when it is published as a generation, goes on from another than the present one.

        What was made of the present log could stand at the same position, and is dropped before.
        """
        folder = self._own_folder(tenant)
        for file in [*files_of(folder, "state"), *files_of(folder, "next")]:
            remove_file(file.path)
        sync_folder(folder)
        write_durably(folder / ORIGIN.format(generation), json.dumps({"after": after}).encode() + b"\n", PRIVATE)

    def draft(self, tenant: str) -> Log:
        """Open the generation after the present one, empty; nobody sees it before it is published."""
        folder = self._own_folder(tenant)
        for file in files_of(folder, "draft"):
            remove_file(file.path)
        past = [*files_of(folder, "log"), *files_of(folder / "archive", "log")]
        generation = max((file.number for file in past), default=0) + 1
        (folder / ORIGIN.format(generation)).unlink(missing_ok=True)
        key = self._newest_key(tenant)
        draft = self._raw_log(tenant, File(path_of(folder, "draft", generation, key), generation, key), draft=True)
        return self._sealed(tenant, draft)

    async def publish(self, tenant: str) -> None:
        """Make the draft, which is synced and closed, the present generation: at once and durably."""
        folder = self._own_folder(tenant)
        (draft,) = files_of(folder, "draft")
        draft.path.rename(path_of(folder, "log", draft.number, draft.key))
        await asyncio.get_running_loop().run_in_executor(self._executor, sync_folder, folder)

    def truncate(self, tenant: str, generation: int, *, archive: bool) -> None:
        """Give up the generations below a number: kept as archives, or gone."""
        folder = self._own_folder(tenant)
        if archive:
            make_folder(folder / "archive")
        for file in files_of(folder, "log"):
            if file.number < generation:
                if archive:
                    move_file(file.path, folder / "archive")
                    sync_folder(folder / "archive")
                remove_file(file.path)
        sync_folder(folder)

    def limits(self, tenant: str) -> Mapping[str, int]:
        """Return a tenant's own limits, by name."""
        path = self.folder(tenant) / LIMITS
        try:
            return json.loads(path.read_bytes()) if path.exists() else {}
        except ValueError as error:
            raise StorageError(f"{path} is damaged: set the limits of {tenant} anew") from error

    def set_limits(self, tenant: str, limits: Mapping[str, int]) -> None:
        """Keep a tenant's own limits."""
        write_durably(self._own_folder(tenant) / LIMITS, json.dumps(dict(limits), indent=1).encode() + b"\n", PRIVATE)

    def databases(self, tenant: str) -> list[int]:
        """Return the numbers of the state databases that lie there, oldest first."""
        return [file.number for file in files_of(self.folder(tenant), "state")]

    def database(self, tenant: str, number: int) -> SqliteDatabase:
        """Open a state database; it is empty if it is not there yet, or no database at all. Number 0 is in memory."""
        folder = self._own_folder(tenant)
        if not number:
            return SqliteDatabase()
        key = next((file.key for file in files_of(folder, "state") if file.number == number), self._newest_key(tenant))
        return self._state(tenant, path_of(folder, "state", number, key), key)

    def next_database(self, tenant: str) -> SqliteDatabase:
        """Open an empty state, for a later release to make while this one serves; no cell takes notice of it."""
        folder, key = self._own_folder(tenant), self._newest_key(tenant)
        for file in files_of(folder, "next"):
            remove_file(file.path)
        return self._state(tenant, path_of(folder, "next", 1, key), key)

    def adopt_next(self, tenant: str) -> None:
        """Make the state of the later release, if there is one, the newest; it is closed."""
        folder = self._own_folder(tenant)
        number = max(self.databases(tenant), default=0) + 1
        for file in files_of(folder, "next"):
            file.path.rename(path_of(folder, "state", number, file.key))
            remove_file(file.path)

    def drop(self, tenant: str, number: int) -> None:
        """Remove a state database, which is closed."""
        for file in files_of(self._own_folder(tenant), "state"):
            if file.number == number:
                remove_file(file.path)

    def key_numbers(self, tenant: str) -> list[int]:
        """Return the numbers of a tenant's keys, the newest last."""
        return self.keyring.numbers(tenant)

    def rotate_key(self, tenant: str) -> int:
        """Add a key, under which everything new is from now on; return its number."""
        return self.keyring.rotate(tenant)

    def forget_keys(self, tenant: str, below: int) -> None:
        """Destroy a tenant's keys below a number."""
        self.keyring.forget(tenant, below)

    async def reseal_archives(self, tenant: str) -> None:
        """Bring the generations that were kept under the newest key."""
        folder, key = self.folder(tenant) / "archive", self._newest_key(tenant)
        for file in files_of(folder, "log"):
            if file.key == key:
                continue
            draft = File(path_of(folder, "draft", file.number, key), file.number, key)
            remove_file(draft.path)
            old, new = (
                self._sealed(tenant, self._raw_log(tenant, each, draft=each is draft)) for each in (file, draft)
            )
            try:
                async for batch in old.read(START):
                    await new.extend([batch])
                await new.sync()
            finally:
                await new.close()
                await old.close()
            draft.path.rename(path_of(folder, "log", file.number, key))
            remove_file(file.path)
            sync_folder(folder)

    def oldest_key(self, tenant: str) -> int:
        """Return the number of the oldest key that some file of a tenant needs."""
        folder = self.folder(tenant)
        kinds = [*files_of(folder, "log"), *files_of(folder, "state"), *files_of(folder / "archive", "log")]
        return min((file.key for file in kinds), default=self._newest_key(tenant))

    def close(self) -> None:
        """Let another server have the directory."""
        self._executor.shutdown()
        if self._lock:
            self._lock.close()

    def folder(self, tenant: str) -> Path:
        """Return a tenant's folder; KeyError if there is no such tenant."""
        if not self._is_tenant(tenant):
            raise KeyError(tenant)
        return self._tenants / tenant

    def _own_folder(self, tenant: str) -> Path:
        if not self._owns(tenant):
            raise ForeignTenantError(f"tenant {tenant} belongs to another worker, which alone may open it")
        return self.folder(tenant)

    def _is_tenant(self, tenant: str) -> bool:
        folder = self._tenants / tenant
        return _is_name(tenant) and folder.is_dir() and not (folder / TOMBSTONE).exists()

    def _newest_key(self, tenant: str) -> int:
        return self.keyring.numbers(tenant)[-1]

    def _state(self, tenant: str, path: Path, key: int) -> SqliteDatabase:
        database = SqliteDatabase(path, self.keyring.use(tenant, "state").sub_key(key))
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")  # the log is the truth: a state that is behind catches up
            database.execute(f"PRAGMA cache_size = -{STATE_CACHE_KIB_MAX}")
            database.execute(f"PRAGMA wal_autocheckpoint = {STATE_WAL_PAGES}")
        except (apsw.NotADBError, apsw.CorruptError):
            database.close()
            remove_file(path)
            return self._state(tenant, path, key)
        return database

    def _raw_log(self, tenant: str, file: File, *, draft: bool = False) -> SqliteLog:
        try:
            key = self.keyring.use(tenant, "log pages").sub_key(file.key)
        except KeyError:
            why = f"{file.path}: key {file.key} of {tenant} is not in the keyring; restore it from its copy"
            raise DamagedLogError(why) from None
        return SqliteLog(file.path, self._executor, generation=file.number, key=key, draft=draft)

    def _sealed(self, tenant: str, log: SqliteLog) -> Log:
        return SealedLog(tenant, log, Sealer(self.keyring.use(tenant, "log")))


def _is_name(tenant: str) -> bool:
    return len(tenant) <= TENANT_NAME_CHARS_MAX and TENANT_NAME.fullmatch(tenant) is not None
