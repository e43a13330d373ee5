"""`bf serve --workers`: tenants spread over processes on one port, each with one writer, whatever dies."""

import http.client
import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from tests.adapters.metrics_test import samples, value
from tests.support.serving import PATIENCE_S, Bf, Caller, served
from tests.support.tenants import ROOT, commits, digests, new_tenant, put

from bf.adapters.access.tokens import Role, TokenFile
from bf.adapters.workers.limits import WORKERS_COUNT_MAX
from bf.adapters.workers.share import owner_of
from bf.cli.main import main
from bf.cli.workers.relay import RELAYED
from bf.inventory.api import requests_pb2 as rq
from bf.node.operations import Operations

WORKERS = 2
TENANTS = ("acme", "kiosk", "shop", "zeta")
FIRST, SECOND = ((next(name for name in TENANTS if owner_of(name, WORKERS) == number)) for number in (1, 2))
"""A tenant of each worker."""


def furnish(address: str, *tenants: str) -> None:
    """Give tenants the shelf 1 and the product 2."""
    for tenant in tenants:
        with Caller(address, tenant) as caller:
            caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT), "shelf")
            caller.call(rq.AddProductsReq(skus=["cola"]), "product")


def in_the_end(caller: Caller, request: Any, request_id: str) -> Any:  # noqa: ANN401  # a message, of which many kinds
    """Repeat a request until it is answered with something else than UNAVAILABLE."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return caller.call(request, request_id)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # grpcio's
                raise
        time.sleep(0.01)


def status(data: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["status", *words, "--json", "--data", str(data)]) == 0
    return json.loads(capsys.readouterr().out)


def pids(told: dict[str, Any]) -> dict[int, int]:
    """Return the workers' processes by their numbers."""
    return {worker["worker"]: worker["pid"] for worker in told["workers"]}


def files_of(pid: int) -> set[str]:
    """Return what a process has open."""
    return {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}


def writers(data: Path, processes: dict[int, int]) -> dict[str, list[int]]:
    """Return the workers that have each tenant's log open."""
    return {
        tenant: [
            number
            for number, pid in processes.items()
            if any(f"/tenants/{tenant}/log-" in name for name in files_of(pid))
        ]
        for tenant in sorted(path.name for path in (data / "tenants").iterdir())
    }


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_death(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while lives(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.005)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for tenant in TENANTS:
        new_tenant(tmp_path, tenant)
    return tmp_path


class Late:
    """Requests that are under way when a server is told to stop."""

    def __init__(self, address: str) -> None:
        self._callers = {tenant: Caller(address, tenant) for tenant in TENANTS}
        self._begun = {
            tenant: {f"late-{number}": caller.begin(put(1), f"late-{number}") for number in range(30)}
            for tenant, caller in self._callers.items()
        }
        for calls in self._begun.values():
            calls["late-0"].result()

    def answered(self) -> dict[str, list[str]]:
        """Return the ids that were carried out; the others were refused."""
        found: dict[str, list[str]] = {}
        for tenant, calls in self._begun.items():
            codes = {request_id: call.code() for request_id, call in calls.items()}
            assert set(codes.values()) <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
            found[tenant] = [request_id for request_id, code in codes.items() if code is grpc.StatusCode.OK]
            self._callers[tenant].channel.close()
        return found


def test_invariant_2_many_connections_make_one_dense_log_of_each_tenant_and_one_answer_of_each_id(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connections, ids = 6, 40
    with served(data, "--workers", str(WORKERS)) as (server, address):
        assert server.said.startswith(f"serving 4 tenants of {data} on {address}, in plain text, with 2 workers")
        furnish(address, *TENANTS)
        told = status(data, capsys)
        assert writers(data, pids(told)) == {tenant: [owner_of(tenant, WORKERS)] for tenant in TENANTS}

        def send(_connection: int) -> list[tuple[str, str, int]]:
            """Send every id to every tenant; all connections send the same ones."""
            callers = {tenant: Caller(address, tenant) for tenant in TENANTS}
            begun = [
                (tenant, f"id-{number}", caller.begin(put(number + 1), f"id-{number}"))
                for number in range(ids)
                for tenant, caller in callers.items()
            ]
            heard = [
                (tenant, request_id, rq.UpdateInventoryResp.FromString(call.result()).on_hand)
                for tenant, request_id, call in begun
            ]
            for caller in callers.values():
                caller.channel.close()
            return heard

        with ThreadPoolExecutor(connections) as threads:
            heard = [answer for answers in threads.map(send, range(connections)) for answer in answers]
        told = status(data, capsys)
        assert writers(data, pids(told)) == {tenant: [owner_of(tenant, WORKERS)] for tenant in TENANTS}
        assert {tenant["tenant"]: tenant["worker"] for tenant in told["tenants"]} == {
            tenant: owner_of(tenant, WORKERS) for tenant in TENANTS
        }
        assert all(worker["requests"] for worker in told["workers"])
        late = Late(address)
        server.signal(signal.SIGTERM)
        assert server.end() == 0
        answered = late.answered()
    assert len({(tenant, request_id) for tenant, request_id, _ in heard}) == len(set(heard)) == len(TENANTS) * ids
    for tenant in TENANTS:
        written = [commit.request_id for commit in commits(data, tenant)[2:]]
        assert sorted(written[:ids]) == sorted(f"id-{number}" for number in range(ids))
        assert set(answered[tenant]) <= set(written[ids:]), "what was answered at the end is there"
        assert len(set(written)) == len(written)
        lies, made = digests(data, tenant)
        assert lies == made
    assert not list(data.glob("*.sock")), "every socket is taken away"


# TLS


class Peers(NamedTuple):
    """A server over TLS, and who calls it."""

    data: Path
    port: int
    processes: dict[int, int]
    context: ssl.SSLContext

    def token(self, tenant: str) -> str:
        return TokenFile(self.data / "tenants" / tenant).create("test", Role.WRITER, 1)[1]

    def https(self, name: str) -> http.client.HTTPSConnection:
        """Connect by a server name."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        connection.sock = self.context.wrap_socket(plain, server_hostname=name)
        return connection

    def holder(self, connection: http.client.HTTPSConnection) -> int:
        """Return the worker that has the other end of a connection."""
        assert connection.sock
        port = connection.sock.getsockname()[1]
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        (inode,) = (
            words[9] for words in lines if words[1].endswith(f":{self.port:04X}") and words[2].endswith(f":{port:04X}")
        )
        (number,) = (number for number, pid in self.processes.items() if f"socket:[{inode}]" in files_of(pid))
        return number


@contextmanager
def over_tls(data: Path, capsys: pytest.CaptureFixture[str]) -> Generator[Peers]:
    with Bf(["serve", "--data", data, "--addr", "127.0.0.1:0", "--workers", "2"]) as server:
        port = int(server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0].rpartition(":")[2])
        context = ssl.create_default_context(cafile=data / "ca" / "ca.pem")
        context.set_alpn_protocols(["http/1.1"])
        yield Peers(data, port, pids(status(data, capsys)), context)
        server.signal(signal.SIGTERM)
        assert server.end() == 0


def ask(connection: http.client.HTTPSConnection, token: str, **headers: str) -> tuple[int, dict[str, Any]]:
    words = {"authorization": f"Bearer {token}", "content-type": "application/json", **headers}
    connection.request("POST", "/v1/AddProducts", '{"skus": ["cola"]}', words)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_over_tls_a_tenants_connection_goes_to_its_worker_and_what_names_none_is_forwarded(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with over_tls(data, capsys) as peers:
        tokens = {tenant: peers.token(tenant) for tenant in TENANTS}
        for tenant in TENANTS:
            for _ in range(3):
                connection = peers.https(f"{tenant}.localhost")
                assert peers.holder(connection) == owner_of(tenant, WORKERS)
                assert ask(connection, tokens[tenant], **{"request-id": "once"}) == (
                    200,
                    {"uids": ["00000000-0000-0000-0000-000000000001"]},
                )
                connection.close()
        strangers = [peers.https("localhost") for _ in range(2)]
        assert sorted(map(peers.holder, strangers)) == [1, 2], "those that name nobody are spread"
        for connection in strangers:
            for tenant in TENANTS:
                words = {"request-id": "once", "tenant": tenant}
                code, answer = ask(connection, tokens[tenant], host="localhost", **words)
                assert (code, answer) == (200, {"uids": ["00000000-0000-0000-0000-000000000001"]})
            code, answer = ask(connection, tokens[FIRST], host="localhost", tenant=SECOND)
            assert code == 401, "a token is looked at before anything is forwarded"
            connection.close()
    assert [len(commits(data, tenant)) for tenant in TENANTS] == [1] * len(TENANTS)


# Deaths


class Writer(threading.Thread):
    """Somebody who puts one unit on a tenant's shelf again and again, and repeats what was not answered."""

    def __init__(self, address: str, tenant: str) -> None:
        super().__init__()
        self.tenant = tenant
        self._address = address
        self.done = threading.Event()
        self.told: list[int] = []
        """What was on hand after each request."""

    def run(self) -> None:
        """Write until told to stop."""
        with Caller(self._address, self.tenant) as caller:
            while not self.done.is_set():
                self.told.append(in_the_end(caller, put(1), f"{self.tenant}-{len(self.told)}").on_hand)

    def wait_for(self, count: int) -> None:
        """Wait until so many were answered."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.told) < count:
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_a_worker_that_is_killed_comes_back_and_nothing_that_was_answered_is_lost(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(data, "--workers", "2", "--metrics", "127.0.0.1:0") as (server, address):
        url = server.expect("metrics on ").removeprefix("metrics on ")
        furnish(address, *TENANTS)
        before = pids(status(data, capsys))
        counted = value(samples(url), "bf_batch_commits_sum")
        assert counted == 2 * len(TENANTS)
        authors = [Writer(address, tenant) for tenant in TENANTS]
        for author in authors:
            author.start()
        for author in authors:
            author.wait_for(10)
        os.kill(before[1], signal.SIGKILL)
        at_the_death = {author.tenant: len(author.told) for author in authors}
        for author in authors:
            author.wait_for(at_the_death[author.tenant] + 20)
        after = status(data, capsys)
        assert pids(after)[2] == before[2], "the other one goes on"
        assert pids(after)[1] not in {0, before[1]}
        for author in authors:
            author.done.set()
        for author in authors:
            author.join(PATIENCE_S)
        found = samples(url)
        assert value(found, "bf_workers") == WORKERS
        assert value(found, "bf_worker_ends_total") == 1
        assert value(found, "bf_batch_commits_sum") > counted, "a counter never goes back"
        assert value(found, "process_open_fds", worker="1") > 0
        server.signal(signal.SIGTERM)
        assert server.end() == 0
    assert "worker 1 ended with -9: it is started again in 0.1 s" in server.said
    assert "worker 1 is ready again" in server.said
    for author in authors:
        assert author.told == list(range(1, len(author.told) + 1)), "each was carried out once, in order"
        ids = [commit.request_id for commit in commits(data, author.tenant)[2:]]
        assert ids == [f"{author.tenant}-{number}" for number in range(len(author.told))]


def test_invariant_2_no_other_server_begins_while_a_worker_of_a_dead_one_is_left(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(data, "--workers", "2") as (server, address):
        furnish(address, FIRST, SECOND)
        processes = pids(status(data, capsys))
        os.kill(processes[1], signal.SIGSTOP)
        server.kill()
    wait_for_death(processes[2])
    assert lives(processes[1])
    for workers in ("1", "3"):
        assert main(["serve", "--data", str(data), "--addr", "127.0.0.1:0", "--workers", workers]) == 2
        assert "another server runs" in capsys.readouterr().err
    os.kill(processes[1], signal.SIGCONT)
    wait_for_death(processes[1])
    with served(data, "--workers", "3") as (server, address):
        for tenant in (FIRST, SECOND):
            with Caller(address, tenant) as caller:
                assert caller.call(rq.AddProductsReq(skus=["cola"]), "product").uids
        server.signal(signal.SIGTERM)
        assert server.end() == 0
    assert [len(commits(data, tenant)) for tenant in (FIRST, SECOND)] == [2, 2]


def test_a_worker_that_cannot_begin_is_told_and_nobody_is_left(tmp_path: Path) -> None:
    (tmp_path / "worker-2.sock").mkdir()
    with Bf(["serve", "--plain", "--data", tmp_path, "--addr", "127.0.0.1:0", "--workers", "2"]) as server:
        assert server.end() == 2
        assert f"worker 2: --data: {tmp_path} takes no socket for operators" in server.said
        assert server.said.endswith("bf: --workers: worker 2 ended with 1: its reason is in the log\n")


# Operators


def test_operators_reach_every_tenant_through_the_parent(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    words = ["--data", str(data)]
    with served(data, "--workers", "2") as (server, address):
        furnish(address, FIRST, SECOND)
        for tenant in (FIRST, SECOND):
            assert main(["tenant", "verify", tenant, *words]) == 0
            assert main(["tenant", "compact", tenant, *words]) == 0
            assert main(["tenant", "limits", tenant, "--set", "locations=1", *words]) == 0
            with Caller(address, tenant) as caller, pytest.raises(grpc.RpcError, match="locations"):
                caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Other")], parent=ROOT))
        assert main(["tenant", "create", "newcomer", *words]) == 0
        with Caller(address, "newcomer") as caller:
            assert caller.call(rq.AddProductsReq(skus=["cola"])).uids
        assert main(["tenant", "erase", FIRST, "--confirm", FIRST, *words]) == 0
        capsys.readouterr()
        assert main(["tenant", "verify", FIRST, *words]) == 2
        assert capsys.readouterr().err == f"bf: tenant: no tenant is named '{FIRST}'\n"
        assert main(["status", FIRST, *words]) == 2
        assert capsys.readouterr().err == f"bf: tenant: no tenant is named '{FIRST}'\n"
        told = status(data, capsys, SECOND)
        assert [(tenant["tenant"], tenant["worker"]) for tenant in told["tenants"]] == [(SECOND, 2)]
        assert main(["status", *words]) == 0
        assert "2 of 2 workers serve" in capsys.readouterr().out
        server.signal(signal.SIGTERM)
        assert server.end() == 0


def test_every_operation_on_a_tenant_is_relayed() -> None:
    assert set(Operations.table(object.__new__(Operations))) == set(RELAYED)


@pytest.mark.parametrize("count", ["0", "-1", str(WORKERS_COUNT_MAX + 1)])
def test_a_number_of_workers_that_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: str
) -> None:
    assert main(["serve", "--data", str(tmp_path), f"--workers={count}"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"bf: --workers: {count} is not a number from 1 to {WORKERS_COUNT_MAX}")
