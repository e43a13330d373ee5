"""Certificates and keys, one pair for each tenant and one for the node.

<data>/tenants/acme/tls/cert.pem   acme's certificate, with those between it and its authority
<data>/tenants/acme/tls/key.pem    0600
<data>/tls/cert.pem, key.pem       the node's own, for localhost and for names that no tenant has

What our authority signed is renewed. What it did not sign is the operator's: it is read, and never written.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from bf.adapters.machine.files import alone_in, make_folder, write_durably
from bf.adapters.tls.authority import (
    ADDRESSES,
    PRIVATE,
    PUBLIC,
    Authority,
    AuthorityError,
    Now,
    due_at,
    key_pem,
    read_certificate,
    read_key,
)

logger = logging.getLogger("bf.tls")

NODE = ""
"""Whose pair is the node's own."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a certificate and its key are, and what the certificate says; `ours` is what our authority signed."""

    cert: Path
    key: Path
    names: Sequence[str]
    due_at: datetime
    not_after: datetime
    ours: bool


class Certificates:
    """The pairs of a data directory."""

    def __init__(
        self,
        data: Path,
        authority: Authority,
        folder_of: Callable[[str], Path],
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        """Find tenants' folders with a function that raises KeyError for unknown ones."""
        self._data = data
        self._authority = authority
        self._folder_of = folder_of
        self._now = now

    def folder(self, tenant: str) -> Path:
        """Return where the pair of a tenant, or of the node, lies; KeyError if there is no such tenant."""
        return (self._folder_of(tenant) if tenant else self._data) / "tls"

    def look(self, tenant: str) -> Pair | None:
        """Return the pair as it is there, or None; raises AuthorityError."""
        folder = self.folder(tenant)
        if not (folder / "cert.pem").exists():
            return None
        certificate = read_certificate(folder / "cert.pem")
        return Pair(
            folder / "cert.pem",
            folder / "key.pem",
            _names(certificate),
            due_at(certificate),
            certificate.not_valid_after_utc,
            ours=self._authority.has_signed(certificate),
        )

    def ready(self, tenant: str) -> Pair:
        """Return a pair to serve with: it is made if it is not there, and renewed if it is ours and due."""
        pair = self.look(tenant)
        if pair is None:
            return self.issue(tenant)
        if self._now() < pair.due_at:
            return pair
        if not pair.ours:
            logger.warning("%s is not from our authority and ends on %s: renew it", pair.cert, f"{pair.not_after:%F}")
            return pair
        try:
            return self.issue(tenant)
        except OSError as error:
            logger.warning("%s cannot be renewed and ends on %s: %s", pair.cert, f"{pair.not_after:%F}", error)
            return pair

    def issue(self, tenant: str) -> Pair:
        """Sign a certificate anew, one process at a time; AuthorityError if there is one that is not ours."""
        with alone_in(self._authority.path.parent):
            return self._issue(tenant)

    def _issue(self, tenant: str) -> Pair:
        pair = self.look(tenant)
        if pair and not pair.ours:
            raise AuthorityError(f"{pair.cert} is not from our authority; remove it with its key, and one will be made")
        if self._authority.due():
            self._authority.renew()
        folder = self.folder(tenant)
        make_folder(folder)
        key_path = folder / "key.pem"
        if not key_path.exists():  # a key that is there may be the operator's, whose certificate follows
            write_durably(key_path, key_pem(generate_private_key(SECP256R1())), PRIVATE)
        domains = self._authority.domains()
        names = [f"{tenant}.{domain}" for domain in domains] if tenant else [*domains, *ADDRESSES]
        title = f"Black Friday tenant {tenant}"[:64] if tenant else "Black Friday node"
        certificate = self._authority.sign(title, names, read_key(key_path))
        write_durably(folder / "cert.pem", certificate.public_bytes(Encoding.PEM), PUBLIC)
        made = self.look(tenant)
        assert made is not None, "it was just written"
        return made


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]
