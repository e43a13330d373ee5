"""Operations reach a running server through its socket, and a directory without one in the command's own process."""

import os
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.serving import Bf, Caller, served
from tests.support.tenants import files, new_tenant

from bf.adapters.operator.protocol import SOCKET
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli import operating
from bf.cli.operating import ProgressBar, operate
from bf.cli.usage import UsageError
from bf.inventory.api import requests_pb2 as rq


def tenant_of(done: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    (found,) = [tenant for tenant in done["tenants"] if tenant["tenant"] == name]
    return found


def test_an_operation_is_done_by_the_server_that_runs(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path) as (_, address):
        with Caller(address, "acme") as caller:
            caller.call(rq.AddProductsReq(skus=["cola", "tea"]))
        done = operate(tmp_path, "status", {})
        assert done["requests"] == 1, "the server's count"
        acme = tenant_of(done, "acme")
        assert (acme["is"], acme["event"], acme["batch"], acme["requests"]) == ("serving", 2, 1, 1)
        assert acme["log_bytes"] > 0
        assert acme["state_bytes"] > 0


def test_an_operation_on_a_directory_without_a_server_is_done_here_and_the_lock_is_given_back(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    assert tenant_of(operate(tmp_path, "status", {}), "acme")["is"] == "closed"
    storage = DirectoryStorage(tmp_path)
    storage.lock()
    storage.close()
    with served(tmp_path):
        assert operate(tmp_path, "status", {})["tenants"]


def test_a_refusal_is_one_line_wherever_it_comes_from(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    refused = "tenant: no tenant is named 'zeta'"
    with pytest.raises(UsageError, match=refused):
        operate(tmp_path, "status", {"tenant": "zeta"})
    with served(tmp_path) as (server, _):
        with pytest.raises(UsageError, match=refused):
            operate(tmp_path, "status", {"tenant": "zeta"})
        server.signal(signal.SIGTERM)
        assert server.end() == 0
    assert not (tmp_path / SOCKET).exists()


@pytest.mark.parametrize("arguments", [{"tenant": 1}, {"closed": "yes"}, {"tennant": "acme"}], ids=str)
def test_a_wrong_argument_is_named(tmp_path: Path, arguments: dict[str, Any]) -> None:
    new_tenant(tmp_path)
    with pytest.raises(UsageError, match=f"^{next(iter(arguments))}: status takes"):
        operate(tmp_path, "status", arguments)


def test_after_kill_9_the_dead_socket_stops_nobody(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path) as (server, _):
        server.kill()
    assert (tmp_path / SOCKET).exists()
    assert tenant_of(operate(tmp_path, "status", {}), "acme")["is"] == "closed"
    with served(tmp_path):
        assert operate(tmp_path, "status", {})["tenants"]


def test_a_directory_that_somebody_holds_in_silence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operating, "TRIES_COUNT_MAX", 2)
    new_tenant(tmp_path)
    holder = DirectoryStorage(tmp_path)
    holder.lock()
    with pytest.raises(UsageError, match="another server runs on"):
        operate(tmp_path, "status", {})
    holder.close()


def test_a_directory_that_is_none_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--data: .* holds no tenants"):
        operate(tmp_path / "none", "status", {})
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # its names, hidden ones too


SLOW_SERVER = """
import asyncio, sys
from bf.cli import wiring
from bf.cli.main import main
from bf.cli.operating import ProgressBar, operate
from pathlib import Path

async def wait(arguments, progress):
    print("waiting", flush=True)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise

def run(args):
    operate(Path(sys.argv[-1]), "wait", {})

wiring._operations = lambda *args, **options: {"wait": wait}
if sys.argv[1] == "wait":
    from bf.cli import status
    status.run = run
    sys.exit(main(["status", "--data", sys.argv[-1]]))
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_cancels_an_operation_on_the_server(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    program = ["-c", SLOW_SERVER]
    with Bf(["serve", "--plain", "--addr", "127.0.0.1:0", "--data", tmp_path], program=program) as server:
        server.expect("serving ")
        with Bf(["wait", tmp_path], program=program) as client:
            server.expect("waiting")
            client.signal(signal.SIGINT)
            assert client.end() == 130
            assert client.said == "bf: interrupted\n"
        server.expect("cancelled")
        server.expect(f"uid {os.geteuid()}: wait: cancelled")
        server.signal(signal.SIGTERM)
        assert server.end() == 0


def test_ctrl_c_cancels_an_operation_without_a_server_and_gives_the_lock_back(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with Bf(["wait", tmp_path], program=["-c", SLOW_SERVER]) as client:
        client.expect("waiting")
        client.signal(signal.SIGINT)
        assert client.end() == 130
        assert client.said == "waiting\ncancelled\nbf: interrupted\n"
    with served(tmp_path):
        pass


@contextmanager
def ready(server: Bf) -> Generator[None]:
    """Wait until a server serves."""
    server.expect("serving ")
    yield


def test_a_server_that_dies_while_it_works_is_told(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    program = ["-c", SLOW_SERVER]
    with (
        Bf(["serve", "--plain", "--addr", "127.0.0.1:0", "--data", tmp_path], program=program) as server,
        ready(server),
        Bf(["wait", tmp_path], program=program) as client,
    ):
        server.expect("waiting")
        server.kill()
        assert client.end() == 2
        assert client.said == f"bf: the server on {tmp_path} has gone before it answered\n"


def test_progress_is_shown_on_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = {"what": "replaying the log", "done": 5, "total": 10}
    with ProgressBar() as bar:
        bar(progress)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ProgressBar() as bar:
        bar(progress)
        bar({"what": "comparing", "done": 1, "total": 0})
    out, err = capsys.readouterr()
    assert out == ""
    assert "comparing" in err
    assert "1/?" in err


def test_a_tenant_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    for name in ("acme", "keyless", "zeta"):
        new_tenant(tmp_path, name)
    (log,) = files(tmp_path, "log", "zeta")
    log.write_bytes(b"junk" * 1_000)
    for key in (tmp_path / "keys").rglob("*keyless*"):
        key.unlink()
    done = operate(tmp_path, "status", {"closed": True})
    assert [tenant["is"] for tenant in done["tenants"]] == ["closed", "unreadable", "unreadable"]
    assert all(tenant["why"] for tenant in done["tenants"][1:])
    with pytest.raises(UsageError, match="zeta"):
        operate(tmp_path, "verify", {"tenant": "zeta"})
