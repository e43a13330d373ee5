"""A log whose bodies are sealed: who has the disk, the network or another tenant's key reads and changes nothing."""

import struct
import zlib
from collections.abc import AsyncIterator, Sequence

from bf.adapters.crypto.seal import Sealer, SealError
from bf.core.ports import Batch, DamagedLogError, Log, Pos

BATCH, BASELINE = 0, 1

PLAIN, DEFLATED = b"\x00", b"\x01"
SMALL_BYTES = 1_024
"""Smaller bodies are not worth compressing."""


class SealedLog:
    """Seals what goes into a log, and opens what comes out, with tenant, generation and position as the context."""

    def __init__(self, tenant: str, log: Log, sealer: Sealer) -> None:
        self._tenant = tenant
        self._log = log
        self._sealer = sealer
        self._parts = 0

    @property
    def generation(self) -> int:
        """Return the log's generation."""
        return self._log.generation

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch, sealed for the position after it."""
        pos = Pos(expected.event + events, expected.batch + 1)
        return await self._log.append(expected, events, self._sealer.seal(_packed(body), self._context(BATCH, pos, 0)))

    async def extend(self, batches: Sequence[Batch]) -> None:
        """Copy batches into a draft, sealed for this generation; a part of the baseline for its place among them."""
        sealed: list[Batch] = []
        for batch in batches:
            kind, part = (BASELINE, self._parts) if batch.baseline else (BATCH, 0)
            body = self._sealer.seal(_packed(batch.body), self._context(kind, batch.pos, part))
            sealed.append(Batch(batch.pos, body, batch.baseline))
            self._parts += batch.baseline
        await self._log.extend(sealed)

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        return await self._log.head()

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, opened; DamagedLogError names the one that does not open."""
        part = 0
        async for batch in self._log.read(after):
            yield self._open(batch, part)
            part += batch.baseline

    async def follow(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, and then each new one, opened."""
        part = 0
        async for batch in self._log.follow(after):
            yield self._open(batch, part)
            part += batch.baseline

    async def sync(self) -> None:
        """Make a draft durable."""
        await self._log.sync()

    async def size(self) -> int:
        """Return the bytes that it takes."""
        return await self._log.size()

    async def close(self) -> None:
        """Close the log."""
        await self._log.close()

    def _open(self, batch: Batch, part: int) -> Batch:
        context = self._context(BASELINE, batch.pos, part) if batch.baseline else self._context(BATCH, batch.pos, 0)
        try:
            return Batch(batch.pos, _unpacked(self._sealer.open(batch.body, context)), batch.baseline)
        except SealError as error:
            where = f"part {part} of the baseline" if batch.baseline else f"batch {batch.pos.batch}"
            raise DamagedLogError(f"{self._tenant}, generation {self.generation}, {where}: {error}") from error

    def _context(self, kind: int, pos: Pos, part: int) -> bytes:
        return struct.pack(">BQQQQ", kind, self.generation, pos.event, pos.batch, part) + self._tenant.encode()


def _packed(body: bytes) -> bytes:
    """Compress a body, which is mostly uids, to a fifth: less is sealed, written and synced."""
    return DEFLATED + zlib.compress(body, 1) if len(body) > SMALL_BYTES else PLAIN + body


def _unpacked(packed: bytes) -> bytes:
    return zlib.decompress(packed[1:]) if packed[:1] == DEFLATED else packed[1:]
