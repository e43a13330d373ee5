"""The keyring: a data key per tenant, wrapped by a master key, and forgotten to erase the tenant everywhere.

<keys>/master.key          the master key of this installation, 0600; a key management service can stand in its place
<keys>/tenants/acme.json   acme's data keys, wrapped; nothing else in the world opens what acme wrote

A data key never encrypts anything: each use (log, pages, backup) has a key of its own, derived by HKDF-SHA256.
"""

import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bf.adapters.crypto.seal import KEY_BYTES
from bf.adapters.machine.files import make_folder, remove_durably, write_durably

MASTER_NONCE_BYTES = 12
PRIVATE = 0o600
MASTER = "master.key"
OTHERS = 0o077


class KeyringError(Exception):
    """The keyring cannot be used as asked."""


class MasterKey(Protocol):
    """Wraps data keys; what a key management service offers."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Encrypt a data key for a context, which is authenticated."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt a data key; raises KeyringError."""
        ...


class FileMasterKey:
    """A master key in a file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        """Read the key, made at the first time; KeyringError if others may read it."""
        self._path = path
        if not path.exists():
            write_durably(path, os.urandom(KEY_BYTES).hex().encode() + b"\n", PRIVATE)
        mode = path.stat().st_mode
        if mode & OTHERS:
            raise KeyringError(f"{path} can be read by others (mode {mode & 0o777:o}); chmod 600 it")
        text = path.read_text("ascii", errors="replace").strip()
        if not re.fullmatch(f"[0-9a-f]{{{2 * KEY_BYTES}}}", text):
            raise KeyringError(f"{path} is not a master key; restore it from where you keep its copy")
        self._aead = AESGCM(bytes.fromhex(text))

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Encrypt a data key for a context: AES-256-GCM; the few keys of an installation may have random nonces."""
        nonce = os.urandom(MASTER_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt a data key."""
        nonce, sealed = wrapped[:MASTER_NONCE_BYTES], wrapped[MASTER_NONCE_BYTES:]
        try:
            return self._aead.decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError):
            raise KeyringError(f"a key for {context.decode()} does not open with {self._path}") from None


class Keyring:
    """Every tenant's data keys, in a folder."""

    def __init__(self, folder: Path, master: Callable[[Path], MasterKey] = FileMasterKey) -> None:
        try:
            make_folder(folder)
            self._folder = folder / "tenants"
            make_folder(self._folder)
            if not (folder / MASTER).exists() and any(self._folder.iterdir()):
                raise KeyringError(f"{folder / MASTER} is missing: restore it from where you keep its copy")
            self._master = master(folder / MASTER)
        except OSError as error:
            raise KeyringError(f"cannot use {folder} for keys: {error.strerror}") from error
        self._known: dict[str, dict[int, bytes]] = {}

    def numbers(self, tenant: str) -> list[int]:
        """Return the numbers of a tenant's keys, the newest last; KeyError if it has none."""
        return sorted(self._keys(tenant))

    def has(self, tenant: str) -> bool:
        """Say whether a tenant has keys."""
        return self._path(tenant).exists()

    def create(self, tenant: str) -> None:
        """Give a new tenant its first key."""
        assert not self.has(tenant), f"{tenant} has keys"
        self._keep(tenant, {1: os.urandom(KEY_BYTES)})

    def rotate(self, tenant: str) -> int:
        """Add a key; what is written from now on is under it. Returns its number."""
        keys = self._keys(tenant)
        number = max(keys) + 1
        self._keep(tenant, keys | {number: os.urandom(KEY_BYTES)})
        return number

    def forget(self, tenant: str, below: int) -> None:
        """Destroy the keys below a number: what they opened is gone."""
        self._keep(tenant, {number: key for number, key in self._keys(tenant).items() if number >= below})

    def erase(self, tenant: str) -> None:
        """Destroy all of a tenant's keys, overwritten first; there is no way back."""
        path = self._path(tenant)
        self._known.pop(tenant, None)
        if path.exists():
            remove_durably(path)

    def use(self, tenant: str, use: str) -> "TenantKeys":
        """Return a tenant's keys for one use: `log`, `pages`, `backup`."""
        return TenantKeys(self, tenant, use)

    def sub_key(self, tenant: str, number: int, use: str) -> bytes:
        """Derive the key of a number for a use, 32 bytes; KeyError if the number is not in the ring."""
        return derive(self._keys(tenant)[number], tenant, number, use)

    def every_key(self) -> Iterator[tuple[str, int, bytes]]:
        """Yield every data key that there is, with its tenant and number: to prove what none of them opens."""
        for path in sorted(self._folder.glob("*.json")):
            for number, key in sorted(self._keys(path.stem).items()):
                yield path.stem, number, key

    def opens(self, tenant: str, body: bytes) -> bool:
        """Say whether a file's body holds a key of a tenant that the master key still opens."""
        try:
            wrapped = cast("dict[str, str]", json.loads(body)["keys"])
            for number, text in wrapped.items():
                self._master.unwrap(base64.b64decode(text), _context(tenant, int(number)))
        except (ValueError, KeyError, TypeError, AttributeError, KeyringError):
            return False
        return bool(wrapped)

    def _keys(self, tenant: str) -> dict[int, bytes]:
        if tenant not in self._known:
            self._known[tenant] = self._read(tenant)
        return self._known[tenant]

    def _read(self, tenant: str) -> dict[int, bytes]:
        path = self._path(tenant)
        try:
            kept = json.loads(path.read_bytes())["keys"]
            wrapped = {int(number): base64.b64decode(text) for number, text in kept.items()}
        except FileNotFoundError:
            raise KeyError(tenant) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyringError(f"{path} is damaged: restore it from where you keep its copy") from error
        return {number: self._master.unwrap(key, _context(tenant, number)) for number, key in wrapped.items()}

    def _keep(self, tenant: str, keys: dict[int, bytes]) -> None:
        wrapped = {
            str(number): base64.b64encode(self._master.wrap(key, _context(tenant, number))).decode()
            for number, key in sorted(keys.items())
        }
        write_durably(self._path(tenant), json.dumps({"keys": wrapped}, indent=1).encode() + b"\n", PRIVATE)
        self._known[tenant] = keys

    def _path(self, tenant: str) -> Path:
        return self._folder / f"{tenant}.json"


class TenantKeys:
    """One tenant's keys for one use; a key that is rotated or destroyed is so here at once."""

    def __init__(self, keyring: Keyring, tenant: str, use: str) -> None:
        self._keyring = keyring
        self._tenant = tenant
        self._use = use
        self._derived: dict[int, bytes] = {}

    def newest(self) -> int:
        """Return the number of the key for new things."""
        return self._keyring.numbers(self._tenant)[-1]

    def sub_key(self, number: int) -> bytes:
        """Return the key of a number, 32 bytes; KeyError if it is gone or never was."""
        if number not in self._keyring.numbers(self._tenant):
            raise KeyError(number)
        if number not in self._derived:
            self._derived[number] = self._keyring.sub_key(self._tenant, number, self._use)
        return self._derived[number]


def derive(key: bytes, tenant: str, number: int, use: str) -> bytes:
    """Derive from a data key that for one use, 32 bytes."""
    info = f"bf/1/{tenant}/{number}/{use}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def _context(tenant: str, number: int) -> bytes:
    return f"{tenant}/{number}".encode()
