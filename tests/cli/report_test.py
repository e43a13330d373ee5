"""`bf report` against a served node: as a table, as CSV, as JSON, over many pages; and CSV over HTTP."""

import asyncio
import csv
import io
import json
import re
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from tests.support.serving import Bf, Caller, served
from tests.support.tenants import ACME, ROOT, new_tenant

from bf.adapters.csv.report import csv_of
from bf.cli.main import main
from bf.cli.report import pages_of, printable, show_csv, show_table
from bf.cli.usage import UsageError
from bf.client import Client
from bf.core.uid import uid_text as u
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.limits import REPORT_ROWS_MAX

Loc = rq.AddLocationsReq.Loc
TO_BUY = """
function report(rows)
  local values = {}
  for at, row in ipairs(rows) do values[at] = row.available < 5 and "buy " .. 5 - row.available or "" end
  return values
end
"""
NORTH, SOUTH, COLA, TEA = (u(number) for number in range(1, 5))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Two houses; cola in the north, of which two of three are promised; more kinds of paper than fit on a page."""
    root: Path = tmp_path_factory.mktemp("data")
    new_tenant(root)
    with served(root) as (server, at), Caller(at, ACME) as caller:
        caller.call(rq.AddLocationsReq(locs=[Loc(name="North"), Loc(name="South")], parent=ROOT))
        caller.call(rq.AddProductsReq(skus=["cola", "tea, green"]))
        caller.call(rq.UpdateInventoryReq(location=NORTH, product=COLA, on_hand_change=3))
        caller.call(rq.UpdateInventoryReq(location=SOUTH, product=TEA, on_hand_change=1_000))
        sold = [rq.ReserveReq.Item(sku="cola", quantity=2)]
        caller.call(rq.ReserveReq(reservation="order", items=sold, location=NORTH))
        caller.call(rq.DefineReportReq(name="per warehouse", children_of=ROOT))
        caller.call(rq.DefineReportReq(name="nothing", tagged="nothing"))
        caller.call(rq.InstallScriptReq(hook="report", name="to buy", source=TO_BUY))
        caller.call(rq.AddProductsReq(skus=[f"paper {number}" for number in range(REPORT_ROWS_MAX)]))
        yield at
        server.signal(signal.SIGTERM)
        assert server.end() == 0
        assert "Traceback" not in server.said


Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def report(address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    def told(*words: str, tenant: str = ACME, name: str = "per warehouse") -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "100")
        code = main(["report", tenant, name, "--plain", "--addr", address, *words])
        out, err = capsys.readouterr()
        return code, out, err

    return told


def test_a_report_is_a_table(report: Told) -> None:
    code, out, err = report()
    assert (code, err) == (0, "")
    words = [line.replace("│", " ").split() for line in out.splitlines()]
    assert ["cola", "1", "of", "3", "0", "1", "of", "3"] in words
    assert ["tea,", "green", "0", "1,000", "1,000"] in words
    assert re.search(r"position 1,0\d\d,", out)
    assert "2 products" in out


def test_a_script_of_the_tenant_adds_a_column(report: Told) -> None:
    code, out, _ = report("--csv", "--computed", "to buy")
    assert code == 0
    head, cola, tea = csv.reader(io.StringIO(out))
    assert (head[-1], cola[-1], tea[-1]) == ("to buy", "buy 4", "")
    code, out, _ = report("--computed", "to buy")
    assert code == 0
    assert re.search(r"in all.* to buy", out)
    assert "buy 4" in out
    assert report("--computed", "to sell") == (
        2,
        "",
        "bf: the server refused: computed[0]: the hook report has no script 'to sell'\n",
    )
    assert report("--follow", "--computed", "to buy")[0] == 2


def test_a_report_is_csv(report: Told) -> None:
    code, out, _ = report("--csv")
    assert code == 0
    head, cola, tea = csv.reader(io.StringIO(out))
    kinds = ("on hand", "reserved", "available")
    assert head == ["sku", "product", *(f"{name} {kind}" for name in ("North", "South", "total") for kind in kinds)]
    assert cola == ["cola", COLA, "3", "2", "1", "0", "0", "0", "3", "2", "1"]
    assert tea == ["tea, green", TEA, "0", "0", "0", "1000", "0", "1000", "1000", "0", "1000"]


def test_a_report_is_json_a_line_for_each_page(report: Told) -> None:
    pages = [json.loads(line) for line in report("--json", "--shortages")[1].splitlines()]
    assert [len(page["skus"]) for page in pages] == [REPORT_ROWS_MAX - 2, 2]
    assert pages[0]["next_page"].startswith(pages[0]["position"])


def test_shortages_are_what_is_below_a_number(report: Told) -> None:
    skus = [row[0] for row in csv.reader(io.StringIO(report("--csv", "--shortages", "1001", "--sku", "t")[1]))]
    assert skus == ["sku", "tea, green"]
    assert len(report("--csv", "--shortages", "--sku", "t")[1].splitlines()) == 1


def test_all_pages_are_one_csv(report: Told) -> None:
    skus = [row[0] for row in csv.reader(io.StringIO(report("--csv", "--shortages")[1]))]
    assert skus == ["sku", *(f"paper {number}" for number in range(REPORT_ROWS_MAX))]


def test_an_empty_report_has_a_header(report: Told) -> None:
    assert report("--csv", name="nothing")[1].splitlines() == [
        "sku,product,total on hand,total reserved,total available"
    ]
    assert "0 products" in report(name="nothing")[1]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--shortages", "-1"], "least is -1"),
        (["--csv", "--json"], "not allowed with"),
        (["--shortages", "few"], "invalid int"),
        (["--shortages", "--follow"], "leave out --shortages"),
    ],
)
def test_a_wrong_call_is_a_line(report: Told, words: Sequence[str], complaint: str) -> None:
    code, out, err = report(*words)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1


def test_what_is_not_there_is_told(report: Told) -> None:
    assert "no report is named 'x'" in report(name="x")[2]
    assert "names no tenant" in report(tenant="../x")[2]
    assert "no tenant is named" in report(tenant="nobody")[2]


def test_a_server_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", ACME, "x", "--plain", "--addr", "127.0.0.1:1"]) == 2
    assert "bf serve" in capsys.readouterr().err


def follow(address: str, *words: str) -> Bf:
    return Bf(["report", ACME, "followed", "--plain", "--addr", address, "--follow", *words])


def test_following_shows_the_report_and_then_each_change_until_it_is_dropped(address: str) -> None:
    with Caller(address, ACME) as caller:
        caller.call(rq.DefineReportReq(name="followed", locations=[NORTH]))
        with follow(address) as lines, follow(address, "--csv") as table, follow(address, "--json") as told:
            lines.expect("cola: North 1 of 3, in all 1 of 3")
            table.expect(f"cola,{COLA},3,2,1,3,2,1")
            assert json.loads(told.expect("{"))["begins"]
            caller.call(rq.UpdateInventoryReq(location=NORTH, product=COLA, on_hand_change=1))
            lines.expect("cola: North 2 of 4, in all 2 of 4")
            table.expect(f"cola,{COLA},4,2,2,4,2,2")
            told.expect('"on_hand": ["4"]')
            caller.call(rq.UpdateInventoryReq(location=NORTH, product=COLA, on_hand_change=-1))
            lines.expect("North 1 of 3")
            caller.call(rq.DropReportReq(name="followed"))
            for each in (lines, table, told):
                assert each.end() == 2
                assert "no report is named 'followed'" in each.said
                assert "Traceback" not in each.said


def test_ctrl_c_ends_following(address: str) -> None:
    with Caller(address, ACME) as caller:
        caller.call(rq.DefineReportReq(name="followed", locations=[NORTH]))
        with follow(address) as lines:
            lines.expect("cola")
            lines.signal(signal.SIGINT)
            assert lines.end() == 130
            assert "Traceback" not in lines.said
        caller.call(rq.DropReportReq(name="followed"))


# CSV over HTTP


def asked(address: str, accept: str, **fields: object) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(address)
    headers = {"tenant": ACME, "content-type": "application/json", "accept": accept}
    connection.request("POST", "/v1/GetReport", json.dumps({"name": "per warehouse", **fields}), headers)
    answer = connection.getresponse()
    told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    connection.close()
    return told


def test_whoever_accepts_csv_gets_it_with_its_moment_in_the_headers(address: str) -> None:
    status, headers, body = asked(address, "application/json;q=0.5, text/csv", limit=1)
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert int(headers["position"]) >= 1_009
    assert int(headers["time-us"]) > 0
    assert [line.partition(",")[0] for line in body.splitlines()] == ["sku", "cola"]
    _, headers, body = asked(address, "text/csv", page=headers["next-page"])
    assert "next-page" not in headers
    assert body.splitlines()[1].startswith('"tea, green"')


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/*", ""])
def test_whoever_does_not_name_csv_gets_json(address: str, accept: str) -> None:
    status, headers, body = asked(address, accept)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["skus"] == ["cola", "tea, green"]


def test_a_refusal_is_json_whatever_is_accepted(address: str) -> None:
    status, headers, _ = asked(address, "text/csv", limit=-1)
    assert (status, headers["content-type"]) == (400, "application/json")


# What a served node does not do


def page(*names: str) -> rq.GetReportResp:
    columns = [rq.GetReportResp.Column(location=u(at + 1), name=name) for at, name in enumerate(names)]
    return rq.GetReportResp(columns=columns)


def test_locations_of_one_name_and_the_root_are_told_apart() -> None:
    head = next(csv.reader(io.StringIO(csv_of(page("Hall", "Bin", "Bin", "")))))
    assert head[2::3] == [
        "Hall on hand",
        f"Bin {u(2)} on hand",
        f"Bin {u(3)} on hand",
        f"{u(4)} on hand",
        "total on hand",
    ]


@pytest.mark.parametrize("show", [show_csv, show_table])
def test_a_report_that_covers_other_locations_on_its_next_page_is_not_shown_as_one(
    show: Callable[[AsyncIterator[rq.GetReportResp]], Coroutine[Any, Any, None]],
) -> None:
    async def pages() -> AsyncIterator[rq.GetReportResp]:
        yield page("North")
        yield page("North", "South")

    with pytest.raises(UsageError, match="other locations"):
        asyncio.run(show(pages()))


class Pages(Client):
    """A server that has three pages, between which the stock changes."""

    async def call(self, request: Message, request_id: str = "", *, deadline_s: float | None = None) -> Message:
        del request_id, deadline_s
        assert isinstance(request, rq.GetReportReq)
        at = int(request.page or 7)
        return rq.GetReportResp(position=at, first_position=7, next_page=f"{at + 1}" if at < 9 else "")


def test_pages_of_several_moments_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    async def read() -> list[int]:
        async with Pages("127.0.0.1:1", ACME) as client:
            return [page.position async for page in pages_of(client, rq.GetReportReq())]

    assert asyncio.run(read()) == [7, 8, 9]
    assert "rows are of positions 7 to 9" in capsys.readouterr().err


def test_a_name_does_not_take_over_the_terminal() -> None:
    assert printable("a\x1b[2Jb[red]").plain == "a?[2Jb[red]"
