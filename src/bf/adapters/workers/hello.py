"""The first bytes of a TLS connection: whom the client wants to talk to (RFC 8446, 4.1.2; RFC 6066, 3).

record      type 22, version, size | handshake   type 1, size | ClientHello   version, random, session, ciphers,
                                                                              compressions, extensions
server_name   size | type 0, size, name

Rules of this file:
1. It is strict and knows one shape. Whatever else comes names nobody, and is refused by whoever ends the TLS.
2. A ClientHello of more than one record names nobody. No client is known that sends one.
"""

from bf.adapters.workers.limits import HELLO_BYTES_MAX

RECORD_BYTES = 5
"""The head of a record, which says how long it is."""

HANDSHAKE, CLIENT_HELLO = 22, 1
SERVER_NAME, HOST_NAME = 0, 0
VERSION_AND_RANDOM_BYTES = 2 + 32


class _OddError(Exception):
    """It is no ClientHello as we know them."""


class _Bytes:
    """Bytes that are read from the front."""

    def __init__(self, rest: bytes) -> None:
        self.rest = rest

    def take(self, size: int) -> bytes:
        """Return the next so many bytes."""
        if len(self.rest) < size:
            raise _OddError
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def number(self, size: int) -> int:
        """Return the next number, of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> "_Bytes":
        """Return what follows its own length, which has so many bytes."""
        return _Bytes(self.take(self.number(size)))


def record_size(head: bytes) -> int:
    """Return how many bytes the first record has, by its head of RECORD_BYTES; 0 if it is none to look into."""
    size = RECORD_BYTES + int.from_bytes(head[3:RECORD_BYTES], "big")
    return size if len(head) >= RECORD_BYTES and head[0] == HANDSHAKE and size <= HELLO_BYTES_MAX else 0


def server_name(record: bytes) -> str:
    """Return the server name of a ClientHello, which is a whole record; empty if there is none."""
    try:
        return _host(_extensions(record))
    except _OddError:
        return ""


def _extensions(record: bytes) -> _Bytes:
    handshake = _Bytes(record[RECORD_BYTES:])
    if handshake.number(1) != CLIENT_HELLO:
        raise _OddError
    hello = handshake.vector(3)
    hello.take(VERSION_AND_RANDOM_BYTES)
    for size in (1, 2, 1):  # session, ciphers, compressions
        hello.vector(size)
    return hello.vector(2)


def _host(extensions: _Bytes) -> str:
    while extensions.rest:
        kind, body = extensions.number(2), extensions.vector(2)
        if kind == SERVER_NAME:
            names = body.vector(2)
            if names.number(1) != HOST_NAME:
                raise _OddError
            name = names.vector(2).rest
            return name.decode("ascii") if name.isascii() else ""
    return ""
