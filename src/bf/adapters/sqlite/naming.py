"""Database files of a tenant's folder: what their names say, and how they are moved and removed."""

import re
from pathlib import Path
from typing import NamedTuple


class File(NamedTuple):
    """What a database file's name says: log-2-k1.db."""

    path: Path
    number: int
    key: int


def path_of(folder: Path, kind: str, number: int, key: int) -> Path:
    """Name a database file."""
    return folder / f"{kind}-{number}-k{key}.db"


def files_of(folder: Path, kind: str) -> list[File]:
    """Return the database files of a kind, by number."""
    names = (re.fullmatch(rf"{kind}-(\d+)-k(\d+)\.db", path.name) for path in folder.glob(f"{kind}-*.db"))
    return sorted(
        (File(folder / name[0], int(name[1]), int(name[2])) for name in names if name), key=lambda file: file.number
    )


def move_file(path: Path, folder: Path) -> None:
    """Move a database; its newest batches may still be in the -wal file, if a reader held it when it was closed."""
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists():
        wal.rename(folder / wal.name)
    path.rename(folder / path.name)


def remove_file(path: Path) -> None:
    """Remove a database with what SQLite keeps beside it."""
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        each.unlink(missing_ok=True)
