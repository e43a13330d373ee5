"""Chains of backups: whatever happens to a piece is told with its name, and erasing a tenant reaches every piece."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bf.adapters.archive.chain import Archive, Lacking
from bf.adapters.archive.piece import PieceError
from bf.adapters.crypto.keyring import Keyring
from bf.adapters.crypto.seal import Sealer
from bf.core.ports import START, Batch, Pos

ACME = "acme"
PIECES = 3


def batch(number: int, body: bytes = b"some commits") -> Batch:
    return Batch(Pos(2 * number, number), body + str(number).encode())


def keyring_of(folder: Path) -> Keyring:
    keyring = Keyring(folder / "keys")
    if not keyring.has(ACME):
        keyring.create(ACME)
    return keyring


def archive_of(folder: Path) -> Archive:
    return Archive(folder / "backups", ACME, Sealer(keyring_of(folder).use(ACME, "backup")))


async def several(batches: Sequence[Batch]) -> AsyncIterator[Batch]:
    for each in batches:
        yield each


def write(archive: Archive, stamp: str, batches: Sequence[Batch]) -> Path:
    """Write the next piece of a chain."""

    async def written() -> Path:
        with archive.held():
            before = archive.chain(stamp) if stamp in archive.stamps() else None
            lacking = Lacking(several(batches), batches[-1].pos, 1_000_000, "inventory", 1)
            return (await archive.write(stamp, before, lacking)).path

    return asyncio.run(written())


def chain_in(folder: Path) -> list[Path]:
    """Write a chain of three pieces of two batches each."""
    archive = archive_of(folder)
    stamp = archive.new_stamp(1_000_000)
    return [write(archive, stamp, [batch(2 * number + 1), batch(2 * number + 2)]) for number in range(PIECES)]


def read(folder: Path, after: Pos = START) -> list[Batch]:
    """Read the newest chain to its end."""

    async def bodies() -> list[Batch]:
        archive = archive_of(folder)
        return [each async for each in archive.chain(archive.stamps()[-1]).read(after)]

    return asyncio.run(bodies())


def test_a_chain_gives_back_what_was_written(tmp_path: Path) -> None:
    chain_in(tmp_path)
    assert read(tmp_path) == [batch(number) for number in range(1, 2 * PIECES + 1)]
    assert read(tmp_path, Pos(6, 3)) == [batch(number) for number in range(4, 2 * PIECES + 1)]


def test_the_names_say_the_chain_the_number_and_the_batches(tmp_path: Path) -> None:
    assert [path.name for path in chain_in(tmp_path)] == [
        "acme-19700101T000001Z-0001-0-2.bfb",
        "acme-19700101T000001Z-0002-2-4.bfb",
        "acme-19700101T000001Z-0003-4-6.bfb",
    ]


def test_nothing_of_a_body_or_of_a_position_is_in_a_piece(tmp_path: Path) -> None:
    for path in chain_in(tmp_path):
        body = path.read_bytes()
        assert b"commits" not in body
        assert b"inventory" not in body
        assert path.stat().st_mode & 0o777 == 0o600


def test_two_chains_of_one_second_have_two_names(tmp_path: Path) -> None:
    chain_in(tmp_path)
    assert archive_of(tmp_path).new_stamp(1_000_000) == "19700101T000002Z"
    assert archive_of(tmp_path).new_stamp(0) == "19700101T000002Z"


def test_the_chains_of_a_tenant_with_a_similar_name_are_not_its_own(tmp_path: Path) -> None:
    path = chain_in(tmp_path)[0]
    path.with_name(path.name.replace("acme-", "acme-2-")).write_bytes(path.read_bytes())
    assert len(archive_of(tmp_path).stamps()) == 1
    assert len(read(tmp_path)) == 2 * PIECES


# Damage


def exchange(paths: Sequence[Path]) -> Path:
    first, second = paths[1].read_bytes(), paths[2].read_bytes()
    paths[1].write_bytes(second)
    paths[2].write_bytes(first)
    return paths[1]


def drop_the_first(paths: Sequence[Path]) -> Path:
    paths[0].unlink()
    return paths[1]


def drop_one_in_the_middle(paths: Sequence[Path]) -> Path:
    paths[1].unlink()
    return paths[2]


def drop_the_last(paths: Sequence[Path]) -> Path:
    paths[2].unlink()
    return paths[1]


def rename(paths: Sequence[Path]) -> Path:
    target = paths[2].with_name(paths[2].name.replace("-0003-", "-0004-"))
    paths[2].rename(target)
    return target


def double(paths: Sequence[Path]) -> Path:
    target = paths[2].with_name(paths[2].name.replace("-0003-", "-0004-"))
    target.write_bytes(paths[2].read_bytes())
    return target


def cut_off(paths: Sequence[Path]) -> Path:
    paths[1].write_bytes(paths[1].read_bytes()[:-10])
    return paths[1]


def empty(paths: Sequence[Path]) -> Path:
    paths[1].write_bytes(b"")
    return paths[1]


def lengthen(paths: Sequence[Path]) -> Path:
    paths[1].write_bytes(paths[1].read_bytes() + b"more")
    return paths[1]


@pytest.mark.parametrize(
    "damage",
    [exchange, drop_the_first, drop_one_in_the_middle, drop_the_last, rename, double, cut_off, empty, lengthen],
    ids=lambda each: each.__name__,
)
def test_a_piece_that_is_not_where_it_was_is_named(tmp_path: Path, damage: Callable[[Sequence[Path]], Path]) -> None:
    named = damage(chain_in(tmp_path))
    with pytest.raises(PieceError) as told:
        read(tmp_path)
    assert str(named) in str(told.value)


def test_a_piece_of_another_chain_is_named(tmp_path: Path) -> None:
    ours, theirs = chain_in(tmp_path), chain_in(tmp_path)
    theirs[1].write_bytes(ours[1].read_bytes())
    with pytest.raises(PieceError, match="is of another chain") as told:
        read(tmp_path)
    assert str(theirs[1]) in str(told.value)


def test_a_piece_of_another_tenant_does_not_open(tmp_path: Path) -> None:
    chain_in(tmp_path)
    other = Archive(tmp_path / "backups", "other", Sealer(keyring_of(tmp_path).use(ACME, "backup")))
    for path in (tmp_path / "backups").glob("acme-*"):
        path.rename(path.with_name(path.name.replace("acme", "other")))
    with pytest.raises(PieceError, match="it was changed, or it belongs elsewhere"):
        other.chain(other.stamps()[-1])


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    folder = tmp_path_factory.mktemp("pristine")
    return folder, chain_in(folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_flipped_bit_is_found_and_its_piece_is_named(
    pristine: tuple[Path, list[Path]], data: st.DataObject
) -> None:
    folder, paths = pristine
    path = data.draw(st.sampled_from(paths))
    before = path.read_bytes()
    bit = data.draw(st.integers(0, 8 * len(before) - 1))
    spoilt = bytearray(before)
    spoilt[bit // 8] ^= 1 << bit % 8
    path.write_bytes(spoilt)
    try:
        with pytest.raises(PieceError) as told:
            read(folder)
        assert str(path) in str(told.value)
    finally:
        path.write_bytes(before)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_piece_that_is_cut_off_is_found_and_named(pristine: tuple[Path, list[Path]], data: st.DataObject) -> None:
    folder, paths = pristine
    path = data.draw(st.sampled_from(paths))
    before = path.read_bytes()
    path.write_bytes(before[: data.draw(st.integers(0, len(before) - 1))])
    try:
        with pytest.raises(PieceError) as told:
            read(folder)
        assert str(path) in str(told.value)
    finally:
        path.write_bytes(before)


# Crashes, and others who write


def test_a_backup_that_is_interrupted_leaves_the_chain_whole(tmp_path: Path) -> None:
    archive, paths = archive_of(tmp_path), chain_in(tmp_path)

    async def broken() -> AsyncIterator[Batch]:
        yield batch(7)
        raise KeyboardInterrupt

    async def story() -> None:
        with archive.held():
            lacking = Lacking(broken(), Pos(14, 7), 1, "inventory", 1)
            await archive.write(archive.stamps()[0], archive.chain(archive.stamps()[0]), lacking)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(story())
    assert len(read(tmp_path)) == 2 * PIECES
    assert len(list((tmp_path / "backups").glob("*.bfb"))) == len(paths)
    assert not list((tmp_path / "backups").glob(".*.draft"))


def test_what_a_crash_left_behind_is_removed_by_the_next_backup(tmp_path: Path) -> None:
    chain_in(tmp_path)
    left = tmp_path / "backups" / ".acme-19700101T000001Z-0004-6-8.bfb.draft"
    others = left.with_name(".acme-2-19700101T000001Z-0004-6-8.bfb.draft")
    left.touch()
    others.touch()
    with archive_of(tmp_path).held():
        assert not left.exists()
        assert others.exists()


def test_a_crash_after_the_piece_and_before_its_count_does_not_matter(tmp_path: Path) -> None:
    chain_in(tmp_path)
    archive = archive_of(tmp_path)
    count = next((tmp_path / "backups").glob("*.chain"))
    before = count.read_bytes()
    write(archive, archive.stamps()[0], [batch(7)])
    count.write_bytes(before)
    assert len(read(tmp_path)) == 2 * PIECES + 1


def test_two_backups_of_one_tenant_do_not_write_at_the_same_time(tmp_path: Path) -> None:
    with archive_of(tmp_path).held(), pytest.raises(BlockingIOError), archive_of(tmp_path).held():
        pass


# Keys


def test_no_backup_of_an_erased_tenant_can_be_read(tmp_path: Path) -> None:
    chain_in(tmp_path)
    keyring = keyring_of(tmp_path)
    keyring.erase(ACME)
    archive = Archive(tmp_path / "backups", ACME, Sealer(keyring.use(ACME, "backup")))
    with pytest.raises(PieceError, match="key 1 is not in the keyring"):
        archive.chain(archive.stamps()[0])
    keyring.create(ACME)  # whoever gets the name again reads nothing either
    with pytest.raises(PieceError, match="it does not open with key 1"):
        archive.chain(archive.stamps()[0])


def test_a_chain_goes_on_after_a_rotation_and_ends_when_its_keys_are_forgotten(tmp_path: Path) -> None:
    chain_in(tmp_path)
    keyring = keyring_of(tmp_path)
    keyring.rotate(ACME)
    archive = archive_of(tmp_path)
    write(archive, archive.stamps()[0], [batch(7)])
    assert len(read(tmp_path)) == 2 * PIECES + 1
    keyring.forget(ACME, 2)
    with pytest.raises(PieceError, match="key 1 is not in the keyring"):
        read(tmp_path)
