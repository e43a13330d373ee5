"""The simulated disk keeps its promises, and not one more."""

import asyncio
import errno
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf.adapters.machine.files import write_durably
from bf.core.ports import START, DamagedLogError, Log, UnknownOutcomeError
from bf.sim.disk import SECTOR_BYTES, Disk, File
from bf.sim.loop import Life, SimLoop
from bf.sim.storage import SimStorage

Write = tuple[int, bytes | None]
"""Where, and what; or None, which cuts the file there."""


class Place:
    """A disk, and the loop that it lives on."""

    def __init__(self, seed: int = 0) -> None:
        self.loop = SimLoop(str(seed))
        self.disk = Disk(self.loop, "server-1", Random(seed))

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(story)

    def sync(self, file: File) -> None:
        self.run(self.disk.sync(file))

    def put(self, path: str, body: bytes) -> File:
        """Write a file, and make it and its name durable."""
        file = self.disk.create(path)
        self.disk.write(file, 0, body)
        self.sync(file)
        self.disk.sync_folder_now(path.partition("/")[0])
        return file

    def read(self, path: str) -> bytes:
        return bytes(self.disk.file(path).content)

    def close(self) -> None:
        self.loop.bury(self.loop.world)
        self.loop.close()


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    yield place
    place.close()


def after_cuts(prepare: Callable[[Place], None], seeds: int = 200) -> Counter[tuple[tuple[str, bytes], ...]]:
    """Prepare a disk and cut its power, with many dice; count what is there afterwards."""
    found = Counter[tuple[tuple[str, bytes], ...]]()
    for seed in range(seeds):
        place = Place(seed)
        prepare(place)
        place.disk.cut_power()
        found[tuple((name, place.read(f"acme/{name}")) for name in place.disk.list("acme"))] += 1
        place.close()
    return found


# What lasts


def test_the_death_of_a_process_loses_nothing(place: Place) -> None:
    life = Life("server-1", 1)
    place.loop.current = life
    file = place.disk.create("acme/log")
    place.disk.write(file, 0, b"never synced")
    place.loop.bury(life)
    assert place.read("acme/log") == b"never synced"


def test_a_power_cut_keeps_what_was_synced() -> None:
    def synced(place: Place) -> None:
        place.put("acme/log", b"synced")

    assert after_cuts(synced).keys() == {(("log", b"synced"),)}


def test_what_is_written_while_a_sync_is_under_way_is_not_part_of_it() -> None:
    def prepare(place: Place) -> None:
        file = place.put("acme/log", b"")
        place.disk.write(file, 0, b"before")
        place.loop.call_later(0.000_1, place.disk.write, file, 6, b" and after")
        place.sync(file)

    found = after_cuts(prepare)
    assert found.keys() == {(("log", b"before"),), (("log", b"before and after"),)}


def test_a_name_lasts_from_the_moment_its_folder_is_synced() -> None:
    def prepare(place: Place) -> None:
        file = place.disk.create("acme/log")
        place.disk.write(file, 0, b"synced")
        place.sync(file)

    assert after_cuts(prepare).keys() == {(), (("log", b"synced"),)}

    def durable(place: Place) -> None:
        prepare(place)
        place.run(place.disk.sync_folder("acme"))

    assert after_cuts(durable).keys() == {(("log", b"synced"),)}


def test_a_name_may_last_without_what_was_in_the_file() -> None:
    def prepare(place: Place) -> None:
        file = place.disk.create("acme/log")
        place.disk.write(file, 0, b"x")
        place.disk.sync_folder_now("acme")

    assert after_cuts(prepare).keys() == {(("log", b""),), (("log", b"x"),)}


def test_a_renaming_is_whole_or_has_not_happened() -> None:
    def prepare(place: Place) -> None:
        place.put("acme/old", b"old")
        place.put("acme/new", b"new")
        place.disk.rename("acme/new", "acme/old")

    found = after_cuts(prepare)
    assert found.keys() == {(("new", b"new"), ("old", b"old")), (("old", b"new"),)}
    assert min(found.values()) > 50


def test_what_was_removed_may_be_there_again() -> None:
    def prepare(place: Place) -> None:
        place.put("acme/log", b"x")
        place.disk.remove("acme/log")

    assert after_cuts(prepare).keys() == {(), (("log", b"x"),)}


def test_what_is_put_durably_is_there_after_a_power_cut() -> None:
    def prepare(place: Place) -> None:
        place.disk.put_durably("acme/keys", b"old")
        place.disk.put_durably("acme/keys", b"new")

    assert after_cuts(prepare).keys() == {(("keys", b"new"),)}


# What does not


def torn(before: bytes, writes: list[Write]) -> set[bytes]:
    """Return everything that a file may hold after a power cut: any of the sectors of any of the writes."""
    pieces = list[Write]()
    for offset, body in writes:
        if body is None:
            pieces.append((offset, None))
        else:
            pieces += [(offset + at, body[at : at + SECTOR_BYTES]) for at in range(0, len(body), SECTOR_BYTES)]
    found = set[bytes]()
    for choice in product((False, True), repeat=len(pieces)):
        content = bytearray(before)
        for kept, (offset, body) in zip(choice, pieces, strict=True):
            if kept and body is None:
                del content[offset:]
            elif kept and body is not None:
                content.extend(bytes(max(0, offset - len(content))))
                content[offset : offset + len(body)] = body
        found.add(bytes(content))
    return found


def bodies(most: int) -> st.SearchStrategy[bytes]:
    def body(size: int, byte: int) -> bytes:
        return bytes([byte]) * size

    return st.builds(body, st.integers(1, most), st.integers(1, 255))


WRITES = st.lists(st.tuples(st.integers(0, 1_500), st.none() | bodies(3 * SECTOR_BYTES)), max_size=3)


@given(before=bodies(1_000), writes=WRITES, seed=st.integers(0, 2**32))
def test_a_power_cut_keeps_any_part_of_the_rest_and_nothing_else(before: bytes, writes: list[Write], seed: int) -> None:
    place = Place(seed)
    file = place.put("acme/log", before)
    for offset, body in writes:
        if body is None:
            file.truncate(offset)
        else:
            place.disk.write(file, offset, body)
    place.disk.cut_power()
    assert place.read("acme/log") in torn(before, writes)
    assert bytes(file.durable) == bytes(file.content), "what is there now lasts"
    place.disk.cut_power()
    assert bytes(file.durable) == bytes(file.content)
    place.close()


def test_a_write_is_whole_or_missing_or_torn_between_sectors_each_now_and_then() -> None:
    body = b"a" * SECTOR_BYTES + b"b" * SECTOR_BYTES + b"c" * 10

    def prepare(place: Place) -> None:
        place.disk.write(place.put("acme/log", b""), 0, body)

    found = Counter({files[0][1]: count for files, count in after_cuts(prepare, 400).items()})
    assert found[body] > 100
    assert found[b""] > 100
    others = {content for content in found if content not in (b"", body)}
    assert others == torn(b"", [(0, body)]) - {b"", body}, "every way to tear it happens"


def test_of_two_writes_the_later_may_last_without_the_earlier() -> None:
    def prepare(place: Place) -> None:
        file = place.put("acme/log", b"....")
        place.disk.write(file, 0, b"1")
        place.disk.write(file, 2, b"2")

    found = {files[0][1] for files in after_cuts(prepare)}
    assert found == {b"....", b"1...", b"..2.", b"1.2."}


def test_after_a_failed_sync_the_cache_shows_what_no_other_sync_makes_durable(place: Place) -> None:
    file = place.put("acme/log", b"safe")
    place.disk.write(file, 4, b" lost")
    place.disk.syncs_to_fail = 1
    with pytest.raises(OSError, match="sync failed") as failed:
        place.sync(file)
    assert failed.value.errno == errno.EIO
    assert place.read("acme/log") == b"safe lost"
    place.sync(file)
    place.disk.cut_power()
    assert place.read("acme/log") == b"safe"


@pytest.mark.parametrize("seed", range(20))
def test_a_failed_sync_costs_nothing_that_was_written_after_it_began(seed: int) -> None:
    """Two syncs of one file run beside each other; which of them ends first, the dice say."""
    place = Place(seed)

    async def story() -> None:
        file = place.disk.create("acme/log")
        place.disk.write(file, 0, b"a")
        first = asyncio.ensure_future(place.disk.sync(file))
        await asyncio.sleep(0)
        place.disk.write(file, 1, b"b")
        second = asyncio.ensure_future(place.disk.sync(file))
        await first
        place.disk.write(file, 2, b"c")
        place.disk.syncs_to_fail = 0 if second.done() else 1
        third = asyncio.ensure_future(place.disk.sync(file))
        done = await asyncio.gather(second, third, return_exceptions=True)
        failed = [isinstance(each, OSError) for each in done]
        place.disk.sync_folder_now("acme")
        place.disk.cut_power()
        assert bytes(file.durable)[:1] == b"a"
        if not failed[1]:
            assert bytes(file.durable)[2:] == b"c", "its sync said yes"

    place.run(story())
    place.close()


def test_a_full_disk_takes_no_byte_more_and_keeps_what_it_has(place: Place) -> None:
    file = place.put("acme/log", b"here")
    place.disk.full = True
    for attempt in (lambda: place.disk.write(file, 4, b"!"), lambda: place.disk.create("acme/other")):
        with pytest.raises(OSError, match="no space left") as failed:
            attempt()
        assert failed.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match="no space left"):
        place.disk.put_durably("acme/log", b"other")
    place.sync(file)
    place.disk.rename("acme/log", "acme/kept")
    assert place.disk.list("acme") == ["kept"]
    place.disk.full = False
    place.disk.write(file, 4, b"!")
    assert place.read("acme/kept") == b"here!"


def test_a_rotten_disk_has_changed_bits_that_nobody_wrote(place: Place) -> None:
    file = place.put("acme/log", b"here")
    version = file.version
    file.flip(2)
    assert place.read("acme/log") == b"hebe"
    assert file.version > version
    place.disk.cut_power()
    assert place.read("acme/log") == b"hebe"
    file.flip(2)
    file.flip(1_000)
    assert place.read("acme/log") == b"here"


def test_a_slow_disk_syncs_late(place: Place) -> None:
    file = place.disk.create("acme/log")
    place.sync(file)
    usual = place.loop.now
    place.disk.slowness = 500
    place.sync(file)
    assert place.loop.now - usual > 100 * usual


def test_one_seed_loses_the_same() -> None:
    def story(seed: int) -> tuple[bytes, float, int]:
        place = Place(seed)
        file = place.put("acme/log", b"x" * 100)
        for number in range(10):
            place.disk.write(file, number * 700, bytes([number]) * 1_200)
        place.disk.cut_power()
        place.close()
        return place.read("acme/log"), place.loop.now, place.loop.digest

    assert [story(seed) for seed in range(10)] == [story(seed) for seed in range(10)]
    assert len({story(seed)[0] for seed in range(10)}) > 5


# What a log makes of it


async def written(log: Log) -> list[bytes]:
    return [batch.body async for batch in log.read(START)]


@pytest.mark.parametrize("size", [10, 600, 3_000])
def test_invariant_1_a_batch_that_the_power_has_torn_goes_and_what_was_acknowledged_stays(size: int) -> None:
    found = Counter[int]()
    for seed in range(100):
        place = Place(seed)
        process = Life("server-1", 1)
        storage = SimStorage(place.disk, process, Random(seed).randbytes, sealed=False)
        storage.create("acme")
        log = storage.log("acme")
        place.run(append(log, [b"first", b"second"]))
        place.disk.sync_s = 3_600
        place.loop.current = process
        place.loop.create_task(append(log, [b"x" * size]))
        place.loop.current = place.loop.world
        place.run(asyncio.sleep(1))
        place.loop.bury(process)
        place.disk.cut_power()
        place.disk.sync_s = 0.002
        again = SimStorage(place.disk, place.loop.world, Random(seed).randbytes, sealed=False).log("acme")
        seen = list[bytes]()

        async def look(log: Log = again, seen: list[bytes] = seen) -> None:
            seen += await written(log)
            await append(log, [b"later"])
            seen += (await written(log))[len(seen) :]

        place.run(look())
        assert seen in ([b"first", b"second", b"later"], [b"first", b"second", b"x" * size, b"later"])
        found[len(seen)] += 1
        place.close()
    assert min(found[3], found[4]) > 20


def test_nobody_reads_what_another_process_is_still_writing(place: Place) -> None:
    """It may be taken back: the write may fail."""
    mine, other = Life("server-1", 1), Life("server-1", 2)
    storages = [SimStorage(place.disk, life, Random(1).randbytes, sealed=False) for life in (mine, other)]
    storages[0].create("acme")
    place.run(append(storages[0].log("acme"), [b"first"]))
    place.disk.sync_s, place.disk.syncs_to_fail = 60, 1
    place.loop.current = mine
    writing = place.loop.create_task(append(storages[0].log("acme"), [b"second"]))
    place.loop.current = place.loop.world
    seen = list[bytes]()

    async def look() -> None:
        await asyncio.sleep(1)
        seen.extend(await written(storages[1].log("acme")))
        with pytest.raises(UnknownOutcomeError):
            await writing
        seen.extend(await written(storages[1].log("acme")))

    place.run(look())
    assert seen == [b"first"] * 2


def test_a_log_may_be_synced_while_it_is_appended_to(place: Place) -> None:
    storage = SimStorage(place.disk, place.loop.world, Random(1).randbytes, sealed=False)
    storage.create("acme")
    log = storage.log("acme")
    seen = list[bytes]()

    async def story() -> None:
        writing = asyncio.ensure_future(append(log, [b"first", b"second"]))
        await asyncio.sleep(place.disk.sync_s / 10)
        await log.sync()
        await writing
        seen.extend(await written(log))

    place.run(story())
    assert seen == [b"first", b"second"]


@pytest.mark.parametrize("seed", range(10))
def test_a_log_that_is_synced_after_a_failed_sync_is_durable_all_the_same(seed: int) -> None:
    """The failed sync has given up what the process before had written: it has to be written anew."""
    place = Place(seed)
    process = Life("server-1", 1)
    storage = SimStorage(place.disk, process, Random(seed).randbytes, sealed=False)
    storage.create("acme")
    place.disk.sync_s = 60
    place.loop.current = process
    place.loop.create_task(append(storage.log("acme"), [b"first"]))
    place.loop.current = place.loop.world
    place.run(asyncio.sleep(1))
    place.loop.bury(process)
    place.disk.syncs_to_fail = 1
    log = SimStorage(place.disk, place.loop.world, Random(seed).randbytes, sealed=False).log("acme")
    with pytest.raises(DamagedLogError):
        place.run(log.sync())
    place.run(log.sync())
    place.disk.cut_power()
    seen = list[bytes]()

    async def look() -> None:
        seen.extend(await written(log))

    place.run(look())
    assert seen == [b"first"]
    place.close()


async def append(log: Log, bodies: list[bytes]) -> None:
    for body in bodies:
        await log.append(await log.head(), 1, body)


# The same on a real disk


class Files(Protocol):
    """What both disks can do."""

    def put(self, name: str, body: bytes) -> None: ...
    def put_durably(self, name: str, body: bytes) -> None: ...
    def write_at(self, name: str, offset: int, body: bytes) -> None: ...
    def cut_at(self, name: str, size: int) -> None: ...
    def read(self, name: str) -> bytes: ...
    def rename(self, name: str, new: str) -> None: ...
    def remove(self, name: str) -> None: ...
    def list(self) -> list[str]: ...


class RealFiles:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "acme"
        self._folder.mkdir()

    def put(self, name: str, body: bytes) -> None:
        (self._folder / name).write_bytes(body)

    def put_durably(self, name: str, body: bytes) -> None:
        write_durably(self._folder / name, body, 0o600)

    def write_at(self, name: str, offset: int, body: bytes) -> None:
        with (self._folder / name).open("r+b") as file:
            file.seek(offset)
            file.write(body)

    def cut_at(self, name: str, size: int) -> None:
        with (self._folder / name).open("r+b") as file:
            file.truncate(size)

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def rename(self, name: str, new: str) -> None:
        (self._folder / name).replace(self._folder / new)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def list(self) -> list[str]:
        return sorted(path.name for path in self._folder.iterdir())


class SimFiles:
    """A folder of a simulated machine."""

    def __init__(self, folder: Path) -> None:
        del folder
        self.place = Place()
        self._disk = self.place.disk

    def put(self, name: str, body: bytes) -> None:
        self._disk.write(self._disk.create(f"acme/{name}"), 0, body)

    def put_durably(self, name: str, body: bytes) -> None:
        self._disk.put_durably(f"acme/{name}", body)

    def write_at(self, name: str, offset: int, body: bytes) -> None:
        self._disk.write(self._disk.file(f"acme/{name}"), offset, body)

    def cut_at(self, name: str, size: int) -> None:
        self._disk.file(f"acme/{name}").truncate(size)

    def read(self, name: str) -> bytes:
        return bytes(self._disk.file(f"acme/{name}").content)

    def rename(self, name: str, new: str) -> None:
        self._disk.rename(f"acme/{name}", f"acme/{new}")

    def remove(self, name: str) -> None:
        self._disk.remove(f"acme/{name}")

    def list(self) -> list[str]:
        return self._disk.list("acme")


@pytest.fixture(params=[RealFiles, SimFiles], ids=lambda each: each.__name__)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Files]:
    files = request.param(tmp_path)
    yield files
    if isinstance(files, SimFiles):
        files.place.close()


def test_what_is_written_is_read_back(files: Files) -> None:
    files.put("log", b"once")
    assert files.read("log") == b"once"
    files.put("log", b"anew")
    assert files.read("log") == b"anew"
    assert files.list() == ["log"]


def test_a_write_beyond_the_end_leaves_zeros_between(files: Files) -> None:
    files.put("log", b"abc")
    files.write_at("log", 1, b"X")
    files.write_at("log", 5, b"Y")
    assert files.read("log") == b"aXc\0\0Y"


def test_a_file_that_is_cut_is_shorter(files: Files) -> None:
    files.put("log", b"abcdef")
    files.cut_at("log", 2)
    assert files.read("log") == b"ab"
    files.write_at("log", 2, b"!")
    assert files.read("log") == b"ab!"


def test_a_renaming_replaces_what_has_the_name(files: Files) -> None:
    files.put("old", b"old")
    files.put("new", b"new")
    files.rename("new", "old")
    assert files.list() == ["old"]
    assert files.read("old") == b"new"


def test_a_file_that_is_not_there_is_not_found(files: Files) -> None:
    for attempt in (lambda: files.read("log"), lambda: files.rename("log", "other")):
        with pytest.raises(FileNotFoundError) as missing:
            attempt()
        assert missing.value.errno == errno.ENOENT


def test_what_is_removed_is_gone_and_may_be_removed_twice(files: Files) -> None:
    files.put("log", b"x")
    files.put("keys", b"y")
    files.remove("log")
    files.remove("log")
    assert files.list() == ["keys"]


def test_names_are_listed_in_order(files: Files) -> None:
    for name in ("c", "a", "b"):
        files.put(name, b"")
    assert files.list() == ["a", "b", "c"]


def test_what_is_put_durably_is_there_and_no_draft_of_it(files: Files) -> None:
    files.put_durably("keys", b"old")
    files.put_durably("keys", b"new")
    assert files.read("keys") == b"new"
    assert files.list() == ["keys"]
