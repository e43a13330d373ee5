"""A disk in memory with the promises of a real one, and no more.

Rules of this file:
1. What a file holds lasts from the moment it is synced; what a folder lists lasts from the moment the folder is.
2. The death of a process loses nothing: what was written is in the machine's cache, and the next process reads it.
3. A power cut keeps any part of what was not synced: some writes and not others, some sectors of a write and not
   others, a name without what was in the file. One thing is whole: a renaming inside one folder.
4. After a failed sync the cache shows what the disk does not have and will never get by another sync.
5. A slow disk syncs late, a full one takes no more bytes, a rotten one has changed bits that nobody wrote.
"""

import asyncio
import errno
from dataclasses import dataclass, field
from random import Random
from zlib import crc32

from bf.sim.loop import Life, SimLoop

SECTOR_BYTES = 512
"""What a disk writes as a whole."""

SYNC_S = 0.002
"""How long a sync takes on a good day."""


@dataclass
class File:
    """What a file holds: as the cache shows it, as it would outlive a power cut, and what lies between the two."""

    content: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list[tuple[int, bytes | None]])
    """Writes by offset; None cuts the file there."""
    decided: int = 0
    """How many writes were pending once and are durable or lost now."""
    version: int = 0
    """Raised whenever the content changes."""
    name: str = ""
    """How it was first called."""
    writer: Life | None = None
    """The process that has it locked."""
    visible: int | None = None
    """Where that process is writing what nobody is to see yet."""

    def write(self, offset: int, body: bytes) -> None:
        """Change the cache."""
        _write(self.content, offset, body)
        self.pending.append((offset, body))
        self.version += 1

    def truncate(self, size: int) -> None:
        """Cut the file."""
        del self.content[size:]
        self.pending.append((size, None))
        self.version += 1

    def flip(self, offset: int) -> None:
        """Flip a bit that nobody wrote."""
        for content in (self.content, self.durable):
            if offset < len(content):
                content[offset] ^= 0x10
        self.version += 1

    def settle(self, writes: int) -> None:
        """Make the first so many writes durable."""
        for offset, body in self.pending[:writes]:
            _apply(self.durable, offset, body)
        self.forget(writes)

    def forget(self, writes: int) -> None:
        """Let the first so many writes never become durable, if they are not."""
        self.decided += len(self.pending[:writes])
        del self.pending[:writes]


Names = dict[str, File | None]


@dataclass
class Folder:
    """The names in a folder, as the cache shows them and as they would outlive a power cut."""

    names: dict[str, File] = field(default_factory=dict[str, File])
    durable: dict[str, File] = field(default_factory=dict[str, File])
    pending: list[Names] = field(default_factory=list[Names])

    def change(self, names: Names) -> None:
        """Let names stand for other files, or for none, all at once."""
        self.pending.append(names)
        _rename(self.names, names)

    def settle(self) -> None:
        """Make all names durable."""
        for names in self.pending:
            _rename(self.durable, names)
        self.pending.clear()


class Disk:
    """One machine's disk; a path is folder/name."""

    def __init__(self, loop: SimLoop, name: str, dice: Random) -> None:
        self.name = name
        self.folders: dict[str, Folder] = {}
        self.sync_s = SYNC_S
        self.slowness = 1.0
        self.full = False
        self.syncs_to_fail = 0
        self.written = 0
        """How many bytes were ever written."""
        self.syncs = 0
        self._loop = loop
        self._dice = dice
        self._label = crc32(name.encode())

    # What a process sees

    def exists(self, path: str) -> bool:
        """Say whether there is a file of that name."""
        folder, _, name = path.partition("/")
        return folder in self.folders and name in self.folders[folder].names

    def list(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted."""
        return sorted(self.folders[folder].names) if folder in self.folders else []

    def file(self, path: str) -> File:
        """Return a file; FileNotFoundError."""
        folder, _, name = path.partition("/")
        try:
            return self.folders[folder].names[name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file", path) from None

    def create(self, path: str) -> File:
        """Make an empty file in the place of one that may be there; OSError if the disk is full."""
        self._require_room(path)
        folder, _, name = path.partition("/")
        file = File(name=path)
        self.folders.setdefault(folder, Folder()).change({name: file})
        return file

    def write(self, file: File, offset: int, body: bytes) -> None:
        """Write at a place in a file; OSError if the disk is full."""
        self._require_room(file.name)
        file.write(offset, body)
        self.written += len(body)
        self._loop.note(self._label, offset, crc32(body))

    def rename(self, path: str, new: str) -> None:
        """Give a file another name in its folder, in the place of what has that name."""
        folder, _, name = path.partition("/")
        file = self.file(path)
        self.folders[folder].change({name: None, new.partition("/")[2]: file})

    def remove(self, path: str) -> None:
        """Take a name away, if it is there."""
        folder, _, name = path.partition("/")
        if self.exists(path):
            self.folders[folder].change({name: None})

    async def sync(self, file: File) -> None:
        """Make durable what a file holds now; OSError if the disk could not, and it never will be then."""
        until = file.decided + len(file.pending)
        seconds = self.sync_s * self.slowness * (0.5 + self._dice.random())
        await asyncio.sleep(seconds)
        self.syncs += 1
        self._loop.note(self._label, self.syncs)
        if self._loop.recorder:
            self._loop.recorder(
                self._loop.now, "sync", self.name, f"{file.name}{' fails' if self.syncs_to_fail else ''}"
            )
        writes = max(0, until - file.decided)  # another sync may have been faster
        if self.syncs_to_fail:
            self.syncs_to_fail -= 1
            file.forget(writes)
            raise OSError(errno.EIO, "sync failed", file.name)
        file.settle(writes)

    async def sync_folder(self, folder: str) -> None:
        """Make durable what a folder lists now."""
        await asyncio.sleep(self.sync_s * self.slowness * (0.5 + self._dice.random()))
        self.sync_folder_now(folder)

    def sync_folder_now(self, folder: str) -> None:
        """Make a folder durable while everybody waits."""
        self.folders[folder].settle()

    def put_durably(self, path: str, body: bytes) -> None:
        """Put a body into a file at once: after a power cut the old one is there, or the new one."""
        folder = path.partition("/")[0]
        draft = f"{path}.draft"
        file = self.create(draft)
        self.write(file, 0, body)
        file.settle(len(file.pending))
        self.rename(draft, path)
        self.sync_folder_now(folder)

    # What happens to a disk

    def be_sound(self) -> None:
        """Be as fast and as large as on a good day."""
        self.slowness, self.full, self.syncs_to_fail = 1.0, False, 0

    def cut_power(self) -> None:
        """Lose any part of what was not synced."""
        for folder in self.folders.values():
            for names in folder.pending:
                if self._dice.random() < 0.5:  # noqa: PLR2004  # a coin
                    _rename(folder.durable, names)
            folder.pending.clear()
            folder.names = dict(folder.durable)
            for file in folder.names.values():
                self._settle_some(file)

    def _settle_some(self, file: File) -> None:
        for offset, body in file.pending:
            kept = self._dice.random()
            if body is None or kept < 0.4:  # noqa: PLR2004  # two in five are there, two in five are not
                if kept < 0.4:  # noqa: PLR2004  # as above
                    _apply(file.durable, offset, body)
            elif kept < 0.6:  # noqa: PLR2004  # and one in five is torn
                for start in range(0, len(body), SECTOR_BYTES):
                    if self._dice.random() < 0.5:  # noqa: PLR2004  # a coin for each sector
                        _write(file.durable, offset + start, body[start : start + SECTOR_BYTES])
        file.forget(len(file.pending))
        file.content = bytearray(file.durable)
        file.version += 1

    def _require_room(self, path: str) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left", path)


def _write(content: bytearray, offset: int, body: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(body)] = body


def _apply(content: bytearray, offset: int, body: bytes | None) -> None:
    if body is None:
        del content[offset:]
    else:
        _write(content, offset, body)


def _rename(names: dict[str, File], change: Names) -> None:
    for name, file in change.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file
