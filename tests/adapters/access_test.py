"""Tokens, roles and the gate: who gets in, what a refusal says, and what the audit keeps."""

import hmac
import json
import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest
from google.protobuf.message import Message
from tests.support.fronts import ACME, folder_in

from bf.adapters.access import gate as gates
from bf.adapters.access import sparing, tokens
from bf.adapters.access.gate import (
    Caller,
    Gate,
    RoleTooLow,
    TenantMissing,
    TokenMissing,
    TokenRevoked,
    TokenUnknown,
    Visit,
    WrongTenant,
    told,
)
from bf.adapters.access.limits import AUDIT_LINES_MAX, LABEL_CHARS_MAX, LOG_LINES_MAX, TOKENS_COUNT_MAX
from bf.adapters.access.names import tenant_of
from bf.adapters.access.sparing import BoundedLines, SparingLog
from bf.adapters.access.tokens import Role, TokenError, TokenFile, Tokens, split
from bf.core.refusal import Code, Refusal
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY

QUERY, COMMAND = rq.ListProductsReq, rq.AddProductsReq


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for tenant in (ACME, "zeta"):
        (tmp_path / "tenants" / tenant).mkdir(parents=True)
    return tmp_path


def file_of(data: Path, tenant: str = ACME) -> TokenFile:
    return TokenFile(data / "tenants" / tenant)


def gate_of(data: Path, *, required: bool = True) -> Gate:
    log = SparingLog(logging.getLogger("bf.audit"))
    return Gate(INVENTORY, Tokens(folder_in(data)).find, log, required=required)


def refused(gate: Gate, tenant: str, authorization: str, request: type[Message] = QUERY) -> Refusal:
    with pytest.raises(Refusal) as caught:
        gate.admit(Visit(peer="192.0.2.1"), [tenant], authorization, request)
    return caught.value


# Tokens


def test_a_token_is_kept_as_a_hash_and_shown_once(data: Path) -> None:
    token, text = file_of(data).create("tills", Role.WRITER, 7)
    shown = split(text)
    assert shown
    assert shown[0] == token.id
    assert len(shown[1]) == 32
    kept = (data / "tenants" / ACME / "tokens.json").read_text()
    assert text.rpartition(".")[2] not in kept
    assert json.loads(kept)["tokens"] == [asdict(token)]
    assert stat.S_IMODE((data / "tenants" / ACME / "tokens.json").stat().st_mode) == 0o600


def test_two_who_make_tokens_at_once_lose_none(data: Path) -> None:
    def create(number: int) -> str:
        return file_of(data).create(str(number), Role.READER, number)[0].id

    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(create, range(40)))
    assert set(file_of(data).read()) == made


def test_a_revoked_token_stays_revoked_at_its_first_time(data: Path) -> None:
    file = file_of(data)
    token, _ = file.create("", Role.READER, 1)
    assert file.revoke(token.id, 2).revoked_us == 2
    assert file.revoke(token.id, 3).revoked_us == 2
    with pytest.raises(TokenError, match="no token has the id 'none'"):
        file.revoke("none", 3)


def test_tokens_and_labels_are_bounded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = file_of(data)
    for label in ("x" * (LABEL_CHARS_MAX + 1), "\n", "\x00"):
        with pytest.raises(TokenError, match="label"):
            file.create(label, Role.READER, 1)
    file.create("x" * LABEL_CHARS_MAX, Role.READER, 1)
    assert tokens.TOKENS_COUNT_MAX == TOKENS_COUNT_MAX
    monkeypatch.setattr(tokens, "TOKENS_COUNT_MAX", 2)
    file.create("", Role.READER, 1)
    with pytest.raises(TokenError, match="TOKENS_COUNT_MAX"):
        file.create("", Role.READER, 1)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tokens": [{}]}', '{"tokens": [7]}', "\x00"])
def test_a_damaged_file_is_told_and_lets_nobody_in(data: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    _, good = file_of(data).create("", Role.ADMIN, 1)
    (data / "tenants" / ACME / "tokens.json").write_text(text)
    with pytest.raises(TokenError, match="cannot be read"):
        file_of(data).read()
    assert isinstance(refused(gate_of(data), ACME, f"Bearer {good}"), TokenUnknown)
    assert any("cannot be read" in record.getMessage() for record in caplog.records)


# The gate


@pytest.mark.parametrize(
    ("role", "request_type", "may"),
    [
        (Role.READER, QUERY, True),
        (Role.READER, COMMAND, False),
        (Role.WRITER, QUERY, True),
        (Role.WRITER, COMMAND, True),
        (Role.ADMIN, COMMAND, True),
    ],
)
def test_a_role_may_what_it_may(data: Path, role: Role, request_type: type[Message], may: bool) -> None:  # noqa: FBT001  # the table's last column
    token, text = file_of(data).create("", role, 1)
    gate = gate_of(data)
    if may:
        assert gate.admit(Visit(), [ACME], f"Bearer {text}", request_type) == Caller(ACME, f"token {token.id}")
    else:
        refusal = refused(gate, ACME, f"Bearer {text}", request_type)
        assert isinstance(refusal, RoleTooLow)
        assert (refusal.code, refusal.needed, refusal.role) == (Code.PERMISSION_DENIED, "writer", "reader")
        assert told(refusal).field == "authorization"


@pytest.mark.parametrize("request_type", INVENTORY.requests.values(), ids=INVENTORY.requests)
def test_a_reader_may_ask_queries_and_nothing_else(data: Path, request_type: type[Message]) -> None:
    _, text = file_of(data).create("", Role.READER, 1)
    gate = gate_of(data)
    if request_type in INVENTORY.queries:
        gate.admit(Visit(), [ACME], f"Bearer {text}", request_type)
    else:
        assert isinstance(refused(gate, ACME, f"Bearer {text}", request_type), RoleTooLow)


def test_a_change_of_the_file_is_known_at_once(data: Path) -> None:
    gate, file = gate_of(data), file_of(data)
    for number in range(20):
        token, text = file.create("", Role.READER, number)
        assert gate.admit(Visit(), [ACME], f"bearer  {text}", QUERY).actor == f"token {token.id}"
        file.revoke(token.id, number + 1)
        refusal = refused(gate, ACME, f"Bearer {text}")
        assert isinstance(refusal, TokenRevoked)
        assert (refusal.code, refusal.token) == (Code.UNAUTHENTICATED, token.id)


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "bf1.0.0", "Bearer", "bearerbf1"])
def test_a_call_without_a_token_is_told_to_send_one(data: Path, authorization: str) -> None:
    refusal = refused(gate_of(data), ACME, authorization)
    assert isinstance(refusal, TokenMissing)
    assert refusal.code == Code.UNAUTHENTICATED


UNKNOWN = f"bf1.{'0' * 16}.{'1' * 64}"


def test_a_wrong_token_tells_nobody_whether_the_tenant_or_the_token_exists(data: Path) -> None:
    token, text = file_of(data, "zeta").create("", Role.ADMIN, 1)
    gate = gate_of(data)
    revoked, _ = file_of(data).create("", Role.ADMIN, 1)
    file_of(data).revoke(revoked.id, 2)
    answers = {
        told(refused(gate, tenant, f"Bearer {shown}"))
        for tenant, shown in (
            (ACME, text),
            (ACME, UNKNOWN),
            (ACME, "nonsense"),
            (ACME, f"bf1.{revoked.id}.{'1' * 64}"),
            ("zeta", f"bf1.{token.id}.{'1' * 64}"),
            ("nobody", text),
            ("..", UNKNOWN),
            ("zeta", text + "0"),
        )
    }
    assert len(answers) == 1
    assert answers.pop().reason == "TokenUnknown"


def test_every_token_is_compared_in_constant_time(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = list[tuple[int, int]]()
    real = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr(gates.hmac, "compare_digest", compare)
    token, text = file_of(data).create("", Role.ADMIN, 1)
    gate = gate_of(data)
    gate.admit(Visit(), [ACME], f"Bearer {text}", QUERY)
    for tenant, shown in ((ACME, UNKNOWN), (ACME, f"bf1.{token.id}.{'1' * 64}"), ("nobody", UNKNOWN), (ACME, "junk")):
        refused(gate, tenant, f"Bearer {shown}")
    assert compared == [(64, 64)] * 5


def test_no_secret_at_all_opens_nothing(data: Path) -> None:
    """An unknown id is compared with the hash of nothing, and nothing may hash to it."""
    assert isinstance(refused(gate_of(data), ACME, "Bearer "), TokenUnknown)
    assert isinstance(refused(gate_of(data), ACME, "Bearer ."), TokenUnknown)


def test_all_who_name_the_tenant_must_agree(data: Path) -> None:
    _, text = file_of(data).create("", Role.ADMIN, 1)
    gate = gate_of(data)
    acme = Visit(tenant=ACME)
    assert gate.admit(acme, [], f"Bearer {text}", QUERY).tenant == ACME
    assert gate.admit(acme, [ACME, "", ACME], f"Bearer {text}", QUERY).tenant == ACME
    for visit, named in ((acme, ["zeta"]), (Visit(), [ACME, "zeta"])):
        with pytest.raises(WrongTenant) as caught:
            gate.admit(visit, named, f"Bearer {text}", QUERY)
        assert caught.value.code == Code.PERMISSION_DENIED
    with pytest.raises(TenantMissing):
        gate.admit(Visit(), ["", ""], f"Bearer {text}", QUERY)


def test_without_tls_a_token_is_not_asked_for_but_one_that_is_sent_must_be_good(data: Path) -> None:
    gate = gate_of(data, required=False)
    assert gate.admit(Visit(), [ACME], "", COMMAND) == Caller(ACME, "")
    assert isinstance(refused(gate, ACME, f"Bearer {UNKNOWN}"), TokenUnknown)
    _, text = file_of(data).create("", Role.READER, 1)
    assert isinstance(refused(gate, ACME, f"Bearer {text}", COMMAND), RoleTooLow)


def test_a_connection_is_proved_by_who_is_let_through_and_by_nobody_else(data: Path) -> None:
    proofs = list[str]()
    visit = Visit(proved=lambda: proofs.append("proved"))
    gate = gate_of(data)
    with pytest.raises(Refusal):
        gate.admit(visit, [ACME], "", QUERY)
    assert proofs == []
    _, text = file_of(data).create("", Role.READER, 1)
    gate.admit(visit, [ACME], f"Bearer {text}", QUERY)
    assert proofs == ["proved"]


# The audit


def test_every_refusal_is_audited_without_secrets(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    token, text = file_of(data).create("", Role.READER, 1)
    secret = text.rpartition(".")[2]
    gate = gate_of(data)
    refused(gate, ACME, f"Bearer {text}", COMMAND)
    refused(gate, ACME, "")
    refused(gate, "zeta", f"Bearer {text}")
    refused(gate, "no\nsuch tenant", f"Bearer {text}")
    refused(gate, ACME, f"Bearer junk {secret}")
    file_of(data).revoke(token.id, 2)
    refused(gate, ACME, f"Bearer {text}")
    assert [record.getMessage() for record in caplog.records] == [
        f"refused tenant=acme reason=RoleTooLow peer=192.0.2.1 token={token.id}",
        "refused tenant=acme reason=TokenMissing peer=192.0.2.1 token=",
        f"refused tenant=zeta reason=TokenUnknown peer=192.0.2.1 token={token.id}",
        f"refused tenant=? reason=TokenUnknown peer=192.0.2.1 token={token.id}",
        "refused tenant=acme reason=TokenUnknown peer=192.0.2.1 token=",
        f"refused tenant=acme reason=TokenRevoked peer=192.0.2.1 token={token.id}",
    ]
    assert {record.name for record in caplog.records} == {"bf.audit"}


def test_a_flood_of_refusals_fills_no_disk(caplog: pytest.LogCaptureFixture) -> None:
    assert sparing.AUDIT_LINES_MAX == AUDIT_LINES_MAX
    now = 0.0
    log = SparingLog(logging.getLogger("bf.audit"), lambda: now)
    for _ in range(1_000):
        log.say("the same")
    for number in range(1_000):
        log.say(f"line {number}")
    assert len(caplog.records) == AUDIT_LINES_MAX
    now = 60.0
    log.say("the same")
    assert [record.getMessage() for record in caplog.records[AUDIT_LINES_MAX:]] == [
        f"and {2_000 - AUDIT_LINES_MAX:,} more lines like those before",
        "the same",
    ]


def test_a_library_that_complains_without_end_fills_no_disk_either() -> None:
    assert sparing.LOG_LINES_MAX == LOG_LINES_MAX
    now = 0.0
    bounded = BoundedLines(lambda: now)

    def line(name: str) -> bool:
        return bounded.filter(logging.LogRecord(name, logging.ERROR, "", 0, "trouble", None, None))

    assert sum(line("grpclib.server") for _ in range(2 * LOG_LINES_MAX)) == LOG_LINES_MAX
    assert line("bf.audit"), "each logger has its own share"
    now = 60.0
    assert line("grpclib.server")


# Names


@pytest.mark.parametrize(
    ("host", "tenant"),
    [
        ("acme.localhost", "acme"),
        ("ACME.LocalHost.", "acme"),
        ("localhost", ""),
        (".localhost", ""),
        ("a.b.localhost", ""),
        ("acme.example", ""),
        ("acmelocalhost", ""),
        ("127.0.0.1", ""),
        ("", ""),
    ],
)
def test_a_tenant_answers_to_its_name_in_the_domain(host: str, tenant: str) -> None:
    assert tenant_of(host, "localhost") == tenant
