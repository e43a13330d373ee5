"""Files that are whole or not there, after a crash too."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_durably(path: Path, body: bytes, mode: int) -> None:
    """Put a body into a file at once: after a crash the old one is there, or the new one, and never half of it."""
    with drafted(path, mode) as file:
        file.write(body)


@contextmanager
def drafted(path: Path, mode: int) -> Generator[IO[bytes]]:
    """Write a file under a draft's name: durable and under its own when the block ends well, gone when it does not."""
    draft = draft_of(path)
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def draft_of(path: Path) -> Path:
    """Name the draft of a file; after a crash one may be left, and the next attempt removes it."""
    return path.with_name(f".{path.name}.draft")


def remove_durably(path: Path) -> None:
    """Overwrite a small file with zeros, then remove it; what the disk itself keeps of it is beyond us."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder that only its owner enters, with those above it, durably."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    sync_folder(path.parent)


def hold_folder(path: Path) -> int:
    """Make a folder, or take one that is there, for this process alone; BlockingIOError if another one holds it.

    Returns a file descriptor; whoever closes it, or dies, lets the folder go.
    """
    make_folder(path)
    held = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        moved = not path.is_dir() or path.stat().st_ino != os.fstat(held).st_ino
    except BaseException:
        os.close(held)
        raise
    if moved:
        os.close(held)
        raise BlockingIOError(f"{path} was moved away by the one who held it")
    return held


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Wait until no other process is in this block for the same folder."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    sync_file(path)


def sync_file(path: Path) -> None:
    """Make what a file holds durable, whoever wrote it."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
