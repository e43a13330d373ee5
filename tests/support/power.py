"""A disk whose power can be cut: it records what is written to a folder, and shows what a cut may leave of it.

Rules of this file:
1. What a file holds lasts from the moment it is synced; what a folder lists lasts from the moment the folder is.
2. Of everything else a cut keeps any part: some writes and not others, some sectors of a write and not others, a file
   without its name, a name without what was in the file. One thing is whole: a renaming inside one folder.
3. A cut comes anywhere. So a life is recorded once, and then cut at as many places as wanted.
4. What was heard before the cut is in the recording too, as facts, so that a test knows what must be there.

SQLite writes through a VFS of ours, under the one that encrypts. Everything else goes through `os`; a file that SQLite
did not write counts from its fsync on, with what it held then.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, NamedTuple

import apsw
import pytest

SECTOR_BYTES = 512
"""What a disk writes as a whole."""

VFS = "power"
NEW_NAMES = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
"""The files at whose first sync SQLite syncs their folder as well."""


class Write(NamedTuple):
    """Bytes went to a place in a file."""

    node: int
    offset: int
    body: bytes


class Truncate(NamedTuple):
    """A file got another length."""

    node: int
    size: int


class Sync(NamedTuple):
    """A file or a folder lasts as it is."""

    node: int


class Name(NamedTuple):
    """A folder's names changed together: each stands for a file or a folder now, or for nothing."""

    node: int
    names: dict[str, int | None]


class Fact(NamedTuple):
    """What somebody was told."""

    fact: object


FIRST = 1
"""The number of the folder that is recorded."""

AnyPath = str | bytes | os.PathLike[str]
Step = Write | Truncate | Sync | Name | Fact
Files = dict[int, bytearray]
Folders = dict[int, dict[str, int]]


@dataclass
class Recording:
    """What lay in a folder when it began, and every step since."""

    files: Files = field(default_factory=Files)
    folders: Folders = field(default_factory=Folders)
    steps: list[Step] = field(default_factory=list[Step])


class Disk:
    """Records what this process writes below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.recording = Recording()
        self._nodes = dict[Path, int]()
        self._databases = set[int]()
        self._last = 0
        self._lock = Lock()
        self._find(self.root)

    def tell(self, fact: object) -> None:
        """Note that somebody knows something, which from now on must be true."""
        self._add(Fact(fact))

    @contextmanager
    def recorded(self) -> Generator[None]:
        """Record until the end of the block; only one disk at a time."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("open", "fsync", "rename", "replace", "unlink", "remove", "mkdir", "rmdir"):
                patch.setattr(os, name, partial(getattr(self, f"_os_{name}"), getattr(os, name)))
            patch.setattr(apsw, "Connection", partial(apsw.Connection, vfs=f"multipleciphers-{VFS}"))
            assert _vfs.disk is None, "one disk at a time"
            _vfs.disk = self
            try:
                yield
            finally:
                _vfs.disk = None

    # What SQLite does

    def opened(self, path: Path, *, is_new: bool) -> int:
        """SQLite has opened a file, and perhaps made it."""
        if is_new:
            self._name(path, self._new())
        self._databases.add(self._nodes[path])
        return self._nodes[path]

    def wrote(self, node: int, offset: int, body: bytes) -> None:
        """SQLite is about to write."""
        self._add(Write(node, offset, body))

    def truncated(self, node: int, size: int) -> None:
        """SQLite is about to change a length."""
        self._add(Truncate(node, size))

    def synced(self, path: Path, node: int, *, with_folder: bool) -> None:
        """SQLite has synced a file, and perhaps its folder."""
        self._add(Sync(node))
        if with_folder:
            self._add(Sync(self._nodes[path.parent]))

    def deleted(self, path: Path, *, with_folder: bool) -> None:
        """SQLite has removed a file, and perhaps synced its folder."""
        self._name(path, None)
        if with_folder:
            self._add(Sync(self._nodes[path.parent]))

    # What everybody else does

    def _os_open(self, real: Callable[..., int], name: AnyPath, flags: int, *rest: Any, **names: Any) -> int:  # noqa: ANN401  # as os.open
        path = Path(os.fsdecode(name))
        is_new = bool(flags & os.O_CREAT) and self._is_ours(path) and not path.exists()
        file = real(name, flags, *rest, **names)
        if is_new:
            self._name(path, self._new())
        return file

    def _os_fsync(self, real: Callable[[int], None], file: int) -> None:
        path = _path_of(file)
        if not self._is_ours(path):
            real(file)
            return
        node = self._nodes[path]
        if node not in self.recording.folders and node not in self._databases:
            body = path.read_bytes()
            self._add(Truncate(node, len(body)))
            self._add(Write(node, 0, body))
        real(file)
        self._add(Sync(node))

    def _os_rename(self, real: Callable[[AnyPath, AnyPath], None], old: AnyPath, new: AnyPath) -> None:
        real(old, new)
        before, after = Path(os.fsdecode(old)), Path(os.fsdecode(new))
        if not self._is_ours(after):
            return
        node = self._nodes[before]
        if before.parent == after.parent:
            self._add(Name(self._nodes[after.parent], {before.name: None, after.name: node}))
        else:
            self._name(after, node)
            self._name(before, None)
        for path in [each for each in self._nodes if each == before or before in each.parents]:
            self._nodes[after / path.relative_to(before)] = self._nodes.pop(path)

    _os_replace = _os_rename

    def _os_unlink(self, real: Callable[..., None], name: AnyPath, *, dir_fd: int | None = None) -> None:
        path = Path(os.fsdecode(name)) if dir_fd is None else _path_of(dir_fd) / os.fsdecode(name)
        real(name, dir_fd=dir_fd)
        if path in self._nodes:  # SQLite's shared memory is not: it means nothing after a cut
            self._name(path, None)

    _os_remove = _os_unlink
    _os_rmdir = _os_unlink

    def _os_mkdir(self, real: Callable[..., None], name: AnyPath, *rest: Any, **names: Any) -> None:  # noqa: ANN401  # as os.mkdir
        real(name, *rest, **names)
        path = Path(os.fsdecode(name))
        if self._is_ours(path):
            node = self._new()
            self.recording.folders[node] = {}
            self._name(path, node)

    def _is_ours(self, path: Path) -> bool:
        return self.root in (path, *path.parents)

    def _new(self) -> int:
        with self._lock:
            self._last += 1
            return self._last

    def _name(self, path: Path, node: int | None) -> None:
        self._add(Name(self._nodes[path.parent], {path.name: node}))
        if node is None:
            self._nodes.pop(path, None)  # it may have got another name
        else:
            self._nodes[path] = node

    def _add(self, step: Step) -> None:
        with self._lock:
            self.recording.steps.append(step)

    def _find(self, folder: Path) -> int:
        """Take what lies there already as lasting."""
        node = self._nodes[folder] = self._new()
        names = self.recording.folders[node] = {}
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                names[path.name] = self._find(path)
            elif not path.name.endswith("-shm"):
                names[path.name] = self._nodes[path] = self._new()
                self.recording.files[names[path.name]] = bytearray(path.read_bytes())
        return node


class PowerFile(apsw.VFSFile):
    """A file of SQLite's, whose writes are recorded."""

    def __init__(self, disk: Disk, path: Path, name: Any, flags: list[int]) -> None:  # noqa: ANN401  # apsw's own
        self._disk = disk
        self._path = path
        is_new = not path.exists()
        super().__init__("unix", name, flags)
        self._node = disk.opened(path, is_new=is_new)
        self._syncs_folder = bool(flags[0] & NEW_NAMES and flags[0] & apsw.SQLITE_OPEN_CREATE)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: ANN401, N802  # apsw's own
        """Write, recorded first: the cut may come in the middle."""
        self._disk.wrote(self._node, offset, bytes(data))
        super().xWrite(data, offset)  # pyright: ignore[reportUnknownMemberType]  # Buffer is a type of Python 3.12

    def xTruncate(self, newsize: int) -> None:  # noqa: N802  # apsw's own
        """Change the length, recorded first."""
        self._disk.truncated(self._node, newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802  # apsw's own
        """Sync, recorded when it is done."""
        super().xSync(flags)
        self._disk.synced(self._path, self._node, with_folder=self._syncs_folder)
        self._syncs_folder = False


class PowerVfs(apsw.VFS):
    """Opens SQLite's files on the disk that is recorded."""

    def __init__(self) -> None:
        super().__init__(VFS, "unix")
        self.disk: Disk | None = None

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: ANN401, N802  # apsw's own
        """Open a file; a temporary one, which has no name, is not recorded."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if not path:
            return apsw.VFSFile("unix", name, flags)
        assert self.disk, "files are opened while a disk is recorded"
        return PowerFile(self.disk, Path(path), name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802  # apsw's own
        """Remove a file."""
        super().xDelete(filename, syncdir)
        assert self.disk, "files are removed while a disk is recorded"
        self.disk.deleted(Path(filename), with_folder=syncdir)


_vfs = PowerVfs()


class Cut:
    """A recording, played up to some step: what lasts, what may be lost, and what was told."""

    def __init__(self, recording: Recording) -> None:
        self._steps = recording.steps
        self._files: Files = {node: bytearray(body) for node, body in recording.files.items()}
        self._folders: Folders = {node: dict(names) for node, names in recording.folders.items()}
        self._unsynced = dict[int, list[Write | Truncate | Name]]()
        self._at = 0
        self.facts = list[Any]()

    def go_to(self, step: int) -> None:
        """Play on, to just before a step; there is no way back."""
        assert self._at <= step, "time goes on"
        for each in self._steps[self._at : step]:
            if isinstance(each, Fact):
                self.facts.append(each.fact)
            elif isinstance(each, Sync):
                for lasting in self._unsynced.pop(each.node, ()):
                    self._apply(lasting, self._files, self._folders)
            else:
                self._unsynced.setdefault(each.node, []).append(each)
        self._at = step

    def leave(self, root: Path, dice: Random) -> None:
        """Put into a folder what a cut may leave."""
        files, folders = dict(self._files), dict(self._folders)
        for node, steps in self._unsynced.items():
            if node in folders:
                folders[node] = dict(folders[node])
            else:
                files[node] = bytearray(files.get(node, b""))
            for step in _kept(steps, dice):
                self._apply(step, files, folders)
        self._put(FIRST, root, files, folders)

    @staticmethod
    def _apply(step: Write | Truncate | Name, files: Files, folders: Folders) -> None:
        if isinstance(step, Name):
            names = folders[step.node]
            for name, node in step.names.items():
                if node is None:
                    names.pop(name, None)
                else:
                    names[name] = node
            return
        body = files.setdefault(step.node, bytearray())
        size = step.size if isinstance(step, Truncate) else max(len(body), step.offset + len(step.body))
        body.extend(bytes(max(0, size - len(body))))
        if isinstance(step, Truncate):
            del body[size:]
        else:
            body[step.offset : step.offset + len(step.body)] = step.body

    def _put(self, node: int, path: Path, files: Files, folders: Folders) -> None:
        path.mkdir(mode=0o700)
        for name, each in folders.get(node, {}).items():
            if each in folders:
                self._put(each, path / name, files, folders)
            else:
                (path / name).write_bytes(files.get(each, b""))
                (path / name).chmod(0o600)


def _kept(steps: list[Write | Truncate | Name], dice: Random) -> Iterator[Write | Truncate | Name]:
    """Choose what is left of the unsynced steps of one file or folder."""
    manner = dice.choice(["nothing", "everything", "the first", "any", "any sectors"])
    if manner == "the first":
        yield from steps[: dice.randint(0, len(steps))]
    elif manner != "nothing":
        for step in steps:
            if manner == "any sectors" and isinstance(step, Write):
                yield from (sector for sector in _sectors(step) if dice.random() < 0.5)
            elif manner == "everything" or dice.random() < 0.5:
                yield step


def _sectors(write: Write) -> Iterator[Write]:
    """Take a write apart where the disk does."""
    at, end = write.offset, write.offset + len(write.body)
    while at < end:
        until = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield Write(write.node, at, write.body[at - write.offset : until - write.offset])
        at = until


def _path_of(file: int) -> Path:
    return Path(f"/proc/self/fd/{file}").readlink()
