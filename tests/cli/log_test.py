"""`bf log show`, `tail` and `stats`: what happened, as text."""

import json
import re
import signal
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from tests.support.pasts import Shop
from tests.support.serving import Bf, Caller, served
from tests.support.tenants import ACME, ROOT, commits, put

from bf.inventory.api import requests_pb2 as rq
from bf.node.node import Node
from bf.node.times import text_of

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    shop = Shop(tmp_path, capsys)

    async def story(node: Node) -> None:
        await node.call(ACME, put(5), "till-1", "token 7f3a")
        await node.call(ACME, put(-9), "till-2", "token 7f3a")
        await node.call(ACME, rq.AddProductsReq(skus=["tea", "mil\x1bk"]), "")

    shop.live(story)
    return shop


def shown(shop: Shop, *words: str) -> list[str]:
    """Return the first words of the commits that are shown."""
    said = shop.bf("log", "show", ACME, *words)
    assert said.code == 0, said
    return [" ".join(line.split()[:3:2]) for line in said.out.splitlines() if TIME.search(line)]


def test_a_commit_is_a_line_with_its_events_below_it(shop: Shop) -> None:
    said = TIME.sub("2026-11-27T08:00:00.000000Z", shop.bf("log", "show", ACME).out)
    assert said.replace(ROOT[:-1], "0…") == snapshot("""\
       1  2026-11-27T08:00:00.000000Z  AddLocationsReq
          LocationAdded uid:"0…1" name:"Shelf" parent:"0…0"
       2  2026-11-27T08:00:00.000000Z  AddProductsReq
          ProductAdded uid:"0…2" sku:"cola"
       3  2026-11-27T08:00:00.000000Z  UpdateInventoryReq  by token 7f3a  id till-1
          InventoryUpdated location:"0…1" product:"0…2" on_hand_change:5 on_hand:5
       3  2026-11-27T08:00:00.000000Z  UpdateInventoryReq  by token 7f3a  id till-2
          refused NotOnHand: not enough: 0…1 itself has 5 units of product 0…2 on hand, 9 were asked
       5  2026-11-27T08:00:00.000000Z  AddProductsReq
          ProductAdded uid:"0…3" sku:"tea"
          ProductAdded uid:"0…4" sku:"mil\\033k"
""")


def test_a_part_is_chosen_by_position_time_request_id_type_and_number(shop: Shop) -> None:
    every = [
        "1 AddLocationsReq",
        "2 AddProductsReq",
        "3 UpdateInventoryReq",
        "3 UpdateInventoryReq",
        "5 AddProductsReq",
    ]
    assert shown(shop) == every
    assert shown(shop, "--from", "2", "--to", "3") == every[1:4]
    assert shown(shop, "--from", text_of(commits(shop.data)[3].time_us)) == every[3:]
    assert shown(shop, "--to", text_of(commits(shop.data)[1].time_us)) == every[:2]
    assert shown(shop, "--request", "AddProductsReq") == [every[1], every[4]]
    assert shown(shop, "--request-id", "till-2") == [every[3]]
    assert shown(shop, "--type", "InventoryUpdated") == [every[2]]
    assert shown(shop, "--limit", "2") == every[:2]
    assert shown(shop, "--limit", "0") == []


def test_a_commit_in_json_is_as_an_export_writes_it(shop: Shop) -> None:
    said = [json.loads(line) for line in shop.bf("log", "show", ACME, "--json").out.splitlines()]
    path = shop.data.parent / "acme.jsonl"
    shop.tenant("export", ACME, "--to", path, "--plain")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()][1:-1]
    assert said == [{name: value for name, value in line.items() if name != "sum"} for line in lines]


def test_a_baseline_is_shown_where_nothing_older_is_kept(shop: Shop) -> None:
    shop.compact(archive=False)
    lines = shop.bf("log", "show", ACME).out.splitlines()
    assert lines[0].split()[2] == "baseline"
    assert any("ProductAdded" in line and 'sku:"cola"' in line for line in lines)


def test_names_that_are_nobodys_are_refused_with_those_that_are(shop: Shop) -> None:
    said = shop.bf("log", "show", ACME, "--type", "Nothing")
    assert said.err.startswith("bf: --type: there is no 'Nothing'; there are: AlertRaised, Allocated, ")
    said = shop.bf("log", "show", ACME, "--request", "Nothing")
    assert said.err.startswith("bf: --request: there is no 'Nothing'; there are: AddLocationsReq, ")
    said = shop.bf("log", "stats", "nobody")
    assert said.err.startswith("bf: tenant: no tenant of ")
    shop.tenant("erase", ACME, "--confirm", ACME)
    assert shop.bf("log", "show", ACME).err == "bf: tenant: acme was erased: its keys are destroyed\n"


def test_a_log_is_counted(shop: Shop) -> None:
    shop.compact()
    shop.put(1)
    told = shop.bf("log", "stats", ACME, "--json").json
    assert told["newest"] == text_of(commits(shop.data)[-1].time_us)
    assert TIME.fullmatch(told["oldest"])
    del told["oldest"], told["newest"], told["bytes of files"], told["bytes of batches"]
    assert told == snapshot(
        {
            "tenant": "acme",
            "generation": 2,
            "generations kept": 2,
            "event": 6,
            "batch": 6,
            "oldest event known": 0,
            "baseline at event": 5,
            "batches": 6,
            "commits": 6,
            "commits per batch": 1.0,
            "most commits in a batch": 1,
            "refusals kept": 1,
            "events": {"LocationAdded": 1, "ProductAdded": 3, "InventoryUpdated": 2},
            "requests": {"AddLocationsReq": 1, "AddProductsReq": 2, "UpdateInventoryReq": 3},
        }
    )
    assert "InventoryUpdated                    2" in shop.bf("log", "stats", ACME).out


def test_an_empty_log_is_counted(shop: Shop) -> None:
    shop.tenant("create", "empty")
    assert shop.bf("log", "stats", "empty", "--json").json["commits"] == 0
    assert shop.bf("log", "stats", "empty").out.count("  none") == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_following_a_server_prints_what_comes_and_ends_cleanly(shop: Shop, number: signal.Signals) -> None:
    with served(shop.data) as (_, address), Caller(address, ACME) as caller:
        with Bf(["log", "tail", ACME, "--data", shop.data, "--batches", "1"]) as tail:
            tail.expect('sku:"tea"')
            caller.call(put(3), "till-3")
            assert tail.expect("till-3").split()[0] == "6"
            tail.signal(number)
            assert tail.end() == 0
        assert "LocationAdded" not in tail.said
        assert "Traceback" not in tail.said


def test_following_goes_on_over_a_compaction(shop: Shop) -> None:
    with Bf(["log", "tail", ACME, "--data", shop.data, "--batches", "0"]) as tail:
        tail.expect("following acme; Ctrl-C stops")
        with served(shop.data) as (_, address), Caller(address, ACME) as caller:
            caller.call(put(3), "till-3")
            tail.expect("till-3")
            assert shop.tenant("compact", ACME).code == 0
            caller.call(put(4), "till-4")
            tail.expect("till-4")
        tail.signal(signal.SIGINT)
        assert tail.end() == 0
    assert tail.said.count("till-3") == tail.said.count("till-4") == 1


def test_following_is_told_when_the_log_is_brought_back(shop: Shop) -> None:
    with Bf(["log", "tail", ACME, "--data", shop.data, "--batches", "1"]) as tail:
        tail.expect('sku:"tea"')
        shop.restore("--at", "2", "--replace")
        tail.expect("the log was brought back to event 2")
        shop.put(7, name="instead")
        tail.expect("instead-0")


def test_a_log_that_cannot_be_read_is_told(shop: Shop) -> None:
    for path in (shop.data / "tenants" / ACME).glob("log-*"):
        path.write_bytes(b"no log at all" * 1_000)
    said = shop.bf("log", "show", ACME)
    assert said.code == 2
    assert "Traceback" not in said.err
