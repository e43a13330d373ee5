"""Damage to a log's file: what a disk, or somebody with a hand on it, may do. Each returns how to mend it, or None.

The last record is left alone: damaged, it counts as never finished, which nobody can tell from a power cut.
"""

from collections.abc import Callable
from zlib import crc32

from bf.sim.disk import File
from bf.sim.log import HEAD

RECORDS_MIN = 3
"""How many records a log has at least before it is spoiled."""

Mend = Callable[[], None]


def flip_a_bit(file: File, number: int) -> Mend | None:
    """Flip a bit in the body of some record."""
    starts = _starts(file)
    if len(starts) <= RECORDS_MIN:
        return None
    start = starts[number % (len(starts) - 2)]
    size = HEAD.unpack_from(file.durable, start)[1]
    if not size:
        return None
    offset = start + HEAD.size + number % size
    file.flip(offset)
    return lambda: file.flip(offset)


def lose_a_record(file: File, number: int) -> Mend | None:
    """Take a record out, as a disk does that shows an old page."""
    starts = _starts(file)
    if len(starts) <= RECORDS_MIN:
        return None
    index = number % (len(starts) - 2)
    start, end = starts[index], starts[index + 1]
    record = bytes(file.durable[start:end])
    _each(file, start, end, b"")
    return lambda: _each(file, start, start, record)


def swap_records(file: File, number: int) -> Mend | None:
    """Let two records change their bodies, with checksums that fit, as somebody may who can write to the disk."""
    starts = _starts(file)
    if len(starts) <= RECORDS_MIN + 1:
        return None
    index = number % (len(starts) - 3)
    start, end = starts[index], starts[index + 2]
    before = bytes(file.durable[start:end])
    first, second = _record(file, starts[index]), _record(file, starts[index + 1])
    _each(file, start, end, _written(first[0], second[1]) + _written(second[0], first[1]))
    return lambda: _each(file, start, end, before)


def _starts(file: File) -> list[int]:
    """Return where each record begins, and where the last one ends; nothing if some of it is not synced."""
    starts = [0]
    if file.pending:
        return starts
    while starts[-1] + HEAD.size <= len(file.durable):
        starts.append(starts[-1] + HEAD.size + HEAD.unpack_from(file.durable, starts[-1])[1])
    return starts


Head = tuple[int, int, int]


def _record(file: File, start: int) -> tuple[Head, bytes]:
    kind, size, event, batch, _ = HEAD.unpack_from(file.durable, start)
    return (kind, event, batch), bytes(file.durable[start + HEAD.size : start + HEAD.size + size])


def _written(head: Head, body: bytes) -> bytes:
    kind, event, batch = head
    first = HEAD.pack(kind, len(body), event, batch, 0)
    return HEAD.pack(kind, len(body), event, batch, crc32(first + body)) + body


def _each(file: File, start: int, end: int, body: bytes) -> None:
    """Put something in the place of a part of a file, as it lies there and as the cache shows it."""
    file.content[start:end] = body
    file.durable[start:end] = body
    file.version += 1
