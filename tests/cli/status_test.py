"""`bf status`: a table for people, JSON for machines, of a running server and of a directory without one."""

import json
import re
import signal
from pathlib import Path

import pytest
from rich.console import Console
from tests.support.serving import Bf, Caller, served
from tests.support.tenants import new_tenant

from bf.cli.main import main
from bf.cli.status import SHOWN_TENANTS_MAX, shown
from bf.inventory.api import requests_pb2 as rq

NODE = {"serving": True, "uptime_s": 90_061.5, "requests": 1_234, "open_cells": 2, "waiting": 7}


def test_a_running_server_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("acme", "zeta"):
        new_tenant(tmp_path, name)
    with served(tmp_path) as (_, address):
        with Caller(address, "acme") as caller:
            caller.call(rq.AddProductsReq(skus=["secret-cola"]))
        assert main(["status", "--data", str(tmp_path)]) == 0
        table = capsys.readouterr().out
        assert re.match(r"up 0 days 00:00:\d\d, 1 requests, 1 of 2 tenants open, 0 requests waiting\n", table)
        assert re.search(r"│ acme +│ serving +│ +1 │ +1 │ +1 │ +0 │ +1 │ +\d+ KiB │ +\d+ KiB │", table)
        assert re.search(r"│ zeta +│ closed +│ +1 │ +0 │ +0 │", table)
        assert main(["status", "acme", "--json", "--data", str(tmp_path)]) == 0
        machine = capsys.readouterr().out
        done = json.loads(machine)
        assert done["serving"]
        assert [(tenant["tenant"], tenant["event"]) for tenant in done["tenants"]] == [("acme", 1)]
        assert "cola" not in machine


def test_a_directory_without_a_server_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_tenant(tmp_path)
    assert main(["status", "--data", str(tmp_path)]) == 0
    table = capsys.readouterr().out
    assert table.startswith("no server runs; 1 tenants\n")
    assert "closed" in table


def test_a_tenant_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_tenant(tmp_path)
    assert main(["status", "zeta", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "bf: tenant: no tenant is named 'zeta'\n"


def test_watching_goes_on_until_ctrl_c(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path), Bf(["status", "--watch", "--json", "--data", tmp_path]) as watch:
        first = json.loads(watch.expect('"uptime_s": '))["uptime_s"]
        watch.expect(f'"uptime_s": {int(first) + 1}.')
        watch.signal(signal.SIGINT)
        assert watch.end() == 130
        assert watch.said.endswith("bf: interrupted\n")


def test_the_table_counts_days_and_shows_how_far_a_replay_is(capsys: pytest.CaptureFixture[str]) -> None:
    replaying = {"tenant": "acme", "is": "replaying", "replayed": 500, "events": 2_000, "waiting": 7}
    text = printed({**NODE, "tenants": [replaying]}, capsys)
    assert text.startswith("up 1 days 01:01:01, 1,234 requests, 2 of 1 tenants open, 7 requests waiting")
    assert "replaying 25 %" in text


def test_the_busiest_tenants_are_shown_and_the_others_counted(capsys: pytest.CaptureFixture[str]) -> None:
    tenants = [
        {"tenant": f"t{number:03}", "is": "serving", "waiting": number, "log_bytes": 1 << number}
        for number in range(SHOWN_TENANTS_MAX + 5)
    ]
    text = printed({**NODE, "tenants": tenants}, capsys)
    assert "t054" in text
    assert "t004" not in text
    assert "and 5 more" in text
    assert "1,024.0 GiB" in text


def printed(done: dict[str, object], capsys: pytest.CaptureFixture[str]) -> str:
    Console(width=120).print(shown(done))
    return capsys.readouterr().out
