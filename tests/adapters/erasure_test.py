"""The proof of an erasure finds what it should find, and else says that nothing is left."""

import asyncio
import shutil
from pathlib import Path

import pytest
from tests.support.tenants import ACME, files, furnish, new_tenant, node_on

from bf.adapters.crypto.keyring import Keyring
from bf.adapters.erasure.proof import Proof, opens_database, opens_piece, prove_erased
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.main import main
from bf.inventory.domain import INVENTORY


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    new_tenant(root)
    new_tenant(root, "zeta")

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)

    asyncio.run(story())
    return root


def erased(root: Path) -> Keyring:
    storage = DirectoryStorage(root)
    storage.erase(ACME, {"tenant": ACME, "erased_at": "2026-11-27"})
    storage.close()
    return storage.keyring


def proof_of(keyring: Keyring, *folders: Path) -> Proof:
    return prove_erased(keyring, ACME, folders, ["Shelf", "cola"], lambda done: None)  # noqa: ARG005  # nobody looks


def test_of_an_erased_tenant_nothing_is_found(root: Path) -> None:
    proof = proof_of(erased(root), root)
    assert proof.proved
    assert (proof.words, proof.keys) == (2, 10)
    assert proof.files >= 4
    assert proof.attempts > 0


def test_copies_of_its_files_do_not_open(root: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies" / ACME
    copies.mkdir(parents=True)
    for path in (*files(root, "log"), *files(root, "state")):
        shutil.copy(path, copies)
    keyring = erased(root)
    proof = proof_of(keyring, root, tmp_path / "copies")
    assert proof.proved
    assert proof.attempts >= 20


def test_with_its_keys_the_same_attempts_open_everything(root: Path, tmp_path: Path) -> None:
    """Without this, the others could not fail."""
    storage = DirectoryStorage(root)
    (log,), (state,) = files(root, "log"), files(root, "state")
    assert opens_database(log, storage.keyring.sub_key(ACME, 1, "log pages"))
    assert opens_database(state, storage.keyring.sub_key(ACME, 1, "state"))
    assert not opens_database(log, storage.keyring.sub_key("zeta", 1, "log pages"))
    assert main(["tenant", "backup", ACME, "--to", str(tmp_path / "backups"), "--data", str(root)]) == 0
    (piece,) = (tmp_path / "backups").glob("*.bfb")
    assert opens_piece(piece, storage.keyring.sub_key(ACME, 1, "backup"), ACME)
    assert not opens_piece(piece, storage.keyring.sub_key("zeta", 1, "backup"), ACME)
    storage.close()
    found = proof_of(storage.keyring, root).found
    assert {each["what"] for each in found} >= {"it opens with a key that is left"}


@pytest.mark.parametrize("word", [b"Shelf", "cola".encode("utf-16-le")])
@pytest.mark.parametrize("before", [0, 1024 * 1024 - 2, 3 * 1024 * 1024])
def test_a_word_in_the_clear_is_found_wherever_it_lies(root: Path, word: bytes, before: int) -> None:
    keyring = erased(root)
    (root / "forgotten.log").write_bytes(b"x" * before + word + b"y")
    (found,) = proof_of(keyring, root).found
    assert found["file"].endswith("forgotten.log")
    assert "in the clear" in found["what"]


def test_a_copy_of_its_keys_is_found(root: Path) -> None:
    copy = root / "a copy"
    shutil.copy(root / "keys" / "tenants" / f"{ACME}.json", copy)
    (found,) = proof_of(erased(root), root).found
    assert found == {"file": str(copy), "what": "a copy of acme's keys, which the master key opens"}


def test_the_command_says_what_it_tried(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    erased(root)
    (tmp_path / "words").write_text("Shelf\n")
    words = ["tenant", "prove-erased", ACME, "--data", str(root), "--words", str(tmp_path / "words"), "--word", "cola"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert f"for {2 + len(INVENTORY.events)} words, and tried 10 keys" in said
    assert "Nothing of it was found" in said
    (root / "forgotten").write_text("a Shelf")
    assert main(words) == 1
    assert "forgotten: the word 'Shelf' in the clear" in capsys.readouterr().out
    assert main(["tenant", "prove-erased", "zeta", "--data", str(root)]) == 2
    assert "was not erased here" in capsys.readouterr().err
