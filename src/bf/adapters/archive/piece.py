"""A piece of a backup: one sealed file, from one position of a log to a later one.

    "bf backup 1" and a line feed | chain 16 | number 4 | header | frames | trailer | length of the trailer 4
    a frame is: kind 1 | length 4 | sealed body

Rules of this file:
1. A frame is sealed for its tenant, its chain, the number of its piece, its own number and its kind: it opens nowhere
   else, so nothing can be exchanged, moved or dropped unnoticed.
2. A piece ends with its trailer, which says how many frames there are: what was cut off is no piece.
3. The header says the seal of the trailer before, so that a piece goes on from one piece only.
4. All numbers are big-endian.
"""

import json
import struct
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from bf.adapters.crypto.seal import SealError
from bf.core.ports import Batch, Pos

MAGIC = b"bf backup 1\n"
START_OF_FILE = struct.Struct(">16sI")
FRAME = struct.Struct(">BI")
PLACE = struct.Struct(">QQ")
LENGTH = struct.Struct(">I")
CONTEXT = struct.Struct(">BIQ")
HEADER, PART, BATCH, TRAILER = range(4)


class PieceError(Exception):
    """A piece that is damaged, incomplete, or not what its name says."""


class Seals(Protocol):
    """Seals bodies for a context."""

    def seal(self, body: bytes, context: bytes) -> bytes:
        """Seal a body."""
        ...

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what was sealed; raises SealError."""
        ...


class Identity(NamedTuple):
    """Whose piece it is, of which chain, and which one of it, from 1."""

    tenant: str
    chain: bytes
    number: int

    def context(self, kind: int, frame: int) -> bytes:
        """Say where a frame belongs; the trailer is found from the end, before anybody knows its number."""
        place = CONTEXT.pack(kind, self.number, 0 if kind == TRAILER else frame)
        return place + self.chain + self.tenant.encode()


@dataclass(frozen=True, slots=True)
class Head:
    """What a piece's header says."""

    start: Pos
    before: str
    """The seal of the trailer of the piece before; empty in the first."""
    domain: str
    domain_version: int


@dataclass(frozen=True, slots=True)
class Tail:
    """What a piece's trailer says."""

    frames: int
    end: Pos
    made_us: int
    """When the log ended there."""
    digest: str
    """Of the last body."""
    baseline: bool
    """Whether that body is a part of a baseline."""

    def is_of(self, batch: Batch) -> bool:
        """Say whether a batch is the last one of the piece: another history has others under the same numbers."""
        return (batch.pos, batch.baseline, _digest(batch.body)) == (self.end, self.baseline, self.digest)


class PieceWriter:
    """Writes the frames of a piece."""

    def __init__(self, file: IO[bytes], seals: Seals, identity: Identity, head: Head) -> None:
        self._file = file
        self._seals = seals
        self._identity = identity
        self._frames = 0
        self.size = file.write(MAGIC) + file.write(START_OF_FILE.pack(identity.chain, identity.number))
        self._write(
            HEADER,
            {"start": head.start, "before": head.before, "domain": head.domain, "domain_version": head.domain_version},
        )

    def add(self, batch: Batch) -> None:
        """Write a batch, or a part of a baseline."""
        body = PLACE.pack(batch.pos.event, batch.pos.batch) + batch.body
        self._frame(PART if batch.baseline else BATCH, body)

    def close(self, end: Pos, made_us: int, last: Batch | None) -> None:
        """Write the trailer; `last` is what was added last."""
        if last and last.pos != end:
            raise PieceError(f"the log ended at {last.pos} and not at {end}")
        trailer = {
            "frames": self._frames + 1,
            "end": end,
            "made_us": made_us,
            "digest": _digest(last.body) if last else "",
            "baseline": bool(last and last.baseline),
        }
        length = self._write(TRAILER, trailer)
        self.size += self._file.write(LENGTH.pack(length))

    def _write(self, kind: int, said: Mapping[str, object]) -> int:
        return self._frame(kind, json.dumps(said).encode())

    def _frame(self, kind: int, body: bytes) -> int:
        sealed = self._seals.seal(body, self._identity.context(kind, self._frames))
        self.size += self._file.write(FRAME.pack(kind, len(sealed))) + self._file.write(sealed)
        self._frames += 1
        return FRAME.size + len(sealed)


class PieceReader:
    """Reads a piece; everything that is wrong with it is a PieceError that names it."""

    def __init__(self, path: Path, file: IO[bytes], seals: Seals, tenant: str) -> None:
        """Read header and trailer."""
        self.path = path
        self._file = file
        self._seals = seals
        self._size = path.stat().st_size
        file.seek(0)
        if self._take(len(MAGIC)) != MAGIC:
            raise PieceError(f"{path} is no backup of ours")
        chain, number = START_OF_FILE.unpack(self._take(START_OF_FILE.size))
        self.identity = Identity(tenant, chain, number)
        kind, header = self._next(0)
        if kind != HEADER:
            raise PieceError(f"{path} is damaged: it does not begin with a header")
        said = json.loads(header)
        self.head = Head(Pos(*said["start"]), said["before"], said["domain"], said["domain_version"])
        self._first = file.tell()
        self.tail, self.seal = self._trailer()

    def batches(self) -> Iterator[Batch]:
        """Yield what it holds."""
        self._file.seek(self._first)
        for frame in range(1, self.tail.frames - 1):
            kind, body = self._next(frame)
            if kind not in {PART, BATCH}:
                raise PieceError(f"{self.path} is damaged: frame {frame} is of another kind")
            yield Batch(Pos(*PLACE.unpack_from(body)), body[PLACE.size :], baseline=kind == PART)
        kind, _ = self._next(self.tail.frames - 1)
        if kind != TRAILER or self._file.tell() + LENGTH.size != self._size:
            raise PieceError(f"{self.path} is damaged: it does not end with its trailer")

    def _trailer(self) -> tuple[Tail, str]:
        """Read the last frame, and its seal."""
        self._file.seek(max(0, self._size - LENGTH.size))
        (length,) = LENGTH.unpack(self._take(LENGTH.size))
        at = self._size - LENGTH.size - length
        if at < self._first or length <= FRAME.size:
            raise PieceError(f"{self.path} is damaged or cut off: it has no trailer")
        self._file.seek(at)
        kind, _ = FRAME.unpack(self._take(FRAME.size))
        sealed = self._take(length - FRAME.size)
        if kind != TRAILER:
            raise PieceError(f"{self.path} is damaged or cut off: it has no trailer")
        said = json.loads(self._open(sealed, TRAILER, 0))
        tail = Tail(said["frames"], Pos(*said["end"]), said["made_us"], said["digest"], said["baseline"])
        return tail, _digest(sealed)

    def _next(self, frame: int) -> tuple[int, bytes]:
        kind, length = FRAME.unpack(self._take(FRAME.size))
        return kind, self._open(self._take(length), kind, frame)

    def _open(self, sealed: bytes, kind: int, frame: int) -> bytes:
        try:
            return self._seals.open(sealed, self.identity.context(kind, frame))
        except SealError as error:
            raise PieceError(f"{self.path}: frame {frame}: {error}") from error

    def _take(self, length: int) -> bytes:
        if length > self._size - self._file.tell():
            raise PieceError(f"{self.path} is damaged or cut off: it ends too soon")
        body = self._file.read(length)
        if len(body) < length:
            raise PieceError(f"{self.path} is damaged or cut off: it ends too soon")
        return body


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=32).hexdigest()


@contextmanager
def reading(path: Path, seals: Seals, tenant: str) -> Generator[PieceReader]:
    """Open a piece."""
    try:
        with path.open("rb") as file:
            yield PieceReader(path, file, seals, tenant)
    except OSError as error:
        raise PieceError(f"{path} cannot be read: {error.strerror}") from error
