"""HTTP/2 that does less for each call, on both ends of a connection.

Rules of this file:
1. What comes out is what h2 and hpack would make, but for what RFC 7541 leaves to the sender: nothing is Huffman
   coded, which takes Python longer than sending it, and what differs in every call is not put into the dynamic table,
   where it would push out what does not.
2. A block of headers that does not change the dynamic table means the same as long as the table is the same: it is
   encoded, or decoded, once.
"""

from collections.abc import Iterable
from typing import Any, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from hpack import Decoder, Encoder, HeaderTuple
from hpack.table import HeaderTable

from bf.adapters.front.limits import STREAMS_COUNT_MAX

CLOSED_STREAMS_MAX = 32
"""How many closed streams are remembered before they are looked for."""

KNOWN_BLOCKS_MAX = 64
"""How many blocks of headers are remembered."""

KNOWN_BYTES_MAX = 1_024
"""The longest block that is remembered."""

VARYING = {b"request-id", b"grpc-timeout", b"grpc-message", b"grpc-status-details-bin", b"traceparent"}
"""Headers that are another's in every call."""


class Table(HeaderTable):
    """A dynamic table that knows whether it has changed."""

    version = 0

    def add(self, name: bytes, value: bytes) -> None:
        """Put an entry in."""
        self.version += 1
        super().add(name, value)

    def _shrink(self) -> None:
        self.version += 1
        super()._shrink()


class LeanEncoder(Encoder):
    """Writes blocks of headers."""

    def __init__(self) -> None:
        super().__init__()
        self.header_table = self._table = Table()
        self._known: dict[tuple[Any, ...], bytes] = {}
        self._version = 0

    def encode(self, headers: Iterable[Any], huffman: bool = True) -> bytes:  # noqa: FBT001, FBT002  # hpack's
        """Write headers, as last time if nothing has changed."""
        del huffman
        table, block = self._table, tuple(headers)
        if table.version != self._version:
            self._known.clear()
            self._version = table.version
        elif not table.resized and (known := self._known.get(block)) is not None:
            return known
        resized = table.resized
        encoded = super().encode(block, huffman=False)
        if table.version == self._version and not resized and len(encoded) <= KNOWN_BYTES_MAX:
            if len(self._known) >= KNOWN_BLOCKS_MAX:
                self._known.clear()
            self._known[block] = encoded
        return encoded

    def add(self, to_add: tuple[bytes, bytes], sensitive: bool, huffman: bool = False) -> bytes:  # noqa: FBT001, FBT002  # hpack's
        """Write one header."""
        return super().add(to_add, sensitive or to_add[0] in VARYING, huffman)


class LeanDecoder(Decoder):
    """Reads blocks of headers."""

    def __init__(self, max_header_list_size: int) -> None:
        super().__init__(max_header_list_size)
        self.header_table = self._table = Table()
        self._known: dict[bytes, list[HeaderTuple]] = {}
        self._version = 0

    def decode(self, data: bytes, raw: bool = False) -> Iterable[HeaderTuple]:  # noqa: FBT001, FBT002  # hpack's
        """Read headers, as last time if nothing has changed; h2 always asks for them `raw`."""
        assert raw, "h2 reads bytes"
        table, block = self._table, bytes(data)
        if table.version != self._version:
            self._known.clear()
            self._version = table.version
        elif (known := self._known.get(block)) is not None:
            return known.copy()
        headers = cast("list[HeaderTuple]", super().decode(block, raw=True))
        if table.version == self._version and len(block) <= KNOWN_BYTES_MAX:
            if len(self._known) >= KNOWN_BLOCKS_MAX:
                self._known.clear()
            self._known[block] = headers.copy()
        return headers


class LeanH2(H2Connection):
    """HTTP/2 that looks through its streams now and then, where h2 does so for each frame of headers."""

    _look_at = 0

    def __init__(self, config: H2Configuration | None = None) -> None:
        super().__init__(config)
        lean = LeanDecoder(self.decoder.max_header_list_size)
        lean.max_allowed_table_size = self.decoder.max_allowed_table_size
        self.encoder, self.decoder = LeanEncoder(), lean

    def _open_streams(self, remainder: int) -> int:
        """Return how many streams are open at most; closed ones are forgotten when there may be too many."""
        if len(self.streams) < self._look_at:
            return len(self.streams)
        count = super()._open_streams(remainder)
        self._look_at = min(len(self.streams) + CLOSED_STREAMS_MAX, STREAMS_COUNT_MAX)
        return count
