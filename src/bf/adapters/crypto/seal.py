"""Sealing: XAES-256-GCM, an AEAD whose nonces are long enough to be drawn at random for ever (C2SP, XAES-256-GCM).

Rules of this file:
1. A nonce is a keyed hash of fresh randomness, of the context and of the body. So even a machine whose randomness
   repeats (a cloned virtual machine, a fork) can repeat a nonce only for the same body at the same place.
2. What is sealed names the key that opens it, so that keys can be changed while everything goes on.

    version 1 | key number 4, big-endian | nonce 24 | sealed body and tag 16
"""

import hashlib
import os
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_BYTES, NONCE_BYTES, NUMBER_BYTES = 32, 24, 4
HEADER_BYTES = len(VERSION) + NUMBER_BYTES + NONCE_BYTES
BLOCK_BYTES = 16


class SealError(Exception):
    """What was sealed does not open: it was changed, it belongs elsewhere, or its key is gone."""


class SubKeys(Protocol):
    """One tenant's keys for one use, by number."""

    def newest(self) -> int:
        """Return the number of the key for new things."""
        ...

    def sub_key(self, number: int) -> bytes:
        """Return the key of a number, 32 bytes; KeyError if it is gone or never was."""
        ...


class Sealer:
    """Seals with a tenant's newest key and opens with the one that is named."""

    def __init__(self, keys: SubKeys, dice: Callable[[int], bytes] = os.urandom) -> None:
        self._keys = keys
        self._dice = dice

    def seal(self, body: bytes, context: bytes) -> bytes:
        """Seal a body so that it opens only in its context."""
        number = self._keys.newest()
        key = self._keys.sub_key(number)
        draw = hashlib.blake2b(self._dice(KEY_BYTES), key=key, digest_size=NONCE_BYTES, person=b"bf nonce")
        draw.update(len(context).to_bytes(8, "big") + context)
        draw.update(body)
        nonce = draw.digest()
        sealed = _aead(key, nonce).encrypt(nonce[12:], body, context)
        return VERSION + number.to_bytes(NUMBER_BYTES, "big") + nonce + sealed

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what was sealed in this context; raises SealError."""
        if sealed[:1] != VERSION or len(sealed) < HEADER_BYTES:
            raise SealError("this was not sealed by us")
        number, nonce = key_number(sealed), sealed[HEADER_BYTES - NONCE_BYTES : HEADER_BYTES]
        try:
            return _aead(self._keys.sub_key(number), nonce).decrypt(nonce[12:], sealed[HEADER_BYTES:], context)
        except KeyError:
            raise SealError(f"key {number} is not in the keyring") from None
        except InvalidTag:
            raise SealError(f"it does not open with key {number}: it was changed, or it belongs elsewhere") from None


def key_number(sealed: bytes) -> int:
    """Return the number of the key that opens what was sealed."""
    return int.from_bytes(sealed[1 : 1 + NUMBER_BYTES], "big")


def _aead(key: bytes, nonce: bytes) -> AESGCM:
    """Derive the AES-256-GCM key for the first 12 bytes of a nonce: CMAC in counter mode, as C2SP writes it."""
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  # single blocks, for CMAC
    doubled = int.from_bytes(block.update(bytes(BLOCK_BYTES)), "big") << 1
    mask = (doubled ^ 0x87 if doubled >> 128 else doubled) & (2**128 - 1)
    counters = [int.from_bytes(bytes((0, count)) + b"X\x00" + nonce[:12], "big") ^ mask for count in (1, 2)]
    return AESGCM(block.update(b"".join(counter.to_bytes(BLOCK_BYTES, "big") for counter in counters)))
