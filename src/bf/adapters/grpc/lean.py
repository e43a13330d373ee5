"""HTTP/2 that does less for each call, on both ends of a connection.

Rules of this file:
1. What comes out is what h2 and hpack would make, but for what RFC 7541 leaves to the sender: nothing is Huffman
   coded, which takes Python longer than sending it, and what differs in every call is not put into the dynamic table,
   where it would push out what does not.
2. A block of headers that does not change the dynamic table means the same as long as the table is the same: it is
   encoded, or decoded, once.
"""

from collections.abc import Iterable, Sized
from typing import Any, cast

from h2.config import H2Configuration
from h2.connection import ConnectionInputs, ConnectionState, H2Connection
from hpack import Decoder, Encoder, HeaderTuple
from hpack.exceptions import HPACKError
from hpack.table import HeaderTable

from bf.adapters.front.limits import STREAMS_COUNT_MAX
from bf.adapters.grpc.frames import LONG

CLOSED_STREAMS_MAX = 32
"""How many closed streams are remembered before they are looked for."""

KNOWN_BLOCKS_MAX = 64
"""How many blocks of headers are remembered."""

KNOWN_BYTES_MAX = 1_024
"""The longest block that is remembered."""

INDEXED = CODED = CONTINUED = 0x80
"""RFC 7541: a header that stands in a table (6.1), a text in Huffman's code (5.2), a number that is continued (5.1)."""

SHIFT = 7
"""How many bits each byte of a continued number has."""

ENTRY_BYTES = 32
"""What a header counts besides its text (RFC 7541, 4.1)."""

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

    @property
    def resized(self) -> bool:
        """Whether the next block has to begin with the table's new size."""
        return self._table.resized

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
        self._last: tuple[bytes, list[HeaderTuple]] = b"", []
        self._again = False

    @property
    def version(self) -> int:
        """A number that is another one whenever the table has changed."""
        return self._table.version

    def look_back(self, block: bytes) -> None:
        """Let a block that was read be read once more: this time it changes nothing."""
        self._again = self._last[0] == block

    def decode(self, data: bytes, raw: bool = False) -> Iterable[HeaderTuple]:  # noqa: FBT001, FBT002  # hpack's
        """Read headers, as last time if nothing has changed; h2 always asks for them `raw`."""
        assert raw, "h2 reads bytes"
        table, block = self._table, bytes(data)
        if self._again and block == self._last[0]:
            self._again = False
            return self._last[1].copy()
        if table.version != self._version:
            self._known.clear()
            self._version = table.version
        elif (known := self._known.get(block)) is not None:
            return known.copy()
        headers = self._plain(block) or cast("list[HeaderTuple]", super().decode(block, raw=True))
        self._last = block, headers.copy()
        if table.version == self._version and len(block) <= KNOWN_BYTES_MAX:
            if len(self._known) >= KNOWN_BLOCKS_MAX:
                self._known.clear()
            self._known[block] = headers.copy()
        return headers

    def _update_encoding_context(self, data: bytes | memoryview) -> int:
        """Change the table's size: a block that does so never means only what it meant last time."""
        self._table.version += 1
        return super()._update_encoding_context(data)

    def _plain(self, block: bytes) -> list[HeaderTuple] | None:
        """Read a block that leaves the table as it is, in short text that is not coded; None if there is more to it."""
        headers: list[HeaderTuple] = []
        at, size, lookup = 0, 0, self._table.get_by_index
        try:
            while at < len(block):
                first = block[at]
                at += 1
                if first & INDEXED and first & LONG != LONG:
                    header = HeaderTuple(*lookup(first & LONG))
                elif first:
                    return None
                else:
                    name, at = _short(block, at)
                    value, at = _short(block, at)
                    header = HeaderTuple(name, value)
                headers.append(header)
                size += len(header[0]) + len(header[1]) + ENTRY_BYTES
        except (IndexError, HPACKError):
            return None
        return headers if at == len(block) and size <= self.max_header_list_size else None


def _short(block: bytes, at: int) -> tuple[bytes, int]:
    """Read a text that is not coded, and say what comes after it; IndexError if it is coded, or of an odd length."""
    size, more, at = block[at], 0, at + 1
    if size == LONG:
        more, at = block[at], at + 1
        size += more & LONG
        if more & CONTINUED:
            more, at = block[at], at + 1
            size += more << SHIFT
    if (size & CODED and more == 0) or more & CONTINUED or at + size > len(block):
        raise IndexError(at)
    return block[at : at + size], at + size


class LeanH2(H2Connection):
    """HTTP/2 that looks through its streams now and then, where h2 does so for each frame of headers."""

    _look_at = 0
    aside: Sized = ()
    """Calls that are under way past h2."""

    def __init__(self, config: H2Configuration | None = None) -> None:
        super().__init__(config)
        lean = LeanDecoder(self.decoder.max_header_list_size)
        lean.max_allowed_table_size = self.decoder.max_allowed_table_size
        self.encoder, self.decoder = LeanEncoder(), lean

    def _open_streams(self, remainder: int) -> int:
        """Return how many streams are open at most; closed ones are forgotten when there may be too many."""
        begun = len(self.streams) + len(self.aside)
        most = self.remote_settings.max_concurrent_streams if self.config.client_side else STREAMS_COUNT_MAX
        if begun < min(self._look_at, most):
            return begun
        count = super()._open_streams(remainder) + len(self.aside)
        self._look_at = len(self.streams) + len(self.aside) + CLOSED_STREAMS_MAX
        return count

    def begin(self, stream: int) -> None:
        """Note that a call has begun on a stream of which h2 knows nothing."""
        ours = stream % 2 == self.config.client_side
        if self.state_machine.state is ConnectionState.IDLE:
            self.state_machine.process_input(ConnectionInputs.SEND_HEADERS if ours else ConnectionInputs.RECV_HEADERS)
        if ours:
            self.highest_outbound_stream_id = stream
        else:
            self.highest_inbound_stream_id = stream

    def has_seen(self, stream: int) -> bool:
        """Say whether h2 itself knows of a stream, or has known of it."""
        return stream in self.streams or stream in self._closed_streams
