"""Lines of text in a file, in the clear, or each sealed under a key that the file has for itself.

bf sealed 1 <id, 32 hex digits>
<base64 of the first line, sealed for the id and its number>
…
"""

import base64
import binascii
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

from bf.adapters.crypto.seal import KEY_BYTES, Sealer, SealError
from bf.adapters.machine.files import drafted

SEALED = re.compile(rb"bf sealed 1 ([0-9a-f]{32})\n")
LINE_BYTES_MAX = 64 * 1024 * 1024
"""How long a line may be."""

ID_BYTES = 16
ONLY = 1


class LinesError(Exception):
    """A file that cannot be read, or a line that does not open; it is named."""


class OneKey:
    """The one key of a file."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def newest(self) -> int:
        """Return the key's number."""
        return ONLY

    def sub_key(self, number: int) -> bytes:
        """Return the key; KeyError for another number."""
        return {ONLY: self._key}[number]


def new_key() -> bytes:
    """Draw a key."""
    return os.urandom(KEY_BYTES)


def is_sealed(path: Path) -> bool:
    """Say whether a file's lines are sealed; LinesError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return SEALED.fullmatch(file.readline(LINE_BYTES_MAX)) is not None
    except OSError as error:
        raise LinesError(f"{path} cannot be read: {error.strerror}") from error


async def write_lines(path: Path, lines: AsyncIterator[str], key: bytes | None, mode: int) -> int:
    """Write lines into a file that is whole or not there; return how many bytes it has."""
    with drafted(path, mode) as file:
        if key is None:
            return sum([file.write(line.encode() + b"\n") async for line in lines])
        sealer, file_id = Sealer(OneKey(key)), os.urandom(ID_BYTES)
        size = file.write(b"bf sealed 1 " + file_id.hex().encode() + b"\n")
        number = 0
        async for line in lines:
            number += 1
            size += file.write(base64.b64encode(sealer.seal(line.encode(), _context(file_id, number))) + b"\n")
        return size


def read_lines(path: Path, key: bytes | None) -> Iterator[str]:
    """Yield a file's lines; LinesError names the one that cannot be read or does not open."""
    try:
        with path.open("rb") as file:
            yield from _plain(file) if key is None else _opened(file, Sealer(OneKey(key)))
    except OSError as error:
        raise LinesError(f"{path} cannot be read: {error.strerror}") from error


def _plain(file: IO[bytes]) -> Iterator[str]:
    for number, line in _numbered(file):
        yield _text(line, number)


def _opened(file: IO[bytes], sealer: Sealer) -> Iterator[str]:
    first = SEALED.fullmatch(file.readline(LINE_BYTES_MAX))
    if not first:
        raise LinesError("line 1: these lines are not sealed")
    file_id = bytes.fromhex(first[1].decode())
    for number, line in _numbered(file):
        try:
            body = sealer.open(base64.b64decode(line, validate=True), _context(file_id, number))
        except (SealError, binascii.Error) as error:
            raise LinesError(f"line {number}: {error}; or this is the key of another file") from error
        yield _text(body, number)


def _numbered(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(LINE_BYTES_MAX):
        number += 1
        if not line.endswith(b"\n"):
            raise LinesError(f"line {number}: it has no end: the file was cut off, or it is no file of ours")
        yield number, line[:-1]


def _text(body: bytes, number: int) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise LinesError(f"line {number}: it is not UTF-8") from error


def _context(file_id: bytes, number: int) -> bytes:
    return file_id + number.to_bytes(8, "big")
