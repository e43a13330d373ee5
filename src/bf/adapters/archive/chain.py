"""Chains of backups in a folder: each piece goes on where the one before it ends.

<folder>/acme-20261127T080000Z-0001-0-240.bfb     a chain's first piece: everything up to batch 240
<folder>/acme-20261127T080000Z-0002-240-311.bfb   what came after it, up to batch 311
<folder>/acme-20261127T080000Z.chain              how many pieces there are, so that the loss of the last is noticed
<folder>/.acme.lock                               held by the one process that writes

Names are for people and for finding; what counts is inside, and has to agree with the name.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import NamedTuple

from bf.adapters.archive.piece import Head, Identity, PieceError, PieceReader, PieceWriter, Seals, reading
from bf.adapters.crypto.seal import SealError
from bf.adapters.machine.files import drafted, make_folder, write_durably
from bf.core.ports import START, Batch, Pos

CHAIN_BYTES = 16
STAMP = "%Y%m%dT%H%M%SZ"
PRIVATE = 0o600


class File(NamedTuple):
    """What a piece's name says."""

    path: Path
    number: int


class Chain:
    """The pieces of one chain, which follow each other; it is read as a log is."""

    def __init__(self, files: Sequence[File], seals: Seals, tenant: str, count: int) -> None:
        """Read all headers and trailers; PieceError names the piece that is missing, damaged or not of this chain."""
        self.files = files
        self._seals = seals
        self._tenant = tenant
        self.seal = ""
        for expected, file in enumerate(files, 1):
            if file.number != expected:
                raise PieceError(_missing(files[0].path, expected, file.path))
            with reading(file.path, seals, tenant) as piece:
                self._link(piece, file)
        if len(files) < count:
            raise PieceError(f"{files[-1].path} is followed by a piece that is missing: piece {len(files) + 1}")

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        return self.tail.end

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield what lies after a position, piece by piece; PieceError names a piece that is damaged."""
        for file in self.files:
            with reading(file.path, self._seals, self._tenant) as piece:
                if piece.tail.end.batch <= after.batch and after.batch:
                    continue
                for batch in piece.batches():
                    if batch.pos.batch > after.batch:
                        yield batch

    def _link(self, piece: PieceReader, file: File) -> None:
        path, identity, head = piece.path, piece.identity, piece.head
        if identity.number != file.number:
            raise PieceError(f"{path} is piece {identity.number}, but its name says {file.number}: it was exchanged")
        if file.number == 1:
            self.id, self.domain, end = identity.chain, head.domain, START
        else:
            end = self.tail.end
        if identity.chain != self.id:
            raise PieceError(f"{path} is of another chain than {self.files[0].path}: it was exchanged")
        if head.before != self.seal or head.start != end:
            raise PieceError(f"{path} does not go on from the piece before it")
        self.domain_version, self.seal, self.tail = head.domain_version, piece.seal, piece.tail


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a chain does not have yet."""

    batches: AsyncIterator[Batch]
    end: Pos
    """The position after them."""
    made_us: int
    """When the log ended there."""
    domain: str
    domain_version: int


class Written(NamedTuple):
    """A piece that was written."""

    path: Path
    number: int
    batches: int
    size: int


class Archive:
    """One tenant's chains in a folder."""

    def __init__(self, folder: Path, tenant: str, seals: Seals) -> None:
        self._folder = folder
        self._tenant = tenant
        self._seals = seals

    def stamps(self) -> list[str]:
        """Return the names of the chains, oldest first."""
        return sorted({stamp for stamp, _ in self._found()})

    def chain(self, stamp: str) -> Chain:
        """Open a chain; PieceError if it is not whole."""
        files = sorted((file for each, file in self._found() if each == stamp), key=lambda file: file.number)
        return Chain(files, self._seals, self._tenant, self._count(stamp))

    @contextmanager
    def held(self) -> Generator[None]:
        """Be the one who writes, in a folder that is made if it is not there; BlockingIOError if somebody else is."""
        make_folder(self._folder)
        with (self._folder / f".{self._tenant}.lock").open("a") as lock:
            flock(lock, LOCK_EX | LOCK_NB)
            for draft in self._folder.glob(f".{self._tenant}-*.draft"):
                if re.match(rf"\.{self._tenant}-\d{{8}}T", draft.name):
                    draft.unlink()
            yield

    def new_stamp(self, now_us: int) -> str:
        """Name a new chain by the time; it is later than every other."""
        time = datetime.fromtimestamp(now_us // 1_000_000, UTC)
        latest = max(self.stamps(), default="")
        while f"{time:{STAMP}}" <= latest:
            time = max(time, datetime.strptime(latest, STAMP).replace(tzinfo=UTC)) + timedelta(seconds=1)
        return f"{time:{STAMP}}"

    async def write(self, stamp: str, before: Chain | None, lacking: Lacking) -> Written:
        """Write the next piece of a chain, or the first; after a crash it is there or not, and never by half."""
        number = len(before.files) + 1 if before else 1
        start = before.tail.end if before else START
        identity = Identity(self._tenant, before.id if before else os.urandom(CHAIN_BYTES), number)
        head = Head(start, before.seal if before else "", lacking.domain, lacking.domain_version)
        path = self._folder / f"{self._tenant}-{stamp}-{number:04}-{start.batch}-{lacking.end.batch}.bfb"
        with drafted(path, PRIVATE) as file:
            writer = PieceWriter(file, self._seals, identity, head)
            count, last = 0, None
            async for batch in lacking.batches:
                writer.add(batch)
                count, last = count + 1, batch
            writer.close(lacking.end, lacking.made_us, last)
        self._note(stamp, number)
        return Written(path, number, count, writer.size)

    def _found(self) -> Generator[tuple[str, File]]:
        pattern = re.compile(rf"{re.escape(self._tenant)}-(\d{{8}}T\d{{6}}Z)-(\d+)-\d+-\d+\.bfb")
        names = ((path, pattern.fullmatch(path.name)) for path in self._folder.glob(f"{self._tenant}-*.bfb"))
        return ((name[1], File(path, int(name[2]))) for path, name in names if name)

    def _note(self, stamp: str, number: int) -> None:
        body = self._seals.seal(json.dumps({"pieces": number}).encode(), self._context(stamp))
        write_durably(self._path(stamp), body, PRIVATE)

    def _count(self, stamp: str) -> int:
        """Return how many pieces a chain has at least; 0 if nobody can say."""
        try:
            return json.loads(self._seals.open(self._path(stamp).read_bytes(), self._context(stamp)))["pieces"]
        except FileNotFoundError:
            return 0
        except SealError as error:
            raise PieceError(f"{self._path(stamp)}: {error}") from error

    def _context(self, stamp: str) -> bytes:
        return f"chain {self._tenant} {stamp}".encode()

    def _path(self, stamp: str) -> Path:
        return self._folder / f"{self._tenant}-{stamp}.chain"


def _missing(first: Path, number: int, found: Path) -> str:
    if number == 1:
        return f"the first piece of the chain of {found} is missing"
    return f"{found} does not follow: piece {number} of the chain that {first} begins is missing"
