"""Tenants on a simulated disk: what a data directory is to a real node.

acme/log-2-k1       the truth: generation 2, under acme's key 1
acme/draft-3-k1     a generation in the making; nobody believes it
acme/archive-1-k1   a generation that a compaction has replaced
acme/state-7-k1     a state as it was when it was closed; it is in memory while it is open, and dies with its process
acme/keys           acme's data keys
acme/limits         its limits
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast
from zlib import crc32

from bf.adapters.crypto.keyring import derive
from bf.adapters.crypto.log import SealedLog
from bf.adapters.crypto.seal import Sealer
from bf.adapters.sqlite.database import SqliteDatabase
from bf.core.ports import START, DamagedLogError, Log
from bf.sim.disk import Disk
from bf.sim.log import Records, SimLog
from bf.sim.loop import Life

CHECKSUM_BYTES = 4


class Named(NamedTuple):
    """What a file's name says: log-2-k1."""

    path: str
    number: int
    key: int


class DeadError(Exception):
    """A process that has ended asks for something."""


class SimStorage:
    """The tenants of one machine, as one process of it sees them."""

    def __init__(self, disk: Disk, life: Life, dice: Callable[[int], bytes], *, sealed: bool) -> None:
        """Use a disk for as long as the process lives; `dice` gives random bytes."""
        self.disk = disk
        self._life = life
        self._dice = dice
        self._is_sealed = sealed
        self._records: dict[str, Records] = {}
        self.states_open = 0

    @property
    def logs_open(self) -> int:
        """How many logs are open."""
        return sum(records.held for records in self._records.values())

    def create(self, tenant: str) -> None:
        """Make an empty tenant, durably."""
        self._keep_keys(tenant, {1: self._dice(32)})
        self.disk.create(f"{tenant}/log-1-k1")
        self.disk.sync_folder_now(tenant)

    def tenants(self) -> list[str]:
        """Return the names of all tenants, sorted."""
        return sorted(folder for folder in self.disk.folders if self.disk.exists(f"{folder}/keys"))

    def log(self, tenant: str) -> Log:
        """Open the present generation of a tenant's log; KeyError if there is no such tenant."""
        files = self._files(self._known(tenant), "log")
        if not files:
            raise DamagedLogError(f"{tenant} has no log")
        return self._opened(tenant, files[-1])

    def history(self, tenant: str) -> list[Log]:
        """Open the generations that were kept, oldest first, and the present one."""
        kept = {file.number: file for file in [*self._files(tenant, "archive"), *self._files(tenant, "log")]}
        return [self._opened(tenant, kept[number]) for number in sorted(kept)]

    def draft(self, tenant: str) -> Log:
        """Open the generation after the present one, empty; nobody sees it before it is published."""
        disk = self._living(tenant)
        for file in self._files(tenant, "draft"):
            disk.remove(file.path)
        number = max(file.number for kind in ("log", "archive") for file in self._files(tenant, kind)) + 1
        key = self.key_numbers(tenant)[-1]
        draft = Named(f"{tenant}/draft-{number}-k{key}", number, key)
        disk.create(draft.path)
        return self._opened(tenant, draft)

    async def publish(self, tenant: str) -> None:
        """Make the draft, which is synced and closed, the present generation: at once and durably."""
        disk = self._living(tenant)
        (draft,) = self._files(tenant, "draft")
        disk.rename(draft.path, f"{tenant}/log-{draft.number}-k{draft.key}")
        await disk.sync_folder(tenant)

    def truncate(self, tenant: str, generation: int, *, archive: bool) -> None:
        """Give up the generations below a number: kept as archives, or gone."""
        disk = self._living(tenant)
        for file in self._files(tenant, "log"):
            if file.number < generation and archive:
                disk.rename(file.path, f"{tenant}/archive-{file.number}-k{file.key}")
            elif file.number < generation:
                disk.remove(file.path)
        disk.sync_folder_now(tenant)

    def limits(self, tenant: str) -> Mapping[str, int]:
        """Return a tenant's own limits, by name."""
        path = f"{tenant}/limits"
        return json.loads(self.disk.file(path).content) if self.disk.exists(path) else {}

    def set_limits(self, tenant: str, limits: Mapping[str, int]) -> None:
        """Keep a tenant's own limits."""
        self._living(tenant).put_durably(f"{tenant}/limits", json.dumps(dict(limits)).encode())

    # States

    def databases(self, tenant: str) -> list[int]:
        """Return the numbers of the state databases that lie there, oldest first."""
        return [file.number for file in self._files(self._known(tenant), "state")]

    def database(self, tenant: str, number: int) -> SqliteDatabase:
        """Open a state database as it was closed, empty if it is not there, or not whole. Number 0 is not kept."""
        disk = self._living(tenant)
        if not number:
            return _small(SqliteDatabase())
        found = next((file for file in self._files(tenant, "state") if file.number == number), None)
        key = found.key if found else self.key_numbers(tenant)[-1]
        path = f"{tenant}/state-{number}-k{key}"
        image = bytes(disk.file(path).content) if found else b""
        if not found:
            disk.create(path)
        database = StateDatabase(self, path)
        if (
            len(image) > CHECKSUM_BYTES
            and crc32(image[CHECKSUM_BYTES:]).to_bytes(CHECKSUM_BYTES, "big") == image[:CHECKSUM_BYTES]
        ):
            database.restore(image[CHECKSUM_BYTES:])
        self.states_open += 1
        return database

    def keep(self, path: str, image: bytes | None) -> None:
        """Write the image of a state that is closed and has changed, unless its process or its place has gone."""
        self.states_open -= 1
        if image and not self._life.dead and self.disk.exists(path) and not self.disk.full:
            file = self.disk.create(path)
            self.disk.write(file, 0, crc32(image).to_bytes(CHECKSUM_BYTES, "big") + image)

    def drop(self, tenant: str, number: int) -> None:
        """Remove a state database, which is closed."""
        for file in self._files(tenant, "state"):
            if file.number == number:
                self._living(tenant).remove(file.path)

    # Keys

    def key_numbers(self, tenant: str) -> list[int]:
        """Return the numbers of a tenant's keys, the newest last."""
        return sorted(self.keys(tenant))

    def rotate_key(self, tenant: str) -> int:
        """Add a key, under which everything new is from now on; return its number."""
        keys = self.keys(tenant)
        number = max(keys) + 1
        self._keep_keys(tenant, keys | {number: self._dice(32)})
        return number

    def forget_keys(self, tenant: str, below: int) -> None:
        """Destroy a tenant's keys below a number."""
        self._keep_keys(tenant, {number: key for number, key in self.keys(tenant).items() if number >= below})

    async def reseal_archives(self, tenant: str) -> None:
        """Bring the generations that were kept under the newest key."""
        disk, key = self._living(tenant), self.key_numbers(tenant)[-1]
        for file in self._files(tenant, "archive"):
            if file.key == key:
                continue
            draft = Named(f"{tenant}/reseal-{file.number}-k{key}", file.number, key)
            disk.create(draft.path)
            old, new = self._opened(tenant, file), self._opened(tenant, draft)
            try:
                async for batch in old.read(START):
                    await new.extend([batch])
                await new.sync()
            finally:
                await new.close()
                await old.close()
            disk.rename(draft.path, f"{tenant}/archive-{file.number}-k{key}")
            disk.remove(file.path)
            disk.sync_folder_now(tenant)

    def oldest_key(self, tenant: str) -> int:
        """Return the number of the oldest key that some file of a tenant needs."""
        files = [file for kind in ("log", "state", "archive") for file in self._files(tenant, kind)]
        return min((file.key for file in files), default=self.key_numbers(tenant)[-1])

    def erase(self, tenant: str, tombstone: dict[str, str]) -> None:
        """Destroy everything that a tenant has."""
        del tombstone
        disk = self._living(tenant)
        for name in disk.list(tenant):
            disk.remove(f"{tenant}/{name}")
        disk.sync_folder_now(tenant)

    def keys(self, tenant: str) -> dict[int, bytes]:
        """Return a tenant's data keys by number."""
        kept = cast("dict[str, str]", json.loads(self.disk.file(f"{tenant}/keys").content))
        return {int(number): bytes.fromhex(key) for number, key in kept.items()}

    def _keep_keys(self, tenant: str, keys: dict[int, bytes]) -> None:
        body = json.dumps({str(number): key.hex() for number, key in sorted(keys.items())})
        self.disk.put_durably(f"{tenant}/keys", body.encode())

    # Files

    def _files(self, tenant: str, kind: str) -> list[Named]:
        names = (re.fullmatch(rf"{kind}-(\d+)-k(\d+)", name) for name in self.disk.list(tenant))
        files = [Named(f"{tenant}/{name[0]}", int(name[1]), int(name[2])) for name in names if name]
        return sorted(files, key=lambda file: (file.number, file.key))

    def _opened(self, tenant: str, named: Named) -> Log:
        file = self.disk.file(named.path)
        records = self._records.get(named.path)
        if records is None or records.file is not file:
            records = self._records[named.path] = Records(self.disk, file, self._life)
        log = SimLog(records, named.number)
        return SealedLog(tenant, log, Sealer(SimKeys(self, tenant), self._dice)) if self._is_sealed else log

    def _known(self, tenant: str) -> str:
        if not self.disk.exists(f"{tenant}/keys"):
            raise KeyError(tenant)
        return tenant

    def _living(self, tenant: str) -> Disk:
        if self._life.dead:
            raise DeadError(f"the process that held {tenant} has ended")
        return self.disk


class StateDatabase(SqliteDatabase):
    """A state in memory, whose image goes to the disk when it is closed."""

    def __init__(self, storage: SimStorage | None = None, path: str = "", **options: Any) -> None:  # as its base
        super().__init__(**options)
        self._storage = storage
        self._image = path
        _small(self)

    def restore(self, image: bytes) -> None:
        """Begin with what an image holds."""
        self.connection.deserialize("main", image)  # pyright: ignore[reportUnknownMemberType]  # Buffer is a type of Python 3.12

    def close(self) -> None:
        """Keep the image, and close."""
        storage, self._storage = self._storage, None
        if storage:
            if self.connection.in_transaction:
                self.execute("ROLLBACK")
            changed = self.connection.total_changes() > 0
            storage.keep(self._image, self.connection.serialize("main") if changed else None)
        super().close()

    def snapshot(self) -> SqliteDatabase:  # pyright: ignore[reportIncompatibleMethodOverride]  # a view is not kept
        """Open a view of what is committed now."""
        view = SqliteDatabase()
        with view.connection.backup("main", self.connection, "main") as copy:
            copy.step()
        return view


def _small(database: SqliteDatabase) -> SqliteDatabase:
    """Use small pages, since states are small, and their images are written often."""
    database.execute("PRAGMA page_size = 512")
    return database


class SimKeys:
    """One tenant's keys for its log."""

    def __init__(self, storage: SimStorage, tenant: str) -> None:
        self._storage = storage
        self._tenant = tenant
        self._derived: dict[int, bytes] = {}

    def newest(self) -> int:
        """Return the number of the key for new things."""
        return self._storage.key_numbers(self._tenant)[-1]

    def sub_key(self, number: int) -> bytes:
        """Return the key of a number; KeyError if it is gone or never was."""
        key = self._storage.keys(self._tenant)[number]
        if number not in self._derived:
            self._derived[number] = derive(key, self._tenant, number, "log")
        return self._derived[number]
