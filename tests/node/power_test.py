"""Power cuts: a life is recorded once, cut at many places, and each time everything that somebody was told is there.

The seed is the bug report: BF_SEED=… BF_CUTS=… repeats it, up to the machine's own timing of threads.
"""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.support.lives import Life, Made, checkpoints_after, judge
from tests.support.power import Cut, Disk, Recording
from tests.support.tenants import ACME, furnish, new_tenant, node_on, on_hand, uid

from bf.adapters.machine import files as machine_files
from bf.adapters.sqlite import storage as directory
from bf.adapters.sqlite.log import SqliteLog
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.inventory.api.events_pb2 import InventoryUpdated
from bf.inventory.domain import INVENTORY
from bf.node.api import commit_pb2

CUTS = int(os.environ.get("BF_CUTS", "100"))
SEED = int(os.environ.get("BF_SEED", "20221125"))

LIFE_STEPS_COUNT = 30
CUTS_PER_LIFE = 20
LIVES_PER_FOLDER = 3

RELEASE_0_1 = Path(__file__).parents[1] / "upgrade" / "release_0_1" / "data"


def recorded(root: Path, dice: Random, *, steps: int = LIFE_STEPS_COUNT) -> Recording:
    """Live on a disk that records."""
    disk = Disk(root)
    with disk.recorded(), checkpoints_after(dice.choice([5, 20, 1_000])):
        asyncio.run(Life(root, dice, disk.tell).live(steps))
    return disk.recording


def cut_often(recording: Recording, folder: Path, dice: Random, *, cuts: int, told: list[Any]) -> Path:
    """Cut a recording at random places, judge each time, and return what the last cut left."""
    places = sorted(dice.randint(0, len(recording.steps)) for _ in range(cuts))
    cut = Cut(recording)
    left = folder / "left"
    for place in places:
        shutil.rmtree(left, ignore_errors=True)
        cut.go_to(place)
        cut.leave(left, dice)
        asyncio.run(judge(left, told + cut.facts))
    told += cut.facts
    return left


def cut_all(recordings: list[Recording], folder: Path, dice: Random) -> None:
    for recording in recordings:
        cut_often(recording, folder, dice, cuts=CUTS_PER_LIFE, told=[])


# Proofs


def test_invariant_1_what_was_answered_outlives_the_power(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each life begins with what the last cut of the one before has left."""
    dice = Random(SEED)
    root, told = tmp_path / "data", list[Any]()
    for life in range(CUTS // CUTS_PER_LIFE):
        if life % LIVES_PER_FOLDER == 0:
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            told.clear()
        recording = recorded(root, dice)
        left = cut_often(recording, tmp_path, dice, cuts=CUTS_PER_LIFE, told=told)
        shutil.rmtree(root)
        left.rename(root)
    assert "acknowledged" not in caplog.text, "no state was ahead of its log"


def test_invariant_1_an_upgrade_of_release_0_1_may_be_cut_anywhere(tmp_path: Path) -> None:
    dice = Random(SEED)
    for attempt in range(max(1, CUTS // 100)):
        root = tmp_path / f"data-{attempt}"
        shutil.copytree(RELEASE_0_1, root)
        (before,) = (path.name for path in (root / "tenants").iterdir())
        recording = recorded(root, dice, steps=5)
        cut_often(recording, tmp_path, dice, cuts=CUTS_PER_LIFE, told=[Made(before)])


def test_invariant_1_what_a_second_life_believed_outlives_the_power(tmp_path: Path) -> None:
    """A process dies between writing a batch and syncing it; the next one reads it from the machine's cache."""
    root = tmp_path / "data"
    root.mkdir()
    disk = Disk(root)
    with disk.recorded():
        new_tenant(root)

        async def lives() -> int:
            async with node_on(root) as node:
                await furnish(node)
            first = DirectoryStorage(root)
            log = first.log(ACME)
            log._log._database.execute("PRAGMA synchronous = OFF")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportPrivateUsage]  # it does not come to the sync
            pos, body = await log.head(), commit_pb2.Batch(commits=[put_commit(5)]).SerializeToString()
            await log.append(pos, 1, body)
            async with node_on(root) as node:
                told = await on_hand(node)
                end = len(disk.recording.steps)
            await log.close()
            first.close()
            del disk.recording.steps[end:]
            return told

        assert asyncio.run(lives()) == 5
    cut = Cut(disk.recording)
    cut.go_to(len(disk.recording.steps))
    for number in range(20):
        left = tmp_path / f"left-{number}"
        cut.leave(left, Random(number))

        async def look(left: Path = left) -> int:
            async with node_on(left) as node:
                return await on_hand(node)

        assert asyncio.run(look()) == 5, f"what the second life has told is gone after cut {number}"


def put_commit(units: int) -> commit_pb2.Commit:
    """Say that somebody has put units of cola on the shelf."""
    event = InventoryUpdated(location=uid(1), product=uid(2), on_hand_change=units, on_hand=units)
    commit = commit_pb2.Commit(time_us=1, request="UpdateInventoryReq", domain_version=INVENTORY.version)
    commit.events.add(type="InventoryUpdated", body=event.SerializeToString())
    return commit


# The harness can see a loss


def careless_log(patch: pytest.MonkeyPatch) -> None:
    """The log believes the disk as soon as it has written."""
    made = SqliteLog.__init__

    def careless(log: SqliteLog, *words: Any, **names: Any) -> None:  # noqa: ANN401  # as SqliteLog
        made(log, *words, **names)
        log._database.execute("PRAGMA synchronous = NORMAL")  # pyright: ignore[reportPrivateUsage]  # on purpose

    patch.setattr(SqliteLog, "__init__", careless)


def careless_folders(patch: pytest.MonkeyPatch) -> None:
    """Names are left to themselves."""
    for module in (directory, machine_files):
        patch.setattr(module, "sync_folder", Path.exists)


def careless_files(patch: pytest.MonkeyPatch) -> None:
    """What is in small files is left to itself."""

    def write(path: Path, body: bytes, mode: int) -> None:
        draft = path.with_name(f".{path.name}.draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, mode), "wb") as file:
            file.write(body)
        draft.replace(path)
        machine_files.sync_folder(path.parent)

    patch.setattr(directory, "write_durably", write)


def careless_drafts(patch: pytest.MonkeyPatch) -> None:
    """A generation is published without being synced."""
    patch.setattr(SqliteLog, "_sync", object.__repr__)


@pytest.mark.parametrize(
    ("careless", "loss"),
    [
        (careless_log, "an acknowledged command is lost"),
        (careless_folders, "lost|back|not in the keyring"),
        (careless_files, "is damaged"),
        (careless_drafts, "lost|is empty|is not a database"),
    ],
)
def test_the_harness_sees_what_carelessness_loses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, careless: Callable[[pytest.MonkeyPatch], None], loss: str
) -> None:
    """Each of these must lose something, or the tests above prove nothing."""
    dice = Random(1)
    with monkeypatch.context() as patch:
        careless(patch)
        recordings = list[Recording]()
        for number in range(4):
            (tmp_path / str(number)).mkdir()
            recordings.append(recorded(tmp_path / str(number), dice))
    with pytest.raises(Exception, match=loss):
        cut_all(recordings, tmp_path, dice)
