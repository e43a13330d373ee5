"""The local authority, certificates by server name, and what TLS takes and refuses."""

import asyncio
import ssl
import stat
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from tests.support.fronts import ACME, folder_in, opened, post

from bf.adapters.access.sparing import SparingLog
from bf.adapters.tls import contexts
from bf.adapters.tls.authority import (
    CA_DAYS,
    LEAF_DAYS,
    Authority,
    AuthorityError,
    key_pem,
    read_certificate,
)
from bf.adapters.tls.certificates import NODE, Certificates, logger
from bf.adapters.tls.contexts import CONTEXTS_COUNT_MAX, Contexts, TenantContext

TODAY = datetime.now(UTC).replace(microsecond=0)
DOMAIN = "localhost"


class Shop:
    """A data directory with tenants, an authority, and a clock that is set by hand."""

    def __init__(self, data: Path, tenants: Sequence[str] = (ACME, "zeta")) -> None:
        for tenant in tenants:
            (data / "tenants" / tenant).mkdir(parents=True)
        self.data = data
        self.today = TODAY
        self.authority = Authority(data, lambda: self.today)
        self.authority.make("shop.example")
        self.certificates = Certificates(data, self.authority, folder_in(data), lambda: self.today)
        self.log = SparingLog(logger)
        self.contexts = Contexts(self.certificates, DOMAIN, ["http/1.1", "h2"], self.log, lambda: self.today)

    def folder(self, tenant: str) -> Path:
        return self.certificates.folder(tenant)

    def own_pair(self, tenant: str, days: int = 365) -> tuple[bytes, bytes]:
        """Put a pair that somebody else signed."""
        foreign = Authority(self.data / "foreign", lambda: self.today - timedelta(days=LEAF_DAYS - days))
        if not foreign.exists:
            foreign.make("localhost")
        key = generate_private_key(SECP256R1())
        cert = foreign.sign("their own", [f"{tenant}.localhost"], key)
        folder = self.folder(tenant)
        folder.mkdir()
        bodies = pem(cert), key_pem(key)
        (folder / "cert.pem").write_bytes(bodies[0])
        (folder / "key.pem").write_bytes(bodies[1])
        return bodies


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# The authority


def test_the_authority_signs_for_its_own_names_only(shop: Shop) -> None:
    certificate = shop.authority.certificate
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert shop.authority.domains() == ["shop.example", "localhost"]
    assert mode(shop.data / "ca" / "ca-key.pem") == 0o600
    with pytest.raises(AuthorityError, match="has an authority already"):
        shop.authority.make("other.example")


def test_a_certificate_of_the_authority_for_a_strangers_name_is_not_believed(shop: Shop) -> None:
    key = generate_private_key(SECP256R1())
    folder = shop.folder(ACME)
    folder.mkdir()
    stolen = shop.authority.sign("stolen", ["bank.example", "acme.localhost"], key)
    (folder / "cert.pem").write_bytes(pem(stolen))
    (folder / "key.pem").write_bytes(key_pem(key))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(shop, "acme.localhost")


def test_openssl_itself_finds_nothing_wrong(shop: Shop) -> None:
    for tenant in (NODE, ACME):
        pair = shop.certificates.ready(tenant)
        words = [
            "openssl",
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-CAfile",
            shop.authority.path,
            pair.cert,
        ]
        try:
            told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
        except FileNotFoundError:
            pytest.skip("there is no openssl command here")
        assert told.returncode == 0, told.stdout + told.stderr


def test_a_renewed_authority_vouches_for_what_it_signed_before(shop: Shop) -> None:
    pair = shop.certificates.ready(ACME)
    old = shop.authority.path.read_bytes()
    shop.today += timedelta(days=1)
    shop.authority.renew("other.example")
    assert shop.authority.path.read_bytes() != old
    assert shop.authority.domains() == ["other.example", "localhost"]
    assert shop.authority.has_signed(read_certificate(pair.cert))
    assert shop.certificates.ready(ACME).ours
    shop.authority.path.write_bytes(old)  # a client that still trusts the old one
    handshake(shop, "acme.localhost")


def test_the_authority_renews_itself_when_a_third_is_left(shop: Shop) -> None:
    first = shop.authority.certificate
    shop.today += timedelta(days=CA_DAYS * 2 // 3 + 2)
    assert shop.authority.due()
    shop.certificates.issue(ACME)
    assert shop.authority.certificate.not_valid_after_utc > first.not_valid_after_utc
    assert not shop.authority.due()


# Certificates


def test_a_certificate_is_made_when_it_is_first_needed(shop: Shop) -> None:
    assert shop.certificates.look(ACME) is None
    pair = shop.certificates.ready(ACME)
    assert (pair.ours, list(pair.names)) == (True, ["acme.shop.example", "acme.localhost"])
    assert pair.not_after == TODAY + timedelta(days=LEAF_DAYS)
    assert mode(pair.key) == 0o600
    assert mode(pair.key.parent) == 0o700
    node = shop.certificates.ready(NODE)
    assert list(node.names) == ["shop.example", "localhost", "127.0.0.1", "::1"]
    assert shop.certificates.ready(ACME) == pair


def test_a_certificate_is_renewed_when_a_third_is_left_and_not_before(shop: Shop) -> None:
    first = shop.certificates.ready(ACME)
    key = first.key.read_bytes()
    shop.today = first.due_at - timedelta(minutes=1)
    assert shop.certificates.ready(ACME) == first
    shop.today = first.due_at
    second = shop.certificates.ready(ACME)
    assert second.not_after == shop.today + timedelta(days=LEAF_DAYS)
    assert second.key.read_bytes() == key


def test_a_running_server_renews_and_sees_what_others_renewed(shop: Shop) -> None:
    first = handshake(shop, "acme.localhost")
    assert handshake(shop, "acme.localhost") == first
    shop.certificates.issue(ACME)
    second = handshake(shop, "acme.localhost")
    assert second != first
    shop.today += timedelta(days=LEAF_DAYS * 2 // 3 + 1)
    assert handshake(shop, "acme.localhost", verify=False) != second


def test_a_disk_that_is_full_stops_no_certificate_that_is_still_good(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = shop.certificates.ready(ACME)
    shop.today = first.due_at

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bf.adapters.tls.certificates.write_durably", full)
    assert shop.certificates.ready(ACME) == first
    assert "cannot be renewed" in caplog.text


def test_a_pair_of_the_operators_own_is_used_and_never_touched(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    bodies = shop.own_pair(ACME)
    pair = shop.certificates.ready(ACME)
    assert not pair.ours
    assert not caplog.records
    with pytest.raises(AuthorityError, match="not from our authority"):
        shop.certificates.issue(ACME)
    shop.today = pair.due_at
    assert shop.certificates.ready(ACME) == pair
    assert "renew it" in caplog.text
    assert (pair.cert.read_bytes(), pair.key.read_bytes()) == bodies


def test_a_key_of_the_operators_own_waits_for_its_certificate(shop: Shop) -> None:
    folder = shop.folder(ACME)
    folder.mkdir()
    key = key_pem(generate_private_key(SECP256R1()))
    (folder / "key.pem").write_bytes(key)
    assert shop.certificates.ready(ACME).ours
    assert (folder / "key.pem").read_bytes() == key


@pytest.mark.parametrize("name", ["cert.pem", "key.pem"])
def test_a_broken_pair_costs_its_tenant_only(shop: Shop, caplog: pytest.LogCaptureFixture, name: str) -> None:
    shop.own_pair(ACME)
    (shop.folder(ACME) / name).write_text("nonsense")
    assert handshake(shop, "acme.localhost", verify=False) == handshake(shop, "localhost")
    handshake(shop, "zeta.localhost")
    assert "tenant acme has no certificate to show" in caplog.text


def test_a_key_with_a_password_asks_nobody(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.own_pair(ACME)
    locked = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    (shop.folder(ACME) / "key.pem").write_bytes(locked)
    handshake(shop, "acme.localhost", verify=False)
    assert "tenant acme has no certificate to show" in caplog.text


def test_contexts_in_memory_are_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert contexts.CONTEXTS_COUNT_MAX == CONTEXTS_COUNT_MAX
    monkeypatch.setattr(contexts, "CONTEXTS_COUNT_MAX", 2)
    for name in ("acme.localhost", "zeta.localhost", "acme.localhost"):
        handshake(shop, name)
        assert len(vars(shop.contexts)["_made"]) <= 2


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("acme.localhost", "acme.localhost"),
        ("ACME.localhost", "acme.localhost"),
        ("zeta.localhost", "zeta.localhost"),
        ("localhost", "localhost"),
        ("nobody.localhost", "localhost"),
        ("acme.shop.example", "localhost"),
        (None, "localhost"),
        ("tls.localhost", "localhost"),
    ],
)
def test_the_certificate_is_chosen_by_the_server_name(shop: Shop, name: str | None, shown: str) -> None:
    certificate = x509.load_der_x509_certificate(handshake(shop, name, verify=False))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert shown in names.get_values_for_type(x509.DNSName)


def test_an_unknown_name_makes_no_file(shop: Shop) -> None:
    handshake(shop, "localhost")
    before = sorted(shop.data.rglob("*"))
    handshake(shop, "nobody.localhost", verify=False)
    assert sorted(shop.data.rglob("*")) == before


# Over a real port


def test_tls_1_2_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as here:
            old = here.tls("http/1.1")
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", here.port, ssl=old, server_hostname="acme.localhost")
            _, writer = await here.connect("http/1.1")
            assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"

    asyncio.run(story())


@pytest.mark.parametrize("name", ["acme.localhost", "localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_authority_verifies_each_name(tmp_path: Path, name: str) -> None:
    async def story() -> None:
        async with opened(tmp_path) as here:
            await here.connect("h2", name=name)
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(
                    "127.0.0.1", here.port, ssl=ssl.create_default_context(), server_hostname=name
                )
            with pytest.raises(ssl.SSLCertVerificationError):
                await here.connect("h2", name="nobody.localhost")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["h2"], "h2"), (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), (["h3", "h2"], "h2")],
)
def test_a_browser_gets_http_1_1_and_a_grpc_client_h2(tmp_path: Path, offered: list[str], chosen: str) -> None:
    async def story() -> None:
        async with opened(tmp_path) as here:
            _, writer = await here.connect(*offered)
            assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == chosen

    asyncio.run(story())


def test_the_server_name_says_the_tenant(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path, tenants=(ACME, "zeta")) as here:
            reader, writer = await here.connect("http/1.1", name="zeta.localhost")
            token = here.token(tenant="zeta")
            writer.write(post("ListProducts", token).replace(b"acme.localhost", b"127.0.0.1"))
            assert b" 200 " in await reader.readline()
            assert here.desk.asked[0][0] == "zeta"
            writer.write(post("ListProducts", token))  # whose host header says acme
            answers = b""
            while b"WrongTenant" not in answers:
                answers += await asyncio.wait_for(reader.read(65_536), 5)

    asyncio.run(story())


# Tools


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def handshake(shop: Shop, name: str | None, *, verify: bool = True) -> bytes:
    """Shake hands in memory; return the certificate that the client saw."""
    context = ssl.create_default_context(cafile=shop.authority.path)
    if not verify or not name:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    chosen: TenantContext = shop.contexts.node()
    server = chosen.wrap_bio(theirs, ours, server_side=True)
    client = context.wrap_bio(ours, theirs, server_hostname=name)
    for _ in range(5):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found = client.getpeercert(binary_form=True)
    assert found
    return found
