"""Invariant 7, from inside: what is sealed opens only where it belongs, and with a key that is still there."""

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest

from bf.adapters.crypto.keyring import Keyring, KeyringError
from bf.adapters.crypto.log import SealedLog
from bf.adapters.crypto.seal import (
    HEADER_BYTES,
    NONCE_BYTES,
    Sealer,
    SealError,
    _aead,  # pyright: ignore[reportPrivateUsage]  # the cipher itself
    key_number,
)
from bf.adapters.memory.storage import Generation, MemoryLog
from bf.core.ports import START, Batch, DamagedLogError, Pos

ACME = "acme"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    keyring = Keyring(tmp_path / "keys")
    keyring.create(ACME)
    return keyring


def sealer(keyring: Keyring, tenant: str = ACME, use: str = "log") -> Sealer:
    return Sealer(keyring.use(tenant, use))


@pytest.mark.parametrize(
    ("key", "context", "sealed"),
    [
        (b"\x01" * 32, b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        (b"\x03" * 32, b"c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ],
)
def test_the_cipher_is_the_published_one(key: bytes, context: bytes, sealed: str) -> None:
    """Test vectors of C2SP, XAES-256-GCM, for both branches of its key derivation."""
    nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX"
    assert _aead(key, nonce).encrypt(nonce[12:], b"XAES-256-GCM", context).hex() == sealed


def test_what_was_sealed_opens_in_its_context_and_in_no_other(keyring: Keyring) -> None:
    sealed = sealer(keyring).seal(b"2 of cola", b"here")
    assert b"cola" not in sealed
    assert sealer(keyring).open(sealed, b"here") == b"2 of cola"
    with pytest.raises(SealError, match="belongs elsewhere"):
        sealer(keyring).open(sealed, b"there")


def test_a_change_of_any_byte_is_noticed(keyring: Keyring) -> None:
    sealed = sealer(keyring).seal(b"2 of cola", b"")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(SealError):
            sealer(keyring).open(changed, b"")
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            sealer(keyring).open(sealed[:length], b"")


def test_each_tenant_and_each_use_has_keys_of_its_own(keyring: Keyring) -> None:
    keyring.create("zeta")
    sealed = sealer(keyring).seal(b"2 of cola", b"")
    for other in (sealer(keyring, "zeta"), sealer(keyring, use="backup")):
        with pytest.raises(SealError):
            other.open(sealed, b"")
    keys = {keyring.sub_key(tenant, 1, use) for tenant in (ACME, "zeta") for use in ("log", "state", "backup")}
    assert len(keys) == 6


# Nonces


def nonces(sealed: list[bytes]) -> list[bytes]:
    return [each[HEADER_BYTES - NONCE_BYTES : HEADER_BYTES] for each in sealed]


def test_nonces_do_not_repeat(keyring: Keyring) -> None:
    one = sealer(keyring)
    drawn = Counter(nonces([one.seal(b"the same", b"") for _ in range(10_000)]))
    assert max(drawn.values()) == 1


def test_a_machine_whose_randomness_repeats_repeats_no_nonce_for_other_contents(keyring: Keyring) -> None:
    """As after the clone of a virtual machine: both draw the same numbers and write something else."""
    one, clone = (Sealer(keyring.use(ACME, "log"), dice=bytes) for _ in range(2))
    assert one.seal(b"2 of cola", b"1") == clone.seal(b"2 of cola", b"1")
    others = [clone.seal(b"3 of cola", b"1"), clone.seal(b"2 of cola", b"2"), one.seal(b"2 of cola", b"1")]
    assert len(set(nonces(others))) == 3


def test_a_forked_process_repeats_no_nonce(keyring: Keyring) -> None:
    one = sealer(keyring)
    one.seal(b"before the fork", b"")
    read_end, write_end = os.pipe()
    child = os.fork()
    if not child:
        os.write(write_end, b"".join(nonces([one.seal(b"the same", b"") for _ in range(100)])))
        os._exit(0)
    ours = nonces([one.seal(b"the same", b"") for _ in range(100)])
    assert os.waitpid(child, 0)[1] == 0
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        body = pipe.read()
    theirs = [body[place : place + NONCE_BYTES] for place in range(0, len(body), NONCE_BYTES)]
    assert len(theirs) == 100
    assert not set(ours) & set(theirs)


# Places in the log


def test_a_batch_that_was_moved_to_another_place_does_not_open(keyring: Keyring) -> None:
    keyring.create("zeta")

    async def story() -> None:
        held = Generation()
        log = SealedLog(ACME, MemoryLog(held), sealer(keyring))
        pos = await log.append(START, 1, b"first")
        await log.append(pos, 1, b"second")
        first, second = held.batches

        async def read(tenant: str, moved: Generation) -> list[bytes]:
            log = SealedLog(tenant, MemoryLog(moved), sealer(keyring, tenant))
            return [batch.body async for batch in log.read(START)]

        assert await read(ACME, held) == [b"first", b"second"]
        swapped = [Batch(first.pos, second.body), Batch(second.pos, first.body)]
        renumbered = [Batch(Pos(2, 1), first.body)]
        as_baseline = Generation(1, parts=[first.body], base=first.pos)
        for moved in (Generation(1, batches=swapped), Generation(1, batches=renumbered), as_baseline):
            with pytest.raises(DamagedLogError, match="belongs elsewhere"):
                await read(ACME, moved)
        with pytest.raises(DamagedLogError, match="generation 2, batch 1"):
            await read(ACME, Generation(2, batches=held.batches))
        with pytest.raises(DamagedLogError, match="zeta, generation 1, batch 1"):
            await read("zeta", held)

    asyncio.run(story())


def test_parts_of_a_baseline_do_not_change_places(keyring: Keyring) -> None:
    async def story() -> None:
        held = Generation(2)
        log = SealedLog(ACME, MemoryLog(held), sealer(keyring))
        for part in (b"part 0", b"part 1"):
            await log.extend([Batch(Pos(5, 3), part, baseline=True)])
        assert [batch.body async for batch in log.read(START)] == [b"part 0", b"part 1"]
        held.parts.reverse()
        with pytest.raises(DamagedLogError, match="part 0 of the baseline"):
            _ = [batch async for batch in log.read(START)]

    asyncio.run(story())


# The keyring


def test_keys_outlive_the_process_and_lie_wrapped(keyring: Keyring, tmp_path: Path) -> None:
    sealed = sealer(keyring).seal(b"2 of cola", b"")
    assert sealer(Keyring(tmp_path / "keys")).open(sealed, b"") == b"2 of cola"
    data_key = keyring._keys(ACME)[1]  # pyright: ignore[reportPrivateUsage]  # what must not lie there
    for path in (tmp_path / "keys").rglob("*"):
        assert path.is_dir() or data_key not in path.read_bytes()
        assert path.is_dir() or data_key.hex() not in path.read_text()


def test_nobody_else_reads_the_files_of_the_keyring(keyring: Keyring, tmp_path: Path) -> None:
    keyring.rotate(ACME)
    for path in (tmp_path / "keys").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_master_key_that_others_may_read_is_refused_with_the_remedy(keyring: Keyring, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    assert keyring.has(ACME)
    path.chmod(0o640)
    with pytest.raises(KeyringError, match=r"mode 640\); chmod 600 it"):
        Keyring(tmp_path / "keys")


@pytest.mark.parametrize("body", [b"", b"short\n", b"\xff" * 65])
def test_a_damaged_master_key_is_refused(keyring: Keyring, tmp_path: Path, body: bytes) -> None:
    assert keyring.has(ACME)
    (tmp_path / "keys" / "master.key").write_bytes(body)
    with pytest.raises(KeyringError, match="is not a master key"):
        Keyring(tmp_path / "keys")


def test_a_master_key_that_is_missing_is_not_made_anew_beside_tenants_keys(keyring: Keyring, tmp_path: Path) -> None:
    assert keyring.has(ACME)
    (tmp_path / "keys" / "master.key").unlink()
    with pytest.raises(KeyringError, match="is missing: restore it"):
        Keyring(tmp_path / "keys")


def test_another_master_key_opens_nothing(keyring: Keyring, tmp_path: Path) -> None:
    assert keyring.has(ACME)
    (tmp_path / "keys" / "master.key").write_text("ab" * 32)
    with pytest.raises(KeyringError, match="does not open"):
        Keyring(tmp_path / "keys").numbers(ACME)


def test_a_damaged_or_swapped_key_file_is_refused(keyring: Keyring, tmp_path: Path) -> None:
    keyring.create("zeta")
    acme, zeta = (tmp_path / "keys" / "tenants" / f"{tenant}.json" for tenant in (ACME, "zeta"))
    zeta.write_bytes(acme.read_bytes())
    with pytest.raises(KeyringError, match="does not open"):
        Keyring(tmp_path / "keys").numbers("zeta")
    acme.write_bytes(b"{")
    with pytest.raises(KeyringError, match="is damaged"):
        Keyring(tmp_path / "keys").numbers(ACME)


def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens(keyring: Keyring) -> None:
    one = sealer(keyring)
    old = one.seal(b"old", b"")
    assert keyring.rotate(ACME) == 2
    new = one.seal(b"new", b"")
    assert (key_number(old), key_number(new)) == (1, 2)
    assert (one.open(old, b""), one.open(new, b"")) == (b"old", b"new")


def test_what_a_forgotten_key_sealed_is_gone(keyring: Keyring) -> None:
    one = sealer(keyring)
    old = one.seal(b"old", b"")
    keyring.rotate(ACME)
    keyring.forget(ACME, below=2)
    assert keyring.numbers(ACME) == [2]
    with pytest.raises(SealError, match="key 1 is not in the keyring"):
        one.open(old, b"")


def test_what_an_erased_tenant_sealed_is_gone(keyring: Keyring, tmp_path: Path) -> None:
    one = sealer(keyring)
    old = one.seal(b"old", b"")
    keyring.erase(ACME)
    for each in (one, sealer(Keyring(tmp_path / "keys"))):
        with pytest.raises(SealError):
            each.open(old, b"")
    assert list((tmp_path / "keys" / "tenants").iterdir()) == []
