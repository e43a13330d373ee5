"""TLS and tokens end to end: `bf serve` as a process, foreign clients, and `bf ca` and `bf token` beside it."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc
import pytest
from tests.support.serving import PATIENCE_S, Bf, unary
from tests.support.tenants import ACME, commits, new_tenant

from bf.cli.demo import SAMPLE
from bf.cli.main import main
from bf.inventory.api import requests_pb2 as rq

EXAMPLE = Path(__file__).parents[2] / "examples" / "foreign_client.py"
Code = grpc.StatusCode
Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Served:
    data: Path
    server: Bf
    port: int

    @property
    def ca(self) -> Path:
        return self.data / "ca" / "ca.pem"


@pytest.fixture
def here(tmp_path: Path) -> Generator[Served]:
    data = tmp_path / "data"
    for tenant in (ACME, "zeta"):
        new_tenant(data, tenant)
    with Bf(["serve", "--data", data, "--addr", "127.0.0.1:0"]) as server:
        line = server.expect("serving ")
        assert "over TLS" in line
        yield Served(data, server, int(line.split(",", 1)[0].rpartition(":")[2]))


def token(here: Served, role: str, tenant: str = ACME) -> str:
    file = here.data.parent / f"{tenant}-{role}.token"
    assert main(["token", "create", tenant, "--role", role, "--data", str(here.data), "--out", str(file)]) == 0
    return file.read_text().strip()


class Stranger:
    """grpcio over TLS, which trusts our authority and calls a name."""

    def __init__(self, here: Served, name: str = "acme.localhost") -> None:
        credentials = grpc.ssl_channel_credentials(here.ca.read_bytes())
        options = [("grpc.ssl_target_name_override", name)]
        self._channel = grpc.secure_channel(f"127.0.0.1:{here.port}", credentials, options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def call(self, name: str, request: Any, token: str = "", **metadata: str) -> Any:  # noqa: ANN401  # grpcio's call
        sent = [*metadata.items(), *([("authorization", f"Bearer {token}")] if token else [])]
        future = unary(self._channel, name).future(request.SerializeToString(), metadata=sent, timeout=PATIENCE_S)
        future.code()
        return future


ASK, ADD = rq.ListProductsReq(limit=1), rq.AddProductsReq(skus=["cola"])


def test_a_foreign_grpc_client_is_let_in_by_its_token_and_the_log_says_who_asked(here: Served) -> None:
    writer, reader = token(here, "writer"), token(here, "reader")
    with Stranger(here) as acme, Stranger(here, "zeta.localhost") as zeta, Stranger(here, "localhost") as anyone:
        assert acme.call("ListProducts", ASK).code() is Code.UNAUTHENTICATED
        assert acme.call("AddProducts", ADD, reader).code() is Code.PERMISSION_DENIED
        assert acme.call("AddProducts", ADD, writer).code() is Code.OK
        assert acme.call("ListProducts", ASK, reader, tenant=ACME).code() is Code.OK
        assert acme.call("ListProducts", ASK, reader, tenant="zeta").code() is Code.PERMISSION_DENIED
        assert zeta.call("ListProducts", ASK, reader).code() is Code.UNAUTHENTICATED
        assert anyone.call("ListProducts", ASK, reader, tenant=ACME).code() is Code.OK
        assert anyone.call("ListProducts", ASK, reader).code() is Code.INVALID_ARGUMENT
        known, unknown = (anyone.call("ListProducts", ASK, reader, tenant=name) for name in ("zeta", "nobody"))
        assert (known.code(), known.details()) == (unknown.code(), unknown.details())
        assert list(known.trailing_metadata()) == list(unknown.trailing_metadata())
    here.server.expect("reason=RoleTooLow")
    here.server.kill()
    said = here.server.end_text()
    assert writer.split(".")[2] not in said
    assert reader.split(".")[2] not in said
    assert "cola" not in said
    assert "Traceback" not in said
    (commit,) = commits(here.data)
    assert commit.actor == f"token {writer.split('.')[1]}"


def test_tokens_are_made_and_revoked_while_the_server_runs(here: Served, capsys: Capture) -> None:
    first, second = token(here, "writer"), token(here, "reader")
    with Stranger(here) as acme:
        assert acme.call("AddProducts", ADD, first).code() is Code.OK
        assert main(["token", "revoke", ACME, first.split(".")[1], "--data", str(here.data)]) == 0
        assert "revoked" in capsys.readouterr().out
        answer = acme.call("AddProducts", ADD, first)
        assert answer.code() is Code.UNAUTHENTICATED
        assert "was revoked" in answer.details()
        assert acme.call("ListProducts", ASK, second).code() is Code.OK
        third = token(here, "admin")
        assert acme.call("ListProducts", ASK, third).code() is Code.OK


def test_a_tenant_that_is_made_while_the_server_runs_has_a_name_at_once(here: Served) -> None:
    assert main(["tenant", "create", "young", "--data", str(here.data)]) == 0
    with Stranger(here, "young.localhost") as young:
        assert young.call("AddProducts", ADD, token(here, "writer", "young")).code() is Code.OK


def curl(here: Served, *words: str, name: str = "acme.localhost") -> "subprocess.CompletedProcess[str]":
    if not shutil.which("curl"):
        pytest.skip("there is no curl here")
    where = ["--resolve", f"{name}:{here.port}:127.0.0.1", "--cacert", str(here.ca), "--silent", "--show-error"]
    told = ["curl", *where, "--write-out", " %{http_code} %{http_version}", *words]
    return subprocess.run(told, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


def test_curl_works(here: Served) -> None:
    access = f"authorization: Bearer {token(here, 'writer')}"
    url = f"https://acme.localhost:{here.port}"
    made = curl(here, "--json", '{"skus": ["cola"]}', "-H", access, f"{url}/v1/AddProducts")
    assert made.stdout.endswith(" 200 1.1"), made
    assert json.loads(made.stdout.removesuffix(" 200 1.1"))["uids"]
    assert curl(here, f"{url}/healthz").stdout == "serving\n 200 1.1"
    assert " 401 " in curl(here, "--json", "{}", f"{url}/v1/ListProducts").stdout
    assert " 405 " in curl(here, f"{url}/v1/ListProducts").stdout
    assert curl(here, "--tls-max", "1.2", f"{url}/healthz").returncode == 35
    assert curl(here, "--cacert", str(SAMPLE), f"{url}/healthz").returncode == 77
    assert curl(here, f"http://acme.localhost:{here.port}/healthz").returncode in {1, 52, 56}


def test_pythons_own_client_works(here: Served) -> None:
    context = ssl.create_default_context(cafile=here.ca)
    context.set_alpn_protocols(["http/1.1"])
    connection = http.client.HTTPSConnection("localhost", here.port, context=context, timeout=PATIENCE_S)
    headers = {"authorization": f"Bearer {token(here, 'reader')}", "tenant": ACME, "content-type": "application/json"}
    connection.request("POST", "/v1/ListProducts", b"{}", headers)
    assert connection.getresponse().status == 200
    connection.close()


def test_plain_text_is_not_answered(here: Served) -> None:
    with socket.create_connection(("127.0.0.1", here.port), PATIENCE_S) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nhost: acme.localhost\r\n\r\n")
        assert b"HTTP" not in plain.recv(1_000)
    here.server.expect("closed: no TLS")


def test_a_server_name_that_is_no_text_costs_no_traceback(here: Served) -> None:
    """Python prints what fails in a server name's callback by itself; a flood of it would have no bound."""
    sent, got = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=here.ca).wrap_bio(got, sent, server_hostname="xxxx.localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = sent.read().replace(b"xxxx", b"\xff\xfe\xff\xfe")
    with socket.create_connection(("127.0.0.1", here.port), PATIENCE_S) as connection:
        connection.sendall(hello)
        connection.recv(1_000)
    here.server.expect("closed: no TLS")
    here.server.kill()
    assert "Traceback" not in here.server.end_text()


def test_orders_are_loaded_over_tls(
    here: Served, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("".join(SAMPLE.read_text("utf-8").splitlines(keepends=True)[:20]), "utf-8")
    words = ["load", "orders", str(file), "--tenant", ACME, "--addr", f"127.0.0.1:{here.port}", "--json"]
    text = token(here, "writer")
    assert main([*words, "--ca", str(here.ca)]) == 2
    assert "--token-file" in capsys.readouterr().err
    assert main([*words, "--token", text]) == 2
    assert "bf: --ca: " in capsys.readouterr().err, "the system does not trust our authority"
    assert main([*words, "--ca", str(file), "--token", text]) == 2
    assert main([*words, "--ca", str(here.ca), "--token", token(here, "reader")]) == 2
    assert "takes the role writer" in capsys.readouterr().err
    assert main([*words, "--ca", str(here.ca), "--token", text]) == 0
    first = capsys.readouterr().out
    assert main([*words, "--ca", str(here.ca), "--token-file", str(tmp_path / "acme-writer.token")]) == 0
    assert capsys.readouterr().out == first
    monkeypatch.setenv("BF_TOKEN", text)
    assert main([*words, "--ca", str(here.ca)]) == 0
    assert capsys.readouterr().out == first


def test_the_example_calls_over_tls(here: Served) -> None:
    with Stranger(here) as acme:
        acme.call("AddProducts", ADD, token(here, "writer"))
    access = ["--ca", here.ca, "--token", token(here, "reader"), "--tenant", ACME]
    words = [sys.executable, EXAMPLE, f"localhost:{here.port}", *access]
    told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert told.stdout.startswith("rpcs: ")


# bf serve


def test_a_domain_that_the_authority_is_not_for_is_told_with_the_remedy(tmp_path: Path, capsys: Capture) -> None:
    data = ["--data", str(tmp_path)]
    assert main(["ca", "init", *data]) == 0
    words = ["serve", "--addr", "127.0.0.1:0", "--domain", "shop.example", *data]
    assert main(words) == 2
    assert f"bf ca renew --domain shop.example --data {tmp_path}" in capsys.readouterr().err
    assert main(["ca", "renew", "--domain", "shop.example", *data]) == 0
    with Bf(words) as server:
        server.expect("serving 0 tenants")


@pytest.mark.parametrize("domain", ["", ".", "a b", "ä.example", "UPPER.example", "-a.example", "x" * 250])
def test_a_domain_that_is_none_is_refused(tmp_path: Path, capsys: Capture, domain: str) -> None:
    for words in (["serve", "--addr", "127.0.0.1:0"], ["ca", "init"]):
        assert main([*words, "--data", str(tmp_path), f"--domain={domain}"]) == 2
        assert capsys.readouterr().err.startswith("bf: --domain: ")
    assert not (tmp_path / "ca").exists()


# bf ca, bf token


def test_bf_ca_shows_makes_and_renews(tmp_path: Path, capsys: Capture) -> None:
    def told(*words: str) -> str:
        assert main(["ca", *words, "--data", str(tmp_path)]) == 0
        return capsys.readouterr().out

    new_tenant(tmp_path)
    assert main(["ca", "--data", str(tmp_path)]) == 2
    assert "bf ca init" in capsys.readouterr().err
    assert "for shop.example and localhost" in told("init", "--domain", "shop.example")
    assert main(["ca", "init", "--data", str(tmp_path)]) == 2
    assert "has an authority already" in capsys.readouterr().err
    assert told("issue", ACME).startswith("acme: acme.shop.example, acme.localhost, to ")
    assert told("renew") == "nothing is due\n"
    assert "renewed acme: " in told("renew", "--all")
    assert "acme: acme.shop.example" in told()
    shown = json.loads(told("show", "--json"))
    assert shown["authority"]["domains"] == ["shop.example", "localhost"]
    assert [each["tenant"] for each in shown["certificates"]] == [ACME]
    assert main(["ca", "issue", "nobody", "--data", str(tmp_path)]) == 2
    assert "bf: tenant: " in capsys.readouterr().err
    (tmp_path / "tenants" / ACME / "tls" / "cert.pem").write_text("nonsense")
    assert main(["ca", "--data", str(tmp_path)]) == 2
    assert "holds no certificate" in capsys.readouterr().err


def test_bf_token_shows_a_secret_once(tmp_path: Path, capsys: Capture) -> None:
    def told(*words: str) -> str:
        assert main(["token", words[0], ACME, *words[1:], "--data", str(tmp_path)]) == 0
        return capsys.readouterr().out

    new_tenant(tmp_path)
    assert told("list").startswith("no tokens yet")
    text, rest = told("create", "--role", "writer", "--label", "tills").splitlines()
    secret, token_id = text.split(".")[2], text.split(".")[1]
    assert rest == f"token {token_id} of acme, writer; it is not shown again"
    made = json.loads(told("create", "--json"))
    assert (made["role"], made["token"].split(".")[1]) == ("reader", made["id"])
    assert secret not in told("list")
    told("revoke", token_id)
    first, second = json.loads(told("list", "--json"))["tokens"]
    assert (first["id"], first["label"], first["role"]) == (token_id, "tills", "writer")
    assert first["revoked_us"] > first["created_us"] > 0
    assert (second["id"], second["revoked_us"]) == (made["id"], 0)


def test_a_wrong_call_of_bf_token_is_told(tmp_path: Path, capsys: Capture) -> None:
    new_tenant(tmp_path)
    taken = tmp_path / "taken"
    taken.touch()
    for words, complaint in (
        (["create", "nobody"], "bf: tenant: "),
        (["create", ACME, "--role", "king"], "bf: argument --role"),
        (["create", ACME, "--label", "x" * 200], "bf: create: a label"),
        (["create", ACME, "--out", str(taken)], "bf: --out: "),
        (["create", ACME, "--out", str(tmp_path / "no" / "folder")], "bf: --out: "),
        (["revoke", ACME, "none"], "bf: revoke: no token"),
        ([], "bf: the following arguments"),
    ):
        end = ["--data", str(tmp_path)] if words else []
        assert main(["token", *words, *end]) == 2
        assert capsys.readouterr().err.startswith(complaint)
