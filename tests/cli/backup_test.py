"""`bf tenant backup` and `bf tenant restore`: nothing is lost, nothing is mixed, and every no says why."""

import asyncio
import re
import shutil
import threading
from pathlib import Path

import pytest
from tests.support.pasts import Shop, digest_of
from tests.support.serving import Caller, served
from tests.support.tenants import ACME, commits, digests, files, new_tenant, node_on, on_hand, put

from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.node.node import Node
from bf.node.times import text_of

FURNISHED = 2
"""How many events it takes to furnish a shop."""


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(tmp_path, capsys)


def answer_again(shop: Shop, tenant: str, units: int, name: str) -> int:
    """Repeat a request, and return how much is on hand according to its first answer."""

    async def repeat() -> int:
        async with node_on(shop.data) as node:
            answer = await node.call(tenant, put(units), name)
            assert answer.code == Code.OK
            return rq.UpdateInventoryResp.FromString(answer.response).on_hand

    return asyncio.run(repeat())


# Backups


def test_a_backup_says_where_it_is_and_how_to_bring_it_back(shop: Shop) -> None:
    said = shop.tenant("backup", ACME, "--to", shop.backups)
    assert said.code == 0
    assert re.fullmatch(
        rf"wrote everything up to event 2, [\d,]+ bytes, into {shop.backups}/acme-\w+-0001-0-2\.bfb\n"
        rf"bring it back with: bf tenant restore acme --from {shop.backups} --as NAME\n",
        said.out,
    )


def test_a_second_backup_writes_only_what_came_since(shop: Shop) -> None:
    assert shop.backup()["full"]
    shop.put(1, 2)
    second = shop.backup()
    assert (second["piece"], second["full"], second["after"]["event"], second["upto"]["event"]) == (2, False, 2, 4)
    assert shop.restore("--from", shop.backups, "--as", "copy")["digest"] == shop.digest()


def test_a_backup_with_nothing_new_writes_nothing(shop: Shop) -> None:
    shop.backup()
    before = sorted(shop.backups.iterdir())
    said = shop.tenant("backup", ACME, "--to", shop.backups)
    assert said.out.startswith("nothing new since event 2, which ")
    assert shop.backup()["path"] is None
    assert sorted(shop.backups.iterdir()) == before


def test_an_empty_tenant_is_backed_up_and_goes_on(shop: Shop) -> None:
    new_tenant(shop.data, "empty")
    assert shop.tenant("backup", "empty", "--to", shop.backups).code == 0
    assert shop.tenant("backup", "empty", "--to", shop.backups).out.startswith("nothing new since event 0")
    assert shop.tenant("restore", "empty", "--from", shop.backups, "--as", "copy", "--json").json["event"] == 0


def test_backups_while_a_server_takes_writes_are_each_a_prefix_of_the_log(shop: Shop) -> None:
    heads = list[int]()
    with served(shop.data) as (_, address), Caller(address, ACME) as caller:
        enough, written = threading.Event(), threading.Semaphore(0)

        def write() -> None:
            while not enough.is_set():
                caller.call(put(1))
                written.release()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(4):
                for _ in range(2):  # the first may have been under way during the backup before
                    assert written.acquire(timeout=60)
                heads.append(shop.backup()["upto"]["event"])
                while written.acquire(blocking=False):
                    pass
            assert shop.backup("--verify")["event"] == heads[-1]
        finally:
            enough.set()
            writer.join()
        for head in heads:
            copied = shop.restore("--from", shop.backups, "--at", str(head), "--as", f"copy-{head}")
            assert (copied["event"], copied["digest"]) == (head, shop.digest(head))
    assert heads == sorted(set(heads)), "each backup has more than the one before"


def test_a_chain_goes_on_after_a_compaction_that_left_its_end_in_the_log(shop: Shop) -> None:
    shop.put(1)
    shop.compact()
    shop.put(2, 3, name="later")
    assert shop.backup()["full"]
    shop.put(4, name="newest")
    before = commits(shop.data)
    second = shop.backup()
    assert not second["full"]
    assert shop.restore("--from", shop.backups, "--as", "copy")["event"] == FURNISHED + 4
    assert commits(shop.data, "copy") == before


def test_a_log_that_was_compacted_beyond_the_chains_end_begins_a_new_chain(shop: Shop) -> None:
    shop.put(1)
    first = shop.backup()
    shop.put(2, name="later")
    whole = commits(shop.data)
    shop.compact()
    said = shop.tenant("backup", ACME, "--to", shop.backups)
    assert said.err.startswith(f"a new chain begins after {first['chain']}: the log does not go on from it")
    assert shop.restore("--from", shop.backups, "--as", "copy")["digest"] == digest_of(whole)
    early = shop.restore("--from", shop.backups, "--as", "early", "--at", "2")
    assert early["digest"] == digest_of(whole, 2), "the older chain still knows it"


def test_a_backup_of_nothing_but_a_baseline_goes_on(shop: Shop) -> None:
    shop.compact()
    assert shop.backup()["full"]
    assert shop.backup()["path"] is None
    shop.put(1)
    assert not shop.backup()["full"]


def test_a_log_that_was_brought_back_from_earlier_does_not_continue_the_chain_of_its_former_future(shop: Shop) -> None:
    shop.put(1, 2)
    shop.backup()
    shop.restore("--at", "3", "--replace")
    shop.put(7, 8, 9, name="instead")
    assert shop.backup()["full"], "the same numbers are other batches now"
    assert shop.restore("--from", shop.backups, "--as", "copy")["digest"] == shop.digest()


def test_a_damaged_chain_does_not_stop_the_backups(shop: Shop) -> None:
    piece = Path(shop.backup()["path"])
    piece.write_bytes(piece.read_bytes()[:-1])
    shop.put(1)
    said = shop.tenant("backup", ACME, "--to", shop.backups)
    assert said.code == 0
    assert f"{piece} is damaged or cut off" in said.err
    assert shop.backup("--verify")["event"] == FURNISHED + 1


def test_a_new_chain_is_begun_when_it_is_asked_for(shop: Shop) -> None:
    shop.backup()
    assert shop.backup("--full")["full"]


def test_verifying_names_the_piece_that_is_damaged(shop: Shop) -> None:
    piece = Path(shop.backup()["path"])
    shop.put(1)
    shop.backup()
    assert shop.backup("--verify")["pieces"] == 2
    body = bytearray(piece.read_bytes())
    body[len(body) // 2] ^= 1
    piece.write_bytes(body)
    said = shop.tenant("backup", ACME, "--to", shop.backups, "--verify")
    assert said.code == 2
    assert f"bf: {piece}: frame " in said.err


def test_a_folder_that_cannot_be_written_is_told(shop: Shop) -> None:
    (shop.backups.parent / "file").touch()
    said = shop.tenant("backup", ACME, "--to", shop.backups.parent / "file")
    assert said.err.startswith(f"bf: --to: cannot write into {shop.backups.parent / 'file'}: ")
    said = shop.tenant("backup", ACME, "--to", shop.backups, "--verify")
    assert said.err == f"bf: --to: {shop.backups} has no backup of acme\n"


# Restoring beside the original


def test_a_copy_has_first_answers_actors_times_and_a_key_of_its_own(shop: Shop) -> None:
    shop.put(1, 2)
    shop.backup()
    shop.restore("--from", shop.backups, "--as", "copy")
    assert commits(shop.data, "copy") == commits(shop.data)
    assert answer_again(shop, "copy", 1, "put-0") == 1
    storage = DirectoryStorage(shop.data)
    assert storage.keyring.sub_key("copy", 1, "log") != storage.keyring.sub_key(ACME, 1, "log")
    storage.close()


def test_a_running_server_has_the_copy_at_once(shop: Shop) -> None:
    shop.backup()
    with served(shop.data) as (_, address):
        shop.restore("--from", shop.backups, "--as", "copy")
        with Caller(address, "copy") as caller:
            assert caller.call(rq.AddProductsReq(skus=["tea"])).uids


def test_a_tenant_comes_back_after_its_data_is_lost_and_its_keys_are_not(shop: Shop) -> None:
    shop.put(5)
    shop.backup()
    before = shop.digest()
    shutil.rmtree(shop.data / "tenants" / ACME)
    said = shop.tenant("create", ACME)
    assert said.err.startswith("bf: name: the keyring has keys for acme already, and they open its backups"), (
        "its key would be gone, and every backup with it"
    )
    assert shop.restore("--from", shop.backups)["digest"] == before
    shop.put(6, name="again")
    assert not shop.backup()["full"], "and its chain goes on"


def test_what_is_restored_in_part_leaves_nothing_when_it_fails(shop: Shop) -> None:
    shop.put(*range(1, 9))
    piece = Path(shop.backup()["path"])
    body = bytearray(piece.read_bytes())
    body[len(body) // 2] ^= 1
    piece.write_bytes(body)
    said = shop.tenant("restore", ACME, "--from", shop.backups, "--as", "copy")
    assert said.code == 2
    assert str(piece) in said.err
    assert [path.name for path in (shop.data / "tenants").iterdir()] == [ACME]
    assert [path.name for path in (shop.data / "keys" / "tenants").iterdir()] == ["acme.json"]


# Time travel


def test_the_past_of_a_compacted_tenant_is_in_its_archive(shop: Shop) -> None:
    shop.put(1, 2)
    past = commits(shop.data)
    shop.compact()
    shop.put(3, name="later")
    for event in range(FURNISHED + 3):
        copied = shop.restore("--at", str(event), "--as", f"copy-{event}")
        past = past if event <= FURNISHED + 2 else [*past, *commits(shop.data)[-1:]]
        assert copied["digest"] == digest_of(past, event)


def test_a_time_keeps_what_was_committed_then_or_before(shop: Shop) -> None:
    shop.put(1, 2)
    time_us = commits(shop.data)[2].time_us
    for text in (text_of(time_us), text_of(time_us).removesuffix("Z") + "+00:00"):
        copied = shop.restore("--at", text, "--as", f"copy-{len(text)}")
        assert copied["event"] == FURNISHED + 1


def test_a_restore_in_place_is_the_next_generation_and_can_be_taken_back(shop: Shop) -> None:
    shop.put(1, 2, 3)
    before, whole = shop.digest(3), shop.digest()
    assert shop.restore("--at", "3", "--replace")["digest"] == before
    assert digests(shop.data) == ("no state", before)
    assert [path.name for path in files(shop.data, "log")] == ["log-2-k1.db"]
    shop.put(9, name="instead")
    assert digests(shop.data)[0] == digests(shop.data)[1]
    assert shop.restore("--generation", "1", "--replace")["digest"] == whole
    assert answer_again(shop, ACME, 3, "put-2") == 6, "what was taken back is answered as it was"


def test_a_state_of_the_other_history_is_never_believed(shop: Shop) -> None:
    shop.put(1, 2)
    shop.restore("--at", "3", "--as", "copy")

    async def story(node: Node) -> None:
        await node.call("copy", put(40), "")

    shop.live(story)
    shop.tenant("backup", "copy", "--to", shop.backups)
    said = shop.tenant("restore", "copy", "--from", shop.backups, "--as", ACME, "--replace")
    assert said.code == 0, said

    async def count() -> int:
        async with node_on(shop.data) as node:
            return await on_hand(node)

    assert asyncio.run(count()) == 41


def test_a_history_with_replaced_generations_is_told_as_it_happened(shop: Shop) -> None:
    shop.put(1, 2)
    shop.compact()
    shop.put(3, 4, name="second")
    kept = commits(shop.data)[-2:-1]
    shop.restore("--at", "5", "--replace")
    shop.compact()
    shop.put(5, name="third")
    shown = [line.split() for line in shop.bf("log", "show", ACME).out.splitlines() if "  id " in line]
    assert [words[-1] for words in shown] == ["put-0", "put-1", kept[0].request_id, "third-0"]
    assert shop.restore("--at", "4", "--as", "copy")["event"] == 4


@pytest.mark.parametrize("step", ["go_on_from", "publish", "truncate"])
def test_a_crash_while_a_tenant_is_replaced_leaves_the_one_or_the_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shop.put(1, 2)
    shop.live(on_hand)
    before, after = shop.digest(), shop.digest(3)

    def crash(*_: object, **__: object) -> None:
        raise SystemExit(137)

    with monkeypatch.context() as broken:
        broken.setattr(DirectoryStorage, step, crash)
        shop.tenant("restore", ACME, "--at", "3", "--replace")
    state, log = digests(shop.data)
    assert log == (after if step == "truncate" else before)
    assert state in {log, "no state"}
    shop.put(3, name="later")
    assert len(set(digests(shop.data))) == 1
    shop.compact()
    assert "put-0" in shop.bf("log", "show", ACME).out
    assert shop.restore("--at", "3", "--replace")["digest"] == after


def test_what_was_there_is_not_kept_if_that_is_said(shop: Shop) -> None:
    shop.put(1)
    shop.restore("--at", "2", "--replace", "--discard")
    said = shop.tenant("restore", ACME, "--generation", "1", "--as", "copy")
    assert said.err == "bf: --generation: acme has no generation 1; there are: 2\n"


# What is refused, and why


def test_a_tenant_is_replaced_only_if_that_is_said_and_while_no_server_runs(shop: Shop) -> None:
    said = shop.tenant("restore", ACME)
    assert said.err.startswith("bf: --as: tenant acme exists; name another one, or put it in its place with --replace")
    with served(shop.data):
        said = shop.tenant("restore", ACME, "--replace")
        assert said.err == f"bf: --replace: another server runs on {shop.data}; stop it first\n"


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("400", "event 400 lies after the end, which is event 3"),
        ("2001-01-01", "2001-01-01T00:00:00.000000Z lies before the first commit, which is of "),
        ("2999-01-01T00:00Z", "2999-01-01T00:00:00.000000Z lies in the future"),
        ("soon", "--at: 'soon' is no time; write for example 2026-11-27T08:00:00Z, or the number of an event"),
        ("-1", "--at: '-1' is no time; "),
    ],
)
def test_a_place_that_is_not_in_the_past_is_told(shop: Shop, at: str, why: str) -> None:
    shop.put(1)
    said = shop.tenant("restore", ACME, "--as", "copy", "--at", at)
    assert said.code == 2
    assert said.err.startswith(f"bf: {why}")
    assert "copy" not in shop.tenant("list").out


def test_a_position_inside_a_commit_is_refused_with_the_nearest_ones(shop: Shop) -> None:
    async def story(node: Node) -> None:
        await node.call(ACME, rq.AddProductsReq(skus=["tea", "milk", "salt"]), "")

    shop.live(story)
    said = shop.tenant("restore", ACME, "--as", "copy", "--at", "3")
    assert "event 3 lies inside a commit (AddProductsReq of " in said.err
    assert said.err.endswith("the nearest positions are 2 and 5\n")


def test_what_is_compacted_away_is_refused_with_the_oldest_position(shop: Shop) -> None:
    shop.put(1)
    shop.compact(archive=False)
    said = shop.tenant("restore", ACME, "--as", "copy", "--at", "2")
    assert said.err.startswith("bf: event 2 lies before the oldest position that is known: event 3 of ")


def test_a_time_after_the_newest_backup_is_refused_with_its_end(shop: Shop) -> None:
    shop.backup()
    said = shop.tenant("restore", ACME, "--from", shop.backups, "--as", "copy", "--at", "2999-01-01")
    assert "lies after the end: the newest backup is of 2" in said.err


def test_a_missing_piece_is_named(shop: Shop) -> None:
    shop.backup()
    for units in (1, 2):
        shop.put(units, name=f"piece {units}")
        shop.backup()
    first, second, third = sorted(shop.backups.glob("*.bfb"))
    second.unlink()
    said = shop.tenant("restore", ACME, "--from", shop.backups, "--as", "copy")
    assert said.err == f"bf: {third} does not follow: piece 2 of the chain that {first} begins is missing\n"


def test_an_unknown_tenant_and_an_empty_folder_are_told(shop: Shop) -> None:
    for words in (["restore", "nobody", "--as", "copy"], ["backup", "nobody", "--to", str(shop.backups)]):
        assert shop.tenant(*words).err.startswith(f"bf: tenant: no tenant of {shop.data} is named 'nobody'")
    said = shop.tenant("restore", "nobody", "--from", shop.backups)
    assert said.err.startswith(f"bf: tenant: the keyring of {shop.data} has no keys for 'nobody'")
    said = shop.tenant("restore", ACME, "--from", shop.backups, "--as", "copy")
    assert said.err == f"bf: --from: {shop.backups} has no backup of acme\n"
    said = shop.tenant("restore", ACME, "--discard", "--as", "copy")
    assert said.err == "bf: --discard: nothing is there to discard without --replace\n"


def test_no_backup_of_an_erased_tenant_can_be_restored_by_anybody(shop: Shop, tmp_path: Path) -> None:
    shop.put(1)
    shop.backup()
    assert shop.tenant("erase", ACME, "--confirm", ACME).code == 0
    for name in (ACME, "copy"):
        said = shop.tenant("restore", ACME, "--from", shop.backups, "--as", name)
        assert said.err == "bf: tenant: acme was erased: its keys are destroyed, and no backup of it can be read\n"
    new_tenant(tmp_path / "elsewhere")
    shop.data = tmp_path / "elsewhere"  # the same name with another key opens nothing either
    said = shop.tenant("restore", ACME, "--from", shop.backups, "--as", "copy")
    assert "it does not open with key 1" in said.err


def test_two_restores_of_one_name_do_not_mix(shop: Shop) -> None:
    storage = DirectoryStorage(shop.data)
    with storage.founding("copy"):
        said = shop.tenant("restore", ACME, "--as", "copy")
    storage.close()
    assert said.err == "bf: --as: another process is making tenant copy\n"
    said = shop.tenant("restore", ACME, "--as", "copy")
    assert said.err.startswith("bf: --as: tenant copy exists")
