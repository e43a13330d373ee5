"""The local certificate authority: a key of this installation that signs for its own names only.

<data>/ca/ca.pem       what clients trust; no secret
<data>/ca/ca-key.pem   0600; whoever has it can stand in for the tenants
"""

import ipaddress
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bf.adapters.machine.files import make_folder, write_durably

CA_DAYS, LEAF_DAYS = 3_650, 90
RENEWED_BELOW = 3
"""A certificate is due when less than one part of so many of its life is left."""

BACKDATED = timedelta(hours=1)
"""Clients' clocks may be behind."""

HERE = "localhost"
ADDRESSES = ("127.0.0.1", "::1")
PRIVATE, PUBLIC = 0o600, 0o644

Now = Callable[[], datetime]


class AuthorityError(Exception):
    """The authority, or a certificate, cannot be used as asked."""


class Authority:
    """The authority of a data directory."""

    def __init__(self, data: Path, now: Now = lambda: datetime.now(UTC)) -> None:
        self.path = data / "ca" / "ca.pem"
        self._key_path = data / "ca" / "ca-key.pem"
        self._now = now

    @property
    def exists(self) -> bool:
        """Whether it was made."""
        return self.path.exists()

    @property
    def certificate(self) -> x509.Certificate:
        """Its own certificate; raises AuthorityError."""
        return read_certificate(self.path)

    def domains(self) -> list[str]:
        """Return the domains that it may sign for, the installation's own first."""
        names = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
        return [str(name.value) for name in names or [] if isinstance(name, x509.DNSName)]

    def make(self, domain: str) -> None:
        """Make key and certificate; AuthorityError if they are there."""
        if self.exists or self._key_path.exists():
            raise AuthorityError(f"{self.path.parent} has an authority already")
        make_folder(self.path.parent)
        key = generate_private_key(SECP256R1())
        write_durably(self._key_path, key_pem(key), PRIVATE)
        title = f"Black Friday authority {x509.random_serial_number():040x}"
        self._sign_itself(key, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)]), domain)

    def renew(self, domain: str = "") -> None:
        """Sign its own certificate anew with the same key and name, so that what it signed stays good."""
        self._sign_itself(self._key(), self.certificate.subject, domain or self.domains()[0])

    def due(self) -> bool:
        """Whether its certificate should be renewed."""
        return due_at(self.certificate) <= self._now()

    def sign(self, title: str, names: Sequence[str], key: CertificateIssuerPrivateKeyTypes) -> x509.Certificate:
        """Sign a server's certificate for names and addresses."""
        ours, ca = self._key(), self.certificate
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
        return (
            self._begun(subject, LEAF_DAYS, key, ours)
            .issuer_name(ca.subject)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(ours, SHA256())
        )

    def has_signed(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate is from here."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature, AuthorityError):
            return False
        return True

    def _sign_itself(self, key: EllipticCurvePrivateKey, name: x509.Name, domain: str) -> None:
        domains = list(dict.fromkeys([domain, HERE]))
        permitted = list(map(x509.DNSName, domains))  # none on addresses: gRPC's BoringSSL refuses any of that kind
        certificate = (
            self._begun(name, CA_DAYS, key, key)
            .issuer_name(name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .sign(key, SHA256())
        )
        write_durably(self.path, certificate.public_bytes(Encoding.PEM), PUBLIC)

    def _begun(
        self,
        subject: x509.Name,
        days: int,
        key: CertificateIssuerPrivateKeyTypes,
        signer: EllipticCurvePrivateKey,
    ) -> x509.CertificateBuilder:
        now = self._now()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )

    def _key(self) -> EllipticCurvePrivateKey:
        key = read_key(self._key_path)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise AuthorityError(f"{self._key_path} is no key of an authority of ours")
        return key


def read_certificate(path: Path) -> x509.Certificate:
    """Read the first certificate of a file; raises AuthorityError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AuthorityError(f"{path} holds no certificate that can be read: {error}") from error


def read_key(path: Path) -> CertificateIssuerPrivateKeyTypes:
    """Read a private key that has no password; raises AuthorityError."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise AuthorityError(f"{path} holds no private key that can be read: {error}") from error
    return key  # pyright: ignore[reportReturnType]  # a key that cannot sign is refused when it signs


def key_pem(key: EllipticCurvePrivateKey) -> bytes:
    """Write a private key, without a password: the file's mode keeps it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def due_at(certificate: x509.Certificate) -> datetime:
    """Return when a third of a certificate's life is left."""
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return certificate.not_valid_after_utc - life / RENEWED_BELOW


def _general(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if name in ADDRESSES else x509.DNSName(name)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
