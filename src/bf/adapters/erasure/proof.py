"""Proving that an erased tenant is gone: nothing of it lies in the clear, and no key that is left opens the rest.

What is tried:
1. Every file is searched for known words, as UTF-8 and as UTF-16.
2. Every file is tried as a copy of the tenant's keys, which the master key would open.
3. Every file that is named for the tenant is tried as a database and as a piece of a backup, with every key that is
   left in the keyring, as it is and as the tenant's own would have been derived from it.

What cannot be tried: what the disk itself keeps of removed files, and copies that are kept elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from bf.adapters.archive.piece import PieceError, reading
from bf.adapters.crypto.keyring import Keyring, derive
from bf.adapters.crypto.seal import Sealer, SealError
from bf.adapters.sqlite.database import SqliteDatabase

USES = ("log", "log pages", "state", "backup")
CHUNK_BYTES = 1024 * 1024
KEY_FILE_BYTES_MAX = 1024 * 1024
"""The largest file that may be a copy of a tenant's keys."""


@dataclass
class Proof:
    """What was tried, and what was found."""

    files: int = 0
    bytes: int = 0
    words: int = 0
    keys: int = 0
    attempts: int = 0
    """How often a key was tried on a file."""
    unreadable: list[str] = field(default_factory=list[str])
    """Files that could not even be read, so that nothing is known of them."""
    found: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """What should not be there: file, and what it is."""

    @property
    def proved(self) -> bool:
        """Whether all was tried and nothing was found."""
        return not self.found and not self.unreadable


def prove_erased(
    keyring: Keyring, tenant: str, folders: Sequence[Path], words: Sequence[str], progress: Callable[[int], None]
) -> Proof:
    """Search folders for what is left of a tenant."""
    search = _Search(keyring, tenant, words)
    proof = search.proof
    for path in _files(folders):
        try:
            search.look_into(path)
        except OSError as error:
            proof.unreadable.append(f"{path}: {error.strerror}")
        proof.files += 1
        progress(proof.files)
    return proof


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


class _Search:
    """What is looked for, and what was found."""

    def __init__(self, keyring: Keyring, tenant: str, words: Sequence[str]) -> None:
        self._keyring = keyring
        self._tenant = tenant
        self._patterns = {form: word for word in words for form in (word.encode(), word.encode("utf-16-le")) if word}
        self._keys = list(_keys(keyring, tenant))
        self.proof = Proof(words=len(set(words)), keys=len(self._keys))

    def look_into(self, path: Path) -> None:
        """Try everything on one file."""
        size = path.stat().st_size
        self.proof.bytes += size
        for word in sorted(_words_in(path, self._patterns)):
            self._found(path, f"the word {word!r} in the clear")
        if size <= KEY_FILE_BYTES_MAX and self._keyring.opens(self._tenant, path.read_bytes()):
            self._found(path, f"a copy of {self._tenant}'s keys, which the master key opens")
        if self._tenant in path.name or self._tenant in path.parts:
            self._try_keys(path)

    def _try_keys(self, path: Path) -> None:
        for key in self._keys:
            self.proof.attempts += 1
            if opens_database(path, key) or opens_piece(path, key, self._tenant):
                self._found(path, "it opens with a key that is left")
                return

    def _found(self, path: Path, what: str) -> None:
        self.proof.found.append({"file": str(path), "what": what})


def _words_in(path: Path, patterns: dict[bytes, str]) -> set[str]:
    """Find words in a file, in chunks that overlap."""
    found: set[str] = set()
    longest = max(map(len, patterns), default=0)
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            window = before + chunk
            found |= {word for pattern, word in patterns.items() if pattern in window}
            before = window[-longest:]
    return found


def _keys(keyring: Keyring, tenant: str) -> Iterator[bytes]:
    """Yield no key at all, and every key that is left, in every way in which it could be meant."""
    yield b""
    for owner, number, key in keyring.every_key():
        yield key
        for use in USES:
            yield derive(key, owner, number, use)
            yield derive(key, tenant, number, use)


def opens_database(path: Path, key: bytes) -> bool:
    """Say whether a file is a database that opens with a key, or without one."""
    if path.suffix != ".db":
        return False
    database = SqliteDatabase(path, key, frozen=True)
    try:
        return database.execute("SELECT count(*) FROM sqlite_schema").fetchone() is not None
    except apsw.Error:
        return False
    finally:
        database.close()


class _OneKey:
    """The same key, whatever its number."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def newest(self) -> int:
        return 1

    def sub_key(self, number: int) -> bytes:
        del number
        return self._key


def opens_piece(path: Path, key: bytes, tenant: str) -> bool:
    """Say whether a file is a piece of a tenant's backup that opens with a key."""
    if not key:
        return False
    with suppress(PieceError, SealError), reading(path, Sealer(_OneKey(key)), tenant):
        return True
    return False
