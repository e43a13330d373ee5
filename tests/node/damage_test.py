"""Damage: whatever happens to a file, the tenant answers as it did, or somebody is told; never something else silently.

The seed is the bug report: BF_SEED=… BF_DAMAGES=… repeats it.
"""

import asyncio
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from google.protobuf.message import Message
from tests.support.tenants import ACME, ROOT, commits, furnish, node_of, node_on, put, settled

from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.release_0_1 import upgrade
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.core.ports import START, Env, Log, LogError
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.node.compact import compact
from bf.node.node import Node

DAMAGES = int(os.environ.get("BF_DAMAGES", "25"))
"""How many bytes of each file are changed, each in a copy of its own."""
SEED = int(os.environ.get("BF_SEED", "20221125"))

ZETA = "zeta"
QUESTIONS: list[tuple[Message, str]] = [
    (rq.ListProductsReq(), ""),
    (rq.ListLocationsReq(location=ROOT), ""),
    (rq.GetLocInventoryReq(location=ROOT), ""),
    (put(1), "early"),
    (put(2), "middle"),
    (put(3), "late"),
    (put(-1_000_000), "refused"),
]

Answers = dict[str, list[tuple[int, bytes, str]]]


class Sound(NamedTuple):
    """A data directory without damage, as a killed server and as a stopped one leave it, and an older copy of it."""

    killed: Path
    stopped: Path
    older: Path
    answers: Answers


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    root, killed, stopped, older = (tmp_path_factory.mktemp("sound") / name for name in "abcd")

    async def make() -> Answers:
        storage = DirectoryStorage(root)
        async with node_of(storage) as node:
            for tenant in (ACME, ZETA):
                storage.create(tenant)
                storage.set_limits(tenant, {"products_count_max": 1_000})
            await furnish(node)
            await ask(node, QUESTIONS[3:4])
            await node.call(ZETA, rq.AddProductsReq(skus=["fanta"]), "early")
            for tenant in (ACME, ZETA):
                await compact(await node.cell(tenant), Env(MachineClock(), storage, NoMeter()), archive=True)
            await ask(node, QUESTIONS[4:5])
            await node.call(ACME, rq.AddProductsReq(skus=[f"{number:050}" for number in range(200)]), "")
            await settled(node, ACME, ZETA)
            copy(root, older)
            await ask(node, QUESTIONS[5:])
            await settled(node, ACME, ZETA)
            copy(root, killed)
            answers = {tenant: await ask(node, QUESTIONS, tenant) for tenant in (ACME, ZETA)}
        storage.close()
        return answers

    answers = asyncio.run(make())
    copy(root, stopped)
    return Sound(killed, stopped, older, answers)


def copy(root: Path, to: Path) -> None:
    """Copy what a power cut would leave of an idle server."""
    shutil.copytree(root, to, ignore=shutil.ignore_patterns("*-shm", "lock"))


async def ask(node: Node, questions: list[tuple[Message, str]], tenant: str = ACME) -> list[tuple[int, bytes, str]]:
    """Ask, and repeat what was not answered, as every client does."""
    answers = list[tuple[int, bytes, str]]()
    for request, request_id in questions:
        answer = await node.call(tenant, request, request_id)
        if answer.code == Code.UNAVAILABLE:
            answer = await node.call(tenant, request, request_id)
        answers.append((answer.code, answer.response, answer.message))
    return answers


async def asked(root: Path) -> Answers:
    """Start a node on a directory, as `bf serve` does, and ask everything."""
    storage = DirectoryStorage(root)
    try:
        storage.lock()
        await upgrade(storage)
        async with node_of(storage) as node:
            return {tenant: await ask(node, QUESTIONS, tenant) for tenant in (ACME, ZETA)}
    finally:
        storage.close()


def judge(root: Path, sound: Sound, log: pytest.LogCaptureFixture) -> str:
    """Say what came of the damage; fails if a tenant answers something else and nobody was told."""
    log.clear()
    try:
        answers = asyncio.run(asked(root))
    except (KeyringError, StorageError):
        return "refused"
    worst = "the same"
    for tenant in (ACME, ZETA):
        told = [each.getMessage() for each in log.records if each.levelno == logging.ERROR]
        if any(tenant in each and "lost what was acknowledged" in each for each in told):
            worst = "told"
        elif answers[tenant] != sound.answers[tenant]:
            assert {code for code, _, _ in answers[tenant]} == {Code.INTERNAL}, "something else, and nobody was told"
            assert any(re.search(f"{tenant} (cannot be opened|the cell fails)", each) for each in told)
            assert re.search(f"tenants/{tenant}|{tenant}, generation|master.key", log.text), "the file is named"
            worst = "refused"
    return worst


def whole_log(root: Path) -> list[bytes] | str:
    """Read acme's whole log, archives too; or return why it cannot be read."""

    async def read() -> list[bytes]:
        storage = DirectoryStorage(root)
        logs = list[Log]()
        try:
            logs += [*storage.archives(ACME), storage.log(ACME)]
            return [batch.body for log in logs for batch in [each async for each in log.read(START)]]
        finally:
            for log in logs:
                await log.close()
            storage.close()

    try:
        return asyncio.run(read())
    except LogError as error:
        return str(error)


def databases(root: Path) -> list[Path]:
    """Return the files of acme's that SQLite writes."""
    return sorted(path for path in (root / "tenants" / ACME).rglob("*.db*") if path.stat().st_size)


def flips(path: Path, dice: Random) -> Iterator[tuple[int, int]]:
    """Yield places in a file and what is changed there: the beginning of all that has one, and some in between."""
    size = path.stat().st_size
    begins = [place for place in range(0, size, 4_096) for place in range(place, min(size, place + 100))]
    frames = range(32, size, 24 + 4_096) if path.name.endswith("-wal") else ()
    begins += [place for begin in frames for place in range(begin, begin + 24)]
    for number in range(DAMAGES):
        yield dice.choice(begins) if number % 2 else dice.randrange(size), 1 << dice.randrange(8)


def flip(path: Path, place: int, mask: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ mask]))


@pytest.mark.parametrize("when", ["killed", "stopped"])
def test_a_changed_byte_of_log_or_state_is_never_silently_used(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture, when: str
) -> None:
    dice = Random(SEED)
    source: Path = getattr(sound, when)
    shutil.copytree(source, tmp_path / "read")
    logged = whole_log(tmp_path / "read")
    outcomes = dict[str, set[str]]()
    root = tmp_path / "damaged"
    for path in databases(source):
        name = path.relative_to(source)
        for place, mask in flips(path, dice):
            shutil.copytree(source, root)
            flip(root / name, place, mask)
            outcome = judge(root, sound, caplog)
            left = whole_log(root)
            if name.name.startswith("state-"):
                assert (outcome, left) == ("the same", logged), f"{name} at {place}"
            elif left != logged:
                assert outcome == "told" or name.name in left, f"{name} at {place}"
            outcomes.setdefault(name.name, set()).add(outcome)
            shutil.rmtree(root)
    for name, seen in outcomes.items():
        assert DAMAGES < 25 or not name.startswith("log-2") or seen - {"the same"}, f"{name}: it was felt"


# Whole files


def gone(path: Path, _: Sound) -> None:
    path.unlink()


def empty(path: Path, _: Sound) -> None:
    path.write_bytes(b"")


def cut_short(path: Path, _: Sound) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def cut_after_a_page(path: Path, _: Sound) -> None:
    os.truncate(path, 4_096)


def longer(path: Path, _: Sound) -> None:
    with path.open("ab") as file:
        file.write(b"\xa5" * 5_000)


def zeros(path: Path, _: Sound) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def of_the_other_tenant(path: Path, _: Sound) -> None:
    other = Path(str(path).replace(ACME, ZETA))
    if other.exists():
        path.write_bytes(other.read_bytes())


def of_before(path: Path, sound: Sound) -> None:
    place = path.parts.index("damaged") + 1
    older = sound.older.joinpath(*path.parts[place:])
    if older.exists():
        path.write_bytes(older.read_bytes())


WHOLE = [gone, empty, cut_short, cut_after_a_page, longer, zeros, of_the_other_tenant, of_before]


@pytest.mark.parametrize("when", ["killed", "stopped"])
@pytest.mark.parametrize("damage", WHOLE, ids=lambda each: each.__name__)
def test_a_file_that_is_lost_or_replaced_is_never_silently_used(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path, Sound], None], when: str
) -> None:
    source: Path = getattr(sound, when)
    for path in databases(source):
        root = tmp_path / "damaged" / path.name
        shutil.copytree(source, root)
        damage(root / path.relative_to(source), Sound(sound.killed, sound.stopped, sound.older / path.name, {}))
        outcome = judge(root, sound, caplog)
        assert outcome == "the same" or path.name.startswith("log-2"), f"{path.name}: what can be recovered is"


def test_a_generation_in_the_place_of_another_is_refused(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "damaged"
    shutil.copytree(sound.stopped, root)
    folder = root / "tenants" / ACME
    shutil.copy(folder / "archive" / "log-1-k1.db", folder / "log-2-k1.db")
    assert judge(root, sound, caplog) == "told"
    folder.joinpath("log-2-k1.db").rename(folder / "log-3-k1.db")
    for path in folder.glob("state-*"):
        path.unlink()
    assert judge(root, sound, caplog) == "refused"


# Keys


@pytest.mark.parametrize("name", ["master.key", f"tenants/{ACME}.json"])
def test_a_changed_byte_of_a_key_opens_nothing(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    dice = Random(SEED)
    outcomes = set[str]()
    for _ in range(2 * DAMAGES):
        root = tmp_path / "damaged"
        shutil.copytree(sound.stopped, root)
        path = root / "keys" / name
        flip(path, dice.randrange(path.stat().st_size), 1 << dice.randrange(8))
        outcomes.add(judge(root, sound, caplog))
        shutil.rmtree(root)
    assert "refused" in outcomes  # some bytes are white space


@pytest.mark.parametrize("damage", [gone, empty, of_the_other_tenant], ids=lambda each: each.__name__)
def test_keys_that_are_lost_are_named_and_never_made_again(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path, Sound], None]
) -> None:
    root = tmp_path / "damaged"
    shutil.copytree(sound.stopped, root)
    keys = root / "keys" / "tenants" / f"{ACME}.json"
    damage(keys, sound)
    lost = keys.exists()
    assert judge(root, sound, caplog) == "refused"
    assert keys.exists() == lost, "none are made"
    shutil.copy(sound.stopped / "keys" / "tenants" / f"{ACME}.json", keys)
    assert judge(root, sound, caplog) == "the same"


def test_a_log_that_is_emptied_is_refused_even_without_a_witness(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "damaged"
    shutil.copytree(sound.stopped, root)
    folder = root / "tenants" / ACME
    (folder / "log-2-k1.db").write_bytes(b"")
    for path in folder.glob("state-*"):
        path.unlink()
    assert judge(root, sound, caplog) == "refused"
    assert judge(root, sound, caplog) == "refused"


def test_a_state_that_a_crash_has_brought_back_after_its_key_was_forgotten_goes(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "damaged"
    shutil.copytree(sound.stopped, root)
    folder = root / "tenants" / ACME
    shutil.copy(folder / "state-2-k1.db", folder / "state-1-k0.db")
    assert judge(root, sound, caplog) == "the same"
    assert not (folder / "state-1-k0.db").exists()


@pytest.mark.parametrize("body", [b"", b"{", b"\x00" * 30])
def test_limits_that_cannot_be_read_are_named_and_never_no_limits(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    root = tmp_path / "damaged"
    shutil.copytree(sound.stopped, root)
    (root / "tenants" / ACME / "limits.json").write_bytes(body)
    assert judge(root, sound, caplog) == "refused"
    assert "limits.json is damaged: set the limits of acme anew" in caplog.text


# Histories


async def go_on(root: Path, units: int) -> None:
    async with node_on(root) as node:
        for _ in range(3):
            await node.call(ACME, put(units), "")


def test_a_state_of_another_history_of_the_same_length_is_not_used(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As when a directory was copied, both went on, and the files of the two are mixed."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for root, units in ((ours, 10), (theirs, 20)):
        shutil.copytree(sound.stopped, root)
        asyncio.run(go_on(root, units))
    expected = asyncio.run(asked(theirs))
    (state,) = (ours / "tenants" / ACME).glob("state-*.db")
    shutil.copy(state, theirs / "tenants" / ACME / state.name)
    caplog.clear()
    assert asyncio.run(asked(theirs)) == expected
    assert "another history" in caplog.text


def test_what_is_lost_together_with_its_only_witness_cannot_be_noticed(
    sound: Sound, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who puts back an older copy of everything, or damages the end of a log and deletes the state, is believed."""
    for root in (tmp_path / "copy", tmp_path / "both"):
        shutil.copytree(sound.older if root.name == "copy" else sound.killed, root)
    folder = tmp_path / "both" / "tenants" / ACME
    for path in [*folder.glob("state-*"), *folder.glob("log-*-wal")]:
        path.unlink()
    caplog.clear()
    for root in (tmp_path / "copy", tmp_path / "both"):
        assert len(commits(root)) < len(whole_log(tmp_path / "copy")) + 2
        asyncio.run(asked(root))
    assert "lost" not in caplog.text
