"""`bf serve`, `bf tenant` and `bf demo`: what they say, and how they end."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.serving import PATIENCE_S, Bf, Caller, served
from tests.support.tenants import new_tenant

from bf.cli.listening import listen
from bf.cli.main import main
from bf.core.limits import TENANT_NAME_CHARS_MAX
from bf.inventory.api import requests_pb2 as rq

EXAMPLE = Path(__file__).parents[2] / "examples" / "foreign_client.py"

# bf serve


def test_serving_says_what_it_serves_and_where(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path) as (server, address):
        assert server.said.startswith(f"serving 1 tenants of {tmp_path} on {address}")
        assert int(address.rpartition(":")[2]) > 0
        server.signal(signal.SIGINT)
        assert server.end() == 0
        assert server.said.endswith("stopping: finishing what was begun\nstopped\n")


def test_serving_no_tenant_says_how_to_make_one(tmp_path: Path) -> None:
    with served(tmp_path / "new") as (server, _):
        server.expect(f"there is none yet: bf tenant create acme --data {tmp_path / 'new'}")


def test_an_address_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["serve", "--data", str(tmp_path), "--addr", address]) == 2
    assert capsys.readouterr().err == f"bf: --addr: cannot listen on {address}: Address already in use\n"


@pytest.mark.parametrize("addr", ["example.com:0", "nonsense", "127.0.0.1:-1", "127.0.0.1:65536"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], addr: str) -> None:
    assert main(["serve", "--data", str(tmp_path), "--addr", addr]) == 2
    assert capsys.readouterr().err.startswith("bf: --addr: ")


@pytest.mark.parametrize("addr", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"])
def test_plain_text_never_leaves_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str], addr: str) -> None:
    assert main(["serve", "--plain", "--data", str(tmp_path), "--addr", addr]) == 2
    assert capsys.readouterr().err.startswith("bf: --plain: ")


def test_a_data_directory_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["serve", "--data", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.startswith("bf: --data: cannot use ")
    (tmp_path / "lock").mkdir()
    assert main(["serve", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("bf: --data: cannot write ")


def test_trap_the_listening_socket_names_tcp_so_that_asyncio_turns_nagles_delay_off() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


# bf tenant


def test_a_tenant_is_made_once_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path)]
    assert main(["tenant", "list", *data]) == 0
    assert "no tenants" in capsys.readouterr().out
    for name in ("zeta", "acme"):
        assert main(["tenant", "create", name, *data]) == 0
        assert f"created tenant {name}" in capsys.readouterr().out
    assert main(["tenant", "create", "acme", *data]) == 2
    assert capsys.readouterr().err == "bf: name: tenant acme exists already\n"
    assert main(["tenant", "list", *data]) == 0
    assert capsys.readouterr().out == "acme\nzeta\n"
    assert main(["tenant", "list", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out) == {"tenants": ["acme", "zeta"]}


@pytest.mark.parametrize(
    "name", ["", "Acme", "a.b", "a/b", "..", "a_b", "-a", "a-", "ä", "a" * 64, "a\n", " a", "a\x00"]
)
def test_a_name_that_cannot_be_a_server_name_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["tenant", "create", "--data", str(tmp_path), "--", name]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"bf: name: {name!r} cannot name a tenant")
    assert str(TENANT_NAME_CHARS_MAX) in said
    assert list((tmp_path / "tenants").iterdir()) == []


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a" * 63])
def test_a_dns_label_names_a_tenant(tmp_path: Path, name: str) -> None:
    assert main(["tenant", "create", name, "--data", str(tmp_path)]) == 0


def test_a_running_server_has_a_new_tenant_at_once(tmp_path: Path) -> None:
    with served(tmp_path) as (_, address):
        assert main(["tenant", "create", "acme", "--data", str(tmp_path)]) == 0
        with Caller(address, "acme") as caller:
            assert caller.call(rq.AddProductsReq(skus=["cola"])).uids


# bf demo


def test_the_demo_loads_shows_what_to_try_and_ends_with_0(tmp_path: Path) -> None:
    with Bf(["demo", "--data", tmp_path / "demo", "--addr", "127.0.0.1:0"]) as demo:
        ready = demo.expect("The tenant `demo` is ready on 127.0.0.1:")
        demo.expect("Ctrl-C stops.")
        address = ready.removesuffix(". In another terminal, try:").rpartition(" ")[2]
        commands = [line.strip() for line in demo.said.splitlines() if line.startswith(("  .venv/bin/", "  curl "))]
        assert [command.split()[0] for command in commands] == ["curl", ".venv/bin/python", ".venv/bin/bf"]
        assert f"--addr {address} --tenant demo" in commands[2]
        assert "orders taken" in demo.said
        assert "bf1." not in demo.said, "a token is shown once, and not here"
        access = ["--ca", tmp_path / "demo/ca/ca.pem", "--token-file", tmp_path / "demo/demo.token"]
        words = [sys.executable, EXAMPLE, address, *access]
        shown = subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout
        assert shown.startswith("rpcs: ")
        assert " on hand " in shown
        assert "FAILED_PRECONDITION: not enough" in shown
        demo.signal(signal.SIGTERM)
        assert demo.end() == 0
        assert demo.said.endswith("stopped\n")
        first = demo.said[: demo.said.index("The tenant")]
    with Bf(["demo", "--data", tmp_path / "demo", "--addr", "127.0.0.1:0"]) as again:
        again.expect("Ctrl-C stops.")
        assert table(again.said) == table(first)
        again.signal(signal.SIGINT)
        assert again.end() == 0


def table(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("│")]
