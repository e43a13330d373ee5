"""The parent of workers, with stand-ins for them: who gets which connection, and what becomes of those that end."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.support.connections import until

from bf.adapters.sqlite.storage import DirectoryStorage
from bf.adapters.workers.limits import BACK_OFF_S_MAX, STOPPING_S_MAX
from bf.adapters.workers.share import owner_of
from bf.cli.front import Place
from bf.cli.usage import UsageError
from bf.cli.wiring import Plan
from bf.cli.workers import supervisor
from bf.cli.workers.supervisor import Supervisor, WorkerGone

WORKERS = 3
Test = Callable[[Supervisor], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PROGRAM", "tests.support.worker_stand_in")
    monkeypatch.setattr(supervisor, "BACK_OFF_S", 0.01)


def supervised(data: Path, test: Test) -> None:
    async def whole() -> None:
        tenants = DirectoryStorage(data)
        tenants.lock()
        made = Supervisor(tenants, Plan(Place("127.0.0.1", 0, plain=True), workers=WORKERS))
        try:
            await made.hire()
            await made.begin()
            await test(made)
        finally:
            await made.stop()
        later = DirectoryStorage(data)
        later.lock()  # nobody is left who holds it
        later.close()

    asyncio.run(whole())


def pids(made: Supervisor) -> list[int]:
    return [made.pid(number) for number in made.numbers]


def sockets(pid: int) -> int:
    """Count the sockets that a process has open."""
    return sum(str(path.readlink()).startswith("socket:") for path in Path(f"/proc/{pid}/fd").iterdir())


def test_a_connection_goes_to_the_tenants_worker_or_in_turn_to_all(tmp_path: Path) -> None:
    async def test(made: Supervisor) -> None:
        own = 2 + 2 * (WORKERS - 1)  # its end of the line, twice, and two to each of the others

        def got() -> list[int]:
            return [sockets(pid) - own for pid in pids(made)]

        await until(lambda: got() == [0, 0, 0])
        ends: list[socket.socket] = []
        for name in ("acme.localhost",) * 4 + ("localhost", "") * 3:
            ours, theirs = socket.socketpair()
            ends.append(ours)
            made.hand(theirs, name)
        expected = [2, 2, 2]
        expected[owner_of("acme", WORKERS) - 1] += 4
        await until(lambda: got() == expected)
        for end in ends:
            end.close()

    supervised(tmp_path, test)


def test_while_a_tenants_worker_is_gone_another_takes_its_connections_and_without_any_they_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF_S", 30)

    async def test(made: Supervisor) -> None:
        processes = pids(made)
        for gone in range(1, WORKERS + 1):
            os.kill(processes.pop(owner_of("acme", WORKERS) - 1 if gone == 1 else 0), signal.SIGKILL)
            await until(lambda gone=gone: pids(made).count(0) == gone)
            ours, theirs = socket.socketpair()
            ours.settimeout(0.2 if processes else None)
            made.hand(theirs, "acme.localhost")
            if processes:
                with pytest.raises(TimeoutError):
                    ours.recv(1)
            else:
                assert ours.recv(1) == b""
            ours.close()
        with pytest.raises(WorkerGone):
            await made.ask(1, "status", {}, lambda _progress: None)

    supervised(tmp_path, test)


def test_a_worker_that_ends_is_started_again_with_ever_longer_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert BACK_OFF_S_MAX > 1
    monkeypatch.setattr(supervisor, "BACK_OFF_S_MAX", 0.03)

    async def test(made: Supervisor) -> None:
        for calm_s in (60, 60, 60, 0):
            monkeypatch.setattr(supervisor, "CALM_S", calm_s)
            before = pids(made)
            os.kill(before[1], signal.SIGKILL)
            await until(lambda before=before: pids(made)[1] not in {0, before[1]})
            assert [pids(made)[0], pids(made)[2]] == [before[0], before[2]]

    with caplog.at_level(logging.INFO, "bf.workers"):
        supervised(tmp_path, test)
    ends = [line for line in caplog.messages if "ended" in line]
    assert ends == [f"worker 2 ended with -9: it is started again in {pause} s" for pause in (0.01, 0.02, 0.03, 0.01)]


def test_a_worker_that_cannot_be_started_again_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(made: Supervisor) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", str(tmp_path / "nowhere"))
            os.kill(pids(made)[0], signal.SIGKILL)
            await until(lambda: "worker 1 ended with No such file or directory" in caplog.text)
        await until(lambda: made.pid(1))

    supervised(tmp_path, test)


def test_workers_that_do_not_stop_are_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert STOPPING_S_MAX > 1
    monkeypatch.setattr(supervisor, "STOPPING_S_MAX", 0.05)
    monkeypatch.setenv("STAND_IN", "stubborn")
    found: list[int] = []

    async def test(made: Supervisor) -> None:
        found.extend(pids(made))

    supervised(tmp_path, test)
    assert len(found) == WORKERS
    assert not any(Path(f"/proc/{pid}").exists() for pid in found)


def test_workers_that_cannot_begin_end_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "failing")

    async def test(_made: Supervisor) -> None:
        raise AssertionError("they did begin")

    with pytest.raises(UsageError, match=r"--workers: worker \d ended with 3"):
        supervised(tmp_path, test)


def test_what_workers_log_is_handed_on(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    async def test(_made: Supervisor) -> None:
        await asyncio.sleep(0)

    supervised(tmp_path, test)
    assert capfdbinary.readouterr().err == b"a line of its log\n" * WORKERS
