"""Disasters: a full or read-only disk, no files left to open, a clock that jumps. A clear error, and nothing lost."""

import asyncio
import logging
import os
import resource
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.support.serving import Bf, Caller, served
from tests.support.tenants import (
    ACME,
    ROOT,
    commits,
    digests,
    done,
    furnish,
    new_tenant,
    node_of,
    node_on,
    on_hand,
    put,
)

from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.ports import Answer, Env
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node import cell
from bf.node import node as node_module
from bf.node.answers import FORGET_EVERY_ANSWERS
from bf.node.limits import REQUEST_ID_AGE_S_MAX
from bf.node.node import REOPEN_PAUSE_US, Node

DAY_US = 24 * 3_600 * 1_000_000
FULL = "full"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_tenant(tmp_path)
    return tmp_path


# A full disk


class FullFile(apsw.VFSFile):
    """A file of SQLite's that takes no more once its disk is full."""

    def __init__(self, name: Any, flags: list[int], kind: str) -> None:  # noqa: ANN401  # apsw's own
        super().__init__("unix", name, flags)
        self._kind = kind

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: ANN401, N802  # apsw's own
        """Write, as long as there is room."""
        if self._kind in _disk.full and len(data) > _disk.room:
            raise apsw.FullError("no space left on device")
        _disk.room -= len(data) if self._kind in _disk.full else 0
        super().xWrite(data, offset)  # pyright: ignore[reportUnknownMemberType]  # Buffer is a type of Python 3.12


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: how long a tenant is left alone that could not be opened has a test of its own."""
    monkeypatch.setattr(node_module, "REOPEN_PAUSE_US", 0)


class FullDisk(apsw.VFS):
    """A disk without room for some files."""

    def __init__(self) -> None:
        super().__init__(FULL, "unix")
        self.full: set[str] = set()
        self.room = 0

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: ANN401, N802  # apsw's own
        """Open a file of a log or of a state."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        return FullFile(name, flags, Path(path or "").name.split("-")[0])


_disk = FullDisk()


def close_quietly(database: SqliteDatabase) -> None:
    """As it is with SQLite's own files, whose failed writes at the end nobody hears of."""
    with suppress(apsw.FullError):
        database.connection.close(True)  # noqa: FBT003  # apsw names it `force`, positional only


@pytest.mark.parametrize("full", [{"log"}, {"state"}, {"log", "state"}], ids=["log", "state", "both"])
@pytest.mark.parametrize("room", [0, 3_000, 6_000, 40_000])
def test_a_full_disk_refuses_and_loses_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, full: set[str], room: int
) -> None:
    monkeypatch.setattr(apsw, "Connection", partial(apsw.Connection, vfs=f"multipleciphers-{FULL}"))
    monkeypatch.setattr(SqliteDatabase, "close", close_quietly)
    monkeypatch.setattr(cell, "KEPT_BATCHES_MAX", 1)  # a state is written as often as its log
    answers = dict[str, Answer]()
    skus = [f"{number:090}" for number in range(100)]

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await done(node, put(1), "before")
            _disk.full, _disk.room = full, room
            for number in range(30):
                answers[str(number)] = await node.call(ACME, put(1), str(number))
            answers["large"] = await node.call(ACME, rq.AddProductsReq(skus=skus), "large")
            _disk.full = set()
            for name, answer in answers.items():
                again = await node.call(ACME, rq.AddProductsReq(skus=skus) if name == "large" else put(1), name)
                assert again.code == Code.OK
                assert again == answer or answer.code != Code.OK
            assert await on_hand(node) == 31

    try:
        asyncio.run(story())
    finally:
        _disk.full = set()
    assert {answer.code for answer in answers.values()} <= {Code.OK, Code.UNAVAILABLE, Code.INTERNAL}
    assert answers["large"].code != Code.OK or room == 40_000
    assert "no space left on device" in caplog.text, "the cause is in the server's log"
    lies, made = digests(root)
    assert lies == made
    assert len(commits(root)) == 34


@contextmanager
def mounted(folder: Path, size: str) -> Generator[Path]:
    """Mount a small disk of its own; only root may."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder]
    done = subprocess.run(mount, check=False, capture_output=True)
    if done.returncode:
        pytest.skip("this user may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def test_a_server_on_a_disk_that_fills_up_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "400k") as disk:
        new_tenant(disk / "data")
        with served(disk / "data") as (server, address), Caller(address, ACME) as caller:
            caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
            codes = list[str]()
            for number in range(24):
                skus = [f"{number}-{each:090}" for each in range(100)]
                call = caller.begin(rq.AddProductsReq(skus=skus), f"delivery-{number}")
                codes.append(call.code().name)
            assert {"OK"} < set(codes) <= {"OK", "UNAVAILABLE", "INTERNAL"}
            remount(disk, "size=100m")
            time.sleep(1.1 * REOPEN_PAUSE_US / 1e6)  # a tenant that could not be opened is left alone for so long
            for number in range(24):
                skus = [f"{number}-{each:090}" for each in range(100)]
                caller.call(rq.AddProductsReq(skus=skus), f"delivery-{number}")
            server.kill()
        happened = [commit.request_id for commit in commits(disk / "data")]
        assert len(happened) == len(set(happened)) == 25
        asyncio.run(look(disk / "data"))
        lies, made = digests(disk / "data")
        assert lies == made


async def look(root: Path) -> None:
    async with node_on(root) as node:
        await done(node, rq.ListLocationsReq(location=ROOT))


# A directory that cannot be written


def test_a_server_on_a_read_only_disk_says_so_and_ends_with_2(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "10m") as disk:
        new_tenant(disk / "data")
        remount(disk, "ro")
        with Bf(["serve", "--plain", "--data", disk / "data", "--addr", "127.0.0.1:0"]) as server:
            assert server.end() == 2
            assert server.said == f"bf: --data: cannot write {disk / 'data' / 'lock'}: Read-only file system\n"


def test_a_disk_that_becomes_read_only_refuses_until_it_can_be_written_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(disk: Path) -> None:
        async with node_on(disk / "data") as node:
            await furnish(node)
            await done(node, put(1), "before")
            await node.close(ACME)
            remount(disk, "ro")
            assert (await node.call(ACME, put(2), "while")).code == Code.INTERNAL
            remount(disk, "rw")
            await done(node, put(2), "while")
            assert await on_hand(node) == 3

    with mounted(tmp_path / "disk", "10m") as disk:
        new_tenant(disk / "data")
        asyncio.run(story(disk))
        assert "tenant acme cannot be opened" in caplog.text
        lies, made = digests(disk / "data")
        assert lies == made


# No files left to open

FILES = Path("/proc/self/fd")


@contextmanager
def files_left(count: int) -> Generator[None]:
    """Let this process open so many files more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(int(path.name) for path in FILES.iterdir()) + 10, hard))
    fill = list[int]()
    try:
        with suppress(OSError):
            while True:
                fill.append(os.open("/dev/null", os.O_RDONLY))
        for _ in range(count):
            os.close(fill.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for file in fill:
            os.close(file)


@pytest.mark.parametrize("count", range(8))
def test_a_tenant_for_which_no_file_can_be_opened_is_refused_and_others_go_on(
    root: Path, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    new_tenant(root, "zeta")

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            with files_left(count):
                for number in range(3):
                    answer = await node.call("zeta", rq.AddProductsReq(skus=[f"fanta-{number}"]), f"{number}")
                    assert answer.code in {Code.OK, Code.INTERNAL, Code.UNAVAILABLE}
                    await done(node, put(1))
            for number in range(3):
                answer = await node.call("zeta", rq.AddProductsReq(skus=[f"fanta-{number}"]), f"{number}")
                assert answer.code == Code.OK
            assert await on_hand(node) == 3

    with caplog.at_level(logging.ERROR):
        asyncio.run(story())
    assert count > 4 or "tenant zeta cannot be opened" in caplog.text
    for tenant in (ACME, "zeta"):
        lies, made = digests(root, tenant)
        assert lies == made
    assert len(commits(root, "zeta")) == 3


# A clock that jumps


class JumpingClock(MachineClock):
    """The machine's clock, set by somebody else."""

    jump_us = 0

    def now_us(self) -> int:
        return super().now_us() + self.jump_us


async def at_times(root: Path, jumps_us: list[int]) -> list[Answer]:
    """Deliver once at each time, and then repeat each delivery at the last of them."""
    clock, storage = JumpingClock(), DirectoryStorage(root)
    node = Node(Env(clock, storage, NoMeter()), INVENTORY)
    await furnish(node)
    answers = list[Answer]()
    for number, clock.jump_us in enumerate(jumps_us):
        answers.append(await done(node, put(1), f"delivery-{number}"))
    for number, answer in enumerate(answers):
        assert await node.call(ACME, put(1), f"delivery-{number}") == answer
    await node.stop()
    storage.close()
    return answers


@pytest.mark.parametrize(
    "jumps_us",
    [
        [0, -DAY_US, 0, -40_000 * DAY_US, 1],
        [0, 6 * DAY_US, 0, 6 * DAY_US, -6 * DAY_US],
        [0, 40_000 * DAY_US, 0, -40_000 * DAY_US, 0],
    ],
    ids=["back", "forward", "far"],
)
def test_invariant_5_first_answers_hold_when_the_clock_jumps(root: Path, jumps_us: list[int]) -> None:
    asyncio.run(at_times(root, jumps_us))
    times = [commit.time_us for commit in commits(root)]
    assert times == sorted(times), "a clock may go back, a log does not"
    assert len(times) == 2 + len(jumps_us)
    lies, made = digests(root)
    assert lies == made


def test_a_jump_over_the_age_of_first_answers_is_believed(root: Path) -> None:
    """Nobody can tell it from a week without requests; a clock that is set back later brings them not again."""

    async def story() -> None:
        clock, storage = JumpingClock(), DirectoryStorage(root)
        async with node_of(storage) as still, node_of(storage):
            await furnish(still)
            await done(still, put(1), "early")
        node = Node(Env(clock, storage, NoMeter()), INVENTORY)
        clock.jump_us = (REQUEST_ID_AGE_S_MAX + 1) * 1_000_000
        for number in range(FORGET_EVERY_ANSWERS):
            await done(node, put(1), f"late-{number}")
        assert (await done(node, put(1), "early")).response != (await done(node, put(1), "late-0")).response
        assert await on_hand(node) == FORGET_EVERY_ANSWERS + 2
        await node.stop()
        storage.close()

    asyncio.run(story())


# Two on one directory


def test_invariant_2_two_nodes_on_one_directory_lose_and_double_nothing(root: Path) -> None:
    """The lock keeps servers apart; if it failed, the log would."""
    acknowledged = set[str]()

    async def deliver(node: Node, name: str) -> None:
        for number in range(40):
            answer = await node.call(ACME, put(1), f"{name}-{number}")
            assert answer.code in {Code.OK, Code.UNAVAILABLE, Code.INTERNAL}
            if answer.code == Code.OK:
                acknowledged.add(f"{name}-{number}")

    async def story() -> None:
        async with node_on(root) as one, node_on(root) as other:
            await furnish(one)
            await asyncio.gather(deliver(one, "one"), deliver(other, "other"))

    asyncio.run(story())
    happened = [commit.request_id for commit in commits(root)[2:]]
    assert len(happened) == len(set(happened))
    assert acknowledged <= set(happened)
    assert len(acknowledged) > 2
