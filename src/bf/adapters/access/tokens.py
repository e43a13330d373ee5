"""API tokens: shown once, kept as hashes in `tokens.json` in the tenant's folder.

A token is `bf1.<id>.<secret>`. The id is no secret and names the token in lists and logs; the secret is 32 random
bytes, so its plain SHA-256 cannot be guessed back.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from bf.adapters.access.limits import LABEL_CHARS_MAX, TOKENS_COUNT_MAX
from bf.adapters.machine.files import alone_in, write_durably

FILE = "tokens.json"
PRIVATE = 0o600
ID_BYTES, SECRET_BYTES = 8, 32
TEXT = re.compile(rf"bf1\.([0-9a-f]{{{2 * ID_BYTES}}})\.([0-9a-f]{{{2 * SECRET_BYTES}}})")

Stamp = tuple[int, int, int]


class Role(IntEnum):
    """What a token may do; each role may do what those below it may."""

    READER = 1
    WRITER = 2
    ADMIN = 3

    @property
    def title(self) -> str:
        """The role as people write it: writer."""
        return self.name.lower()


ROLES = {role.title: role for role in Role}


class TokenError(Exception):
    """The tokens cannot be used or changed as asked."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token; `revoked_us` is 0 while it is good."""

    id: str
    label: str
    role: str
    secret_sha256: str
    created_us: int
    revoked_us: int = 0


def split(text: str) -> tuple[str, bytes] | None:
    """Take a token's text apart into its id and its secret; None if it is none."""
    found = TEXT.fullmatch(text)
    return (found[1], bytes.fromhex(found[2])) if found else None


def digest(secret: bytes) -> str:
    """Hash a secret."""
    return hashlib.sha256(secret).hexdigest()


class TokenFile:
    """The tokens of one tenant."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._name = str(self._path)

    def stamp(self) -> Stamp | None:
        """Tell one content of the file from another without reading it; None if there is no file."""
        try:
            stat = os.stat(self._name)  # noqa: PTH116  # at every call: a Path takes ten times as long
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def read(self) -> dict[str, Token]:
        """Return the tokens by their ids, in the order of their creation; TokenError if the file is damaged."""
        try:
            found: list[dict[str, Any]] = json.loads(self._path.read_bytes())["tokens"]
            tokens = {token.id: token for token in (Token(**each) for each in found)}
            assert all(token.role in ROLES for token in tokens.values()), "a role is unknown"
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AssertionError) as error:
            raise TokenError(f"{self._path} cannot be read: {error}; remove it and make new tokens") from error
        return tokens

    def create(self, label: str, role: Role, now_us: int) -> tuple[Token, str]:
        """Make a token; its text is returned here and never again."""
        if len(label) > LABEL_CHARS_MAX or not label.isprintable():
            raise TokenError(f"a label has at most {LABEL_CHARS_MAX} characters that can be printed")
        secret = secrets.token_bytes(SECRET_BYTES)
        token = Token(secrets.token_hex(ID_BYTES), label, role.title, digest(secret), now_us)
        with self._changing() as tokens:
            if len(tokens) >= TOKENS_COUNT_MAX:
                raise TokenError(f"there are {len(tokens)} tokens; TOKENS_COUNT_MAX allows {TOKENS_COUNT_MAX}")
            tokens[token.id] = token
        return token, f"bf1.{token.id}.{secret.hex()}"

    def revoke(self, token_id: str, now_us: int) -> Token:
        """Make a token useless for ever; one that was revoked before stays as it is."""
        with self._changing() as tokens:
            if token_id not in tokens:
                raise TokenError(f"no token has the id {token_id!r}")
            if not tokens[token_id].revoked_us:
                tokens[token_id] = replace(tokens[token_id], revoked_us=now_us)
            return tokens[token_id]

    @contextmanager
    def _changing(self) -> Generator[dict[str, Token]]:
        """Read the tokens and write what becomes of them, while nobody else does."""
        with alone_in(self._folder):
            tokens = self.read()
            yield tokens
            body = json.dumps({"tokens": [asdict(token) for token in tokens.values()]}, indent=1)
            write_durably(self._path, body.encode() + b"\n", PRIVATE)


class Tokens:
    """Every tenant's tokens, as they are at this moment: a changed file is read again."""

    def __init__(self, folder_of: Callable[[str], Path]) -> None:
        """Find tenants' folders with a function that raises KeyError for unknown ones."""
        self._folder_of = folder_of
        self._known: dict[str, tuple[TokenFile, Stamp, dict[str, Token]]] = {}

    def find(self, tenant: str, token_id: str) -> Token | None:
        """Return a token; None if the tenant, or the token, is not there. Raises TokenError."""
        known = self._known.get(tenant)
        if known is None or known[0].stamp() != known[1]:
            known = self._read(tenant)
        return known[2].get(token_id) if known else None

    def _read(self, tenant: str) -> tuple[TokenFile, Stamp, dict[str, Token]] | None:
        self._known.pop(tenant, None)
        try:
            file = TokenFile(self._folder_of(tenant))
        except KeyError:
            return None
        stamp = file.stamp()
        if stamp is None:
            return None
        self._known[tenant] = (file, stamp, file.read())
        return self._known[tenant]
