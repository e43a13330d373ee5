"""`bf stress`: what it plays is what it says, the same for the same seed, here and against a server."""

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.serving import served
from tests.support.tenants import ROOT, digests, new_tenant

from bf.cli.main import main
from bf.cli.stresses.blackfriday import BlackFriday
from bf.cli.stresses.here import ADDRESS, TENANT, here
from bf.cli.stresses.play import Player, Row, latency, play
from bf.client import Client
from bf.inventory.api import requests_pb2 as rq


def played(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["stress", *words, "--json"]) == 0
    said = capsys.readouterr()
    assert not said.err
    return json.loads(said.out)["steps"]


def facts(step: dict[str, Any]) -> dict[str, Any]:
    """Return what of a step does not depend on the machine."""
    return {name: step[name] for name in ("requests", "locations", "products", "on_hand", "reserved", "refused")}


def test_report1_is_the_published_workload_and_a_seed_says_all(capsys: pytest.CaptureFixture[str]) -> None:
    (step,) = played(capsys, "report1", "--steps", "1", "--batch", "100")
    assert (step["requests"], step["locations"], step["products"]) == (1 + 1 + 100 + 1_000, 511, 1_000)
    counts = {name: each["count"] for name, each in step["latency"].items()}
    assert counts == {"AddLocations": 1, "AddProducts": 1, "UpdateInventory": 100, "Reserve": 1_000}
    assert step["refused"]["NotAvailable"] > 900
    assert 4_000 < step["on_hand"] < 6_000
    assert step["log_bytes"] > 0
    assert step["state_bytes"] > 0
    for words in (["--in-flight", "16", "--durability", "memory"], ["--batch", "30", "--encryption", "off"]):
        (again,) = played(capsys, "report1", "--steps", "1", *words)
        assert facts(again) == facts(step)
    (other,) = played(capsys, "report1", "--steps", "1", "--batch", "100", "--seed", "2")
    assert facts(other) != facts(step)


def test_blackfriday_counts_what_the_tenant_has() -> None:
    async def story() -> list[Row]:
        async with here("memory") as server, Client(ADDRESS, TENANT, dial=server.dial, batch=100, tries=1) as client:
            player = Player(client.call, 200)
            rows = [row async for row in play(BlackFriday(player, 1, ""), player, 2, server.sizes)]
            items = cast("Any", await client.call(rq.GetLocInventoryReq(location=ROOT))).items
            assert sum(item.on_hand for item in items) == rows[-1].on_hand
            assert sum(item.on_hand - item.available for item in items) == rows[-1].reserved
            return rows

    first, second = asyncio.run(story())
    assert (first.locations, first.products) == (6_211, 6_000)
    assert (second.locations, second.products) == (12_422, 12_000)
    assert second.latency["Fulfill"].count > 0
    assert second.latency["Cancel"].count > 0
    assert second.latency["MoveLocation"].count > 0


def test_retailers_are_played_against_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for tenant in ("acme", "zeta"):
        new_tenant(tmp_path, tenant)
    with served(tmp_path) as (_, address):
        words = ["report1", "--target", address, "--plain", "--steps", "1", "--batch", "100", "--tenant", "acme"]
        steps = played(capsys, *words, "--tenant", "zeta", "--workers", "2")
        assert sorted(step["worker"] for step in steps) == [1, 2]
        assert {step["products"] for step in steps} == {1_000}
        assert main(["stress", *words]) == 2
        assert "has it been played with this --seed before?" in capsys.readouterr().err
    for tenant in ("acme", "zeta"):
        lies, made = digests(tmp_path, tenant)
        assert lies == made


def test_a_table_a_sentence_and_a_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "growth.svg"
    assert main(["stress", "report1", "--steps", "1", "--batch", "200", "--plot", str(plot)]) == 0
    said = capsys.readouterr()
    assert "1,102 requests in " in said.out
    assert "NotAvailable" in said.out
    assert "batches of 200" in said.err
    assert plot.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--steps", "0"], "--steps: 0 is less than 1"),
        (["--batch", "-1"], "--batch: -1 is less than 0"),
        (["--workers", "2"], "--target: name the server"),
        (["--target", "127.0.0.1:1", "--plain"], "--tenant: name an empty tenant"),
        (["--target", "127.0.0.1:1", "--plain", "--tenant", "NO"], "--tenant: 'NO' names no tenant"),
        (["--target", "nowhere", "--plain", "--tenant", "acme"], "--target: "),
        (["--plot", "growth.txt"], "--plot: growth.txt"),
    ],
)
def test_a_wrong_call_is_told(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", "report1", *words]) == 2
    assert complaint in capsys.readouterr().err


def test_latency_is_summed_up() -> None:
    summed = latency([number / 1_000 for number in range(200, 0, -1)])
    assert (summed.count, summed.p50_ms, summed.p99_ms, summed.max_ms) == (200, 101, 199, 200)
