"""Files that are whole or not there, after a crash too."""

import os
from pathlib import Path


def write_durably(path: Path, body: bytes, mode: int) -> None:
    """Put a body into a file at once: after a crash the old one is there, or the new one, and never half of it."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


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
