"""`bf script`: a script's cases, what would have been different with it, installing it, and reading what it said."""

import json
import re
from pathlib import Path

import pytest
from tests.support.pasts import Shop
from tests.support.serving import Caller, served
from tests.support.tenants import ACME, commits, done, put, uid

from bf.adapters.lua.scripts import LIMITS
from bf.adapters.sqlite.database import empty_state
from bf.cli.main import main
from bf.cli.scripts.past import ASKED, Past
from bf.core.ports import Batch, Pos
from bf.core.scripts import Script
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.inventory.scripts.asking import HOOKS
from bf.node.api import commit_pb2
from bf.node.limits import REQUEST_KEPT_BYTES_MAX
from bf.node.node import Node

EXAMPLES = sorted(Path("examples/scripts").glob("*.lua"))

WEB_TO_ROOT = """
function reserve(order)
    if order.tags.channel == "web" then return { at = ROOT } end
    if order.tags.channel == "shop" then return { refuse = "shops are closed" } end
end
case "web" { given = { A = { tea = 1 } },
    when = { items = { tea = 1 }, tags = { channel = "web" } }, expect = { at = "" } }
"""
ALERT = 'function update(change) if change.after > 3 then return { alert = "full of " .. change.sku } end end'


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(tmp_path, capsys)


def written(shop: Shop, name: str, source: str) -> Path:
    path = shop.data.parent / name
    path.write_text(source, "utf-8")
    return path


def order(code: str, **tags: str) -> rq.ReserveReq:
    items = [rq.ReserveReq.Item(sku="cola", quantity=1)]
    return rq.ReserveReq(reservation=code, items=items, location=uid(1), tags=tags)


# Cases


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_cookbooks_scripts_do_what_their_cases_say(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script", "test", str(path)]) == 0
    out = capsys.readouterr().out
    assert re.search(r": [2-9] passed, 0 failed$", out), out


def test_the_cookbook_shows_all_of_its_scripts() -> None:
    page = Path("docs/scripts.md").read_text("utf-8")
    assert len(EXAMPLES) >= 8
    assert [path.stem for path in EXAMPLES if f"examples/scripts/{path.name}" not in page] == []


def test_a_case_that_fails_is_told_with_what_was_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.lua"
    path.write_text(WEB_TO_ROOT.replace('expect = { at = "" }', 'expect = { at = "A" }'), "utf-8")
    assert main(["script", "test", str(path)]) == 1
    assert "FAILED web\n       expected 1 of tea at A; got 1 of tea at the root\n" in capsys.readouterr().out
    assert main(["script", "test", str(path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [case["name"] for case in told["cases"]] == ["web"]


def test_a_script_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.lua"
    path.write_text("function reserve(order)\n  if order the\nend", "utf-8")
    assert main(["script", "test", str(path)]) == 1
    assert capsys.readouterr().out == "FAILED wrong, line 2: 'then' expected near 'the'\n"


@pytest.mark.parametrize(
    ("source", "found"),
    [("local x = 1", "none of them"), ("function reserve() end\nfunction update() end", "both reserve and update")],
)
def test_a_file_is_for_one_hook(tmp_path: Path, source: str, found: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.lua"
    path.write_text(source, "utf-8")
    assert main(["script", "test", str(path)]) == 2
    assert capsys.readouterr().err.rstrip().endswith(f"has {found}")


def test_every_hook_but_reports_can_be_tried_on_the_past() -> None:
    assert {*ASKED} == {*HOOKS} - {"report"}


# Installing


def test_a_script_is_installed_listed_shown_and_removed(shop: Shop) -> None:
    path = written(shop, "web.lua", WEB_TO_ROOT)
    said = shop.bf("script", "install", ACME, path)
    assert said.out == "acme asks version 1 of web at reserve; undo it with: bf script remove acme reserve web\n"
    assert shop.bf("script", "install", ACME, path, "--json").json["version"] == 1
    path.write_text(WEB_TO_ROOT + "-- newer\n", "utf-8")
    assert shop.bf("script", "install", ACME, path, "--json").json["version"] == 2
    lines = shop.bf("script", "list", ACME).out.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["reserve", "web", "2"], ["reserve", "web", "1"]]
    assert lines[1].endswith("  asked")
    assert shop.bf("script", "list", ACME, "--show", "web").out == WEB_TO_ROOT + "-- newer\n"
    assert shop.bf("script", "list", ACME, "--show", "web", "--version", "1").out == WEB_TO_ROOT
    assert shop.bf("script", "list", ACME, "--show", "web", "--version", "7").code == 2
    assert shop.bf("script", "list", ACME, "--json").json["scripts"][0]["versions"][0]["active"]
    assert shop.bf("script", "remove", ACME, "reserve", "web").out == "acme asks web at reserve no more\n"
    assert "removed" in shop.bf("script", "list", ACME).out
    again = shop.bf("script", "remove", ACME, "reserve", "web")
    assert (again.code, again.err) == (2, "bf: name: the hook reserve has no script 'web'\n")
    assert [commit.actor for commit in commits(shop.data)[-3:]] == ["operator"] * 3


def test_a_script_that_is_wrong_is_not_installed(shop: Shop) -> None:
    path = written(shop, "web.lua", WEB_TO_ROOT.replace('expect = { at = "" }', 'expect = { at = "A" }'))
    said = shop.bf("script", "install", ACME, path)
    assert said.code == 2
    assert said.err.startswith("bf: source: the case 'web' fails: expected 1 of tea at A")


def test_beside_a_running_server_a_script_counts_at_once(shop: Shop) -> None:
    with served(shop.data) as (_, address), Caller(address, ACME) as caller:
        caller.call(put(2))
        assert shop.bf("script", "install", ACME, written(shop, "full.lua", ALERT)).code == 0
        caller.call(put(2))
        assert "full of cola  (full)" in shop.bf("script", "alerts", ACME).out
        assert shop.bf("script", "alerts", ACME, "--json").json["alerts"][0]["location"] == uid(1)
    assert shop.bf("script", "alerts", ACME, "--limit", "0").code == 0


def test_without_alerts_that_is_said(shop: Shop) -> None:
    assert shop.bf("script", "alerts", ACME).out == "no alerts\n"


def test_operators_limit_scripts_and_lift_the_limit_again(shop: Shop) -> None:
    """And a request that met the limit may be sent again with its id."""
    loop = "function update(change) for n = 1, 300000 do end end"
    assert shop.bf("script", "install", ACME, written(shop, "slow.lua", loop)).code == 0
    with served(shop.data) as (_, address), Caller(address, ACME) as caller:

        def refusal() -> str:
            return caller.begin(put(1), "till-1").exception().details()

        assert refusal() == "the script slow, line 1 took more than 200000 instructions (script_instructions)"
        assert shop.tenant("limits", ACME, "--set", "script_instructions=1000000").code == 0
        assert caller.call(put(1), "till-1").on_hand == 1
        assert shop.tenant("limits", ACME, "--set", "script_instructions=0").code == 0
        assert caller.begin(put(1), "till-2").exception().details().startswith("the script slow")
        assert {*LIMITS} <= {*shop.tenant("limits", ACME, "--json").json["known"]}


# What would have been different


@pytest.fixture
def past(shop: Shop) -> Shop:
    """Five orders, one of them refused; then the stock goes up."""

    async def story(node: Node) -> None:
        await done(node, put(4))
        for number, channel in enumerate(["web", "store", "web", "shop"]):
            await done(node, order(f"o-{number}", channel=channel), f"order-{number}")
        await node.call(ACME, order("o-4", channel="web"), "order-4")
        await done(node, put(5))

    shop.live(story)
    return shop


def test_a_dry_run_tells_each_request_that_would_have_been_different(past: Shop) -> None:
    path = written(past, "web.lua", WEB_TO_ROOT)
    before = commits(past.data)
    said = past.bf("script", "dry-run", ACME, path)
    assert re.sub(r"\d{4}-\S+Z", "TIME", said.out) == (
        "       4  TIME  ReserveReq  o-0\n"
        "          was:      1 of cola at Shelf\n"
        "          would be: 1 of cola at the root\n"
        "       6  TIME  ReserveReq  o-2\n"
        "          was:      1 of cola at Shelf\n"
        "          would be: 1 of cola at the root\n"
        "       7  TIME  ReserveReq  o-3\n"
        "          was:      1 of cola at Shelf\n"
        "          would be: refused: shops are closed (the script web)\n"
        "asked about 4 requests: 3 would have been different\n"
        "not asked about 1: 1 were refused, 0 are not kept in the log\n"
    )
    assert commits(past.data) == before, "a dry run changes nothing"


def test_a_dry_run_looks_back_as_far_as_it_is_told(past: Shop) -> None:
    path = written(past, "web.lua", WEB_TO_ROOT)
    *lines, counts = past.bf("script", "dry-run", ACME, path, "--last", "3", "--json").out.splitlines()
    assert [json.loads(line)["about"] for line in lines] == ["o-2", "o-3"]
    assert json.loads(counts) == {"asked": 2, "different": 2, "refused_then": 1, "not_kept": 0}
    assert past.bf("script", "dry-run", ACME, path, "--last", "0").code == 2


def test_a_dry_run_of_the_script_that_was_asked_finds_no_difference(past: Shop) -> None:
    path = written(past, "full.lua", ALERT)
    told = past.bf("script", "dry-run", ACME, path, "--json").out.splitlines()
    assert json.loads(told[0])["would_be"] == "+4 of cola at Shelf, alert: full of cola"
    assert json.loads(told[-1])["different"] == 2
    assert past.bf("script", "install", ACME, path).code == 0
    past.put(5, 6)
    counts = {"asked": 2, "different": 0, "refused_then": 0, "not_kept": 0}
    assert json.loads(past.bf("script", "dry-run", ACME, path, "--last", "2", "--json").out) == counts
    other = written(past, "other.lua", ALERT.replace("full of", "much"))
    told = past.bf("script", "dry-run", ACME, other, "--last", "1", "--json").out.splitlines()
    assert json.loads(told[0])["was"].endswith("alert: full of cola")
    assert json.loads(told[0])["would_be"].endswith("alert: much cola"), "it is asked instead of the other"


def test_a_dry_run_beside_a_running_server(past: Shop) -> None:
    path = written(past, "web.lua", WEB_TO_ROOT)
    with served(past.data) as (_, address), Caller(address, ACME) as caller:
        caller.call(order("o-9", channel="web"))
        assert "asked about 5 requests: 4 would have been different" in past.bf("script", "dry-run", ACME, path).out


def test_after_a_compaction_a_dry_run_sees_what_was_archived_or_what_came_since(past: Shop) -> None:
    path = written(past, "web.lua", WEB_TO_ROOT)
    past.compact()
    assert "asked about 4 requests: 3 would" in past.bf("script", "dry-run", ACME, path).out
    past.compact(archive=False)
    assert past.bf("script", "dry-run", ACME, path).out == "asked about 0 requests: 0 would have been different\n"

    async def more(node: Node) -> None:
        await done(node, order("o-10", channel="web"))

    past.live(more)
    assert "asked about 1 requests: 1 would" in past.bf("script", "dry-run", ACME, path).out


def test_a_script_for_reports_is_not_tried_on_the_log(past: Shop) -> None:
    said = past.bf("script", "dry-run", ACME, written(past, "column.lua", "function report(rows) return {} end"))
    assert said.err == "bf: FILE: reports are not in the log, so a script for them cannot be tried on it\n"


# The requests that the log keeps


def products(size: int) -> rq.AddProductsReq:
    """Ask for new products in so many bytes."""
    request = rq.AddProductsReq(skus=[f"{size}-{number}-".ljust(100, "x") for number in range(size // 102 - 1)])
    request.skus.append("y" * (size - request.ByteSize() - 2))
    assert request.ByteSize() == size
    return request


def test_the_log_keeps_requests_that_are_carried_out_and_not_large(shop: Shop) -> None:
    fits, beyond = products(REQUEST_KEPT_BYTES_MAX), products(REQUEST_KEPT_BYTES_MAX + 1)

    async def story(node: Node) -> None:
        await node.call(ACME, put(-9), "refused")
        await done(node, fits)
        await done(node, beyond)

    shop.live(story)
    refused, kept, left_out = commits(shop.data)[2:]
    assert not refused.HasField("asked")
    assert rq.AddProductsReq.FromString(kept.asked) == fits
    assert not left_out.HasField("asked")


def test_of_a_log_of_an_earlier_release_a_dry_run_says_what_it_cannot_see(past: Shop) -> None:
    state = empty_state(INVENTORY)
    dry = Past(state, Script("reserve", "web", WEB_TO_ROOT))
    message = commit_pb2.Batch(commits=commits(past.data))
    for commit in message.commits:
        commit.ClearField("asked")
    events = sum(len(commit.events) for commit in message.commits)
    assert list(dry.take(Batch(Pos(events, 1), message.SerializeToString()))) == []
    assert dry.counts() == {"asked": 0, "different": 0, "refused_then": 1, "not_kept": 4}
