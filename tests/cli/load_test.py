"""`bf load orders` against a served node: the table, twice, interrupted, in every dress a file comes in."""

import asyncio
import csv
import hashlib
import json
import math
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from tests.support.serving import PATIENCE_S, Bf, Caller, served
from tests.support.tenants import ROOT, commits, digests, new_tenant

from bf.adapters.csv.online_retail import Damage, Line, decode, read
from bf.cli.demo import SAMPLE
from bf.cli.main import main
from bf.cli.orders import Loader
from bf.client import Client
from bf.inventory.api import requests_pb2 as rq

SHORT_LINES = 50
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
SOME = HEADER + (
    "1,20001,CLOCK,10,11/25/22 8:02,1,15045,France\n"
    "1,20002A,PLATE,3,11/25/22 8:02,1,15045,France\n"
    "2,20001,CLOCK,10,11/25/22 8:03,1,,Spain\n"
    "C3,20001,CLOCK,-4,11/25/22 8:04,1,15045,France\n"
    "4,20002A,PLATE,-2,11/25/22 8:05,1,,\n"
    "5,POST,POSTAGE,1,11/25/22 8:05,1,,\n"
)


class Shop:
    """A served directory, in which each test makes its own tenants."""

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.address = address
        self._count = 0

    def tenant(self) -> str:
        self._count += 1
        name = f"tenant-{self._count}"
        new_tenant(self.root, name)
        return name

    def words(self, file: Path, tenant: str, *more: str) -> list[str]:
        return ["load", "orders", str(file), "--tenant", tenant, "--plain", "--addr", self.address, *more]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shop]:
    root = tmp_path_factory.mktemp("shop")
    with served(root) as (server, address):
        yield Shop(root, address)
        server.signal(signal.SIGTERM)
        assert server.end() == 0
        assert "Traceback" not in server.said


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's first lines: every request waits for the disk."""
    file = tmp_path_factory.mktemp("short") / SAMPLE.name
    file.write_text("".join(SAMPLE.read_text("utf-8").splitlines(keepends=True)[:SHORT_LINES]), "utf-8")
    return file


Loaded = Callable[..., dict[str, Any]]


@pytest.fixture
def load(shop: Shop, capsys: pytest.CaptureFixture[str]) -> Loaded:
    def loaded(file: Path, tenant: str, *more: str) -> dict[str, Any]:
        capsys.readouterr()
        assert main(shop.words(file, tenant, "--json", *more)) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return loaded


Complaint = Callable[[list[str]], str]


@pytest.fixture
def complaint(capsys: pytest.CaptureFixture[str]) -> Complaint:
    """Run a command that must complain, and return its complaint: one line, no traceback, exit code 2."""

    def complained(words: list[str]) -> str:
        capsys.readouterr()
        assert main(words) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        return said.err.splitlines()[-1]

    return complained


def written(folder: Path, text: str, name: str = "orders.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8", newline="")
    return file


# The table


def test_the_numbers_of_the_sample_add_up(shop: Shop, load: Loaded) -> None:
    report = load(SAMPLE, shop.tenant())
    with SAMPLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    goods = [row for row in rows if row["StockCode"][:5].isdigit() and row["Quantity"].lstrip("-").isdigit()]
    sales = [row for row in goods if int(row["Quantity"]) > 0]
    sold = Counter[str]()
    for row in sales:
        sold[row["StockCode"].upper()] += int(row["Quantity"])
    stocked = sum(math.ceil(units * 95 / 100) for units in sold.values())
    away = report["units_sold"] + report["units_corrected"] - report["units_returned"]
    assert stocked == report["units_left"] + away
    assert report["units_reserved"] == 0
    invoices = len({row["InvoiceNo"] for row in sales})
    assert report["orders_taken"] + sum(report["orders_refused"].values()) == invoices
    assert report["products"] == len({row["StockCode"].upper() for row in goods})
    assert sum(report["services"].values()) + len(goods) + len(report["damaged"]) == len(rows)
    assert report["orders_refused"], "a share of 95 % leaves somebody without"


def test_the_numbers_of_a_small_file_are_as_told(shop: Shop, load: Loaded, tmp_path: Path) -> None:
    report = load(written(tmp_path, SOME), shop.tenant(), "--cover", "100")
    assert report == {
        "warehouse": "orders",
        "products": 2,
        "orders_taken": 2,
        "orders_refused": {},
        "units_sold": 23,
        "units_returned": 4,
        "units_corrected": 0,
        "corrections_refused": {"NotOnHand": 1},
        "units_left": 4,
        "units_reserved": 0,
        "services": {"POST": 1},
        "damaged": [],
    }


def test_the_table_says_what_the_json_says(
    shop: Shop, load: Loaded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant, file = shop.tenant(), written(tmp_path, SOME + "6,20001\n")
    report = load(file, tenant)
    assert main(shop.words(file, tenant)) == 0
    rows = [
        tuple(cell.strip() for cell in line.strip("│").split("│"))
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("│")
    ]
    table = {row[0]: row[1] for row in rows}
    assert table["orders taken"] == str(report["orders_taken"])
    assert table["units left"] == str(report["units_left"])
    assert table["POST"] == "1"
    assert table["line 8"] == "has 2 columns instead of 8"


# Twice, and interrupted


def test_invariant_5_the_same_file_twice_is_the_same_table_and_nothing_happens_twice(
    shop: Shop, load: Loaded, short: Path
) -> None:
    tenant = shop.tenant()
    first = load(short, tenant)
    happened = commits(shop.root, tenant)
    assert load(short, tenant) == first
    assert commits(shop.root, tenant) == happened


def test_two_warehouses_of_one_file_stand_beside_each_other(shop: Shop, load: Loaded, tmp_path: Path) -> None:
    tenant, file = shop.tenant(), written(tmp_path, SOME)
    long = "warehouse " * 10
    first = load(file, tenant, "--warehouse", long + "north")
    second = load(file, tenant, "--warehouse", long + "south")
    assert first.pop("warehouse") == long + "north"
    assert second.pop("warehouse") == long + "south"
    assert first == second


class OnPurposeError(Exception):
    """The load was stopped on purpose."""


class Interrupting:
    """A caller that is interrupted at a request, before or after the server carried it out."""

    def __init__(self, client: Client, at: int) -> None:
        self._client = client
        self._left = at

    async def call(self, request: Message, request_id: str = "") -> Message:
        self._left -= 1
        if not self._left:
            sending = asyncio.ensure_future(self._client.call(request, request_id))
            await asyncio.sleep(0.001 * (len(request_id) % 3))
            sending.cancel()
            raise OnPurposeError
        return await self._client.call(request, request_id)


class Silent:
    """Nobody watches."""

    def begin(self, name: str, total: int) -> None: ...

    def advance(self) -> None: ...


def interrupted(shop: Shop, file: Path, tenant: str, at: int) -> bool:
    """Load a file and interrupt it at a request; return whether it came that far."""
    body = file.read_bytes()

    async def run() -> None:
        file_id = hashlib.sha256(body).hexdigest()[:16]
        async with Client(shop.address, tenant) as client:
            caller = Interrupting(client, at)
            await Loader(caller, file.stem, 95, file_id, Silent()).run(list(read(decode(body))))

    try:
        asyncio.run(run())
    except OnPurposeError:
        return True
    return False


def test_invariant_5_interrupted_anywhere_and_run_again_is_as_if_never_interrupted(
    shop: Shop, load: Loaded, short: Path
) -> None:
    file = short
    whole = shop.tenant()
    expected = load(file, whole)
    requests = 2 + len(commits(shop.root, whole))
    dice = random.Random(7)
    for at in dice.sample(range(1, requests), 8):
        tenant = shop.tenant()
        assert interrupted(shop, file, tenant, at)
        assert load(file, tenant) == expected, f"interrupted at request {at}"
        assert inventory(shop, tenant) == inventory(shop, whole)
        ids = [commit.request_id for commit in commits(shop.root, tenant) if "/" in commit.request_id]
        assert sorted(ids) == sorted(
            commit.request_id for commit in commits(shop.root, whole) if "/" in commit.request_id
        )
        lies, made = digests(shop.root, tenant)
        assert lies == made


def inventory(shop: Shop, tenant: str) -> list[tuple[int, int]]:
    with Caller(shop.address, tenant) as caller:
        return [(item.on_hand, item.available) for item in caller.call(rq.GetLocInventoryReq(location=ROOT)).items]


def when_written(root: Path, tenant: str, count: int) -> None:
    """Wait until a tenant's log has so many commits."""
    deadline = time.monotonic() + PATIENCE_S
    while len(commits(root, tenant)) < count:
        assert time.monotonic() < deadline


def test_ctrl_c_ends_a_load_with_130_and_the_next_run_finishes_it(shop: Shop, load: Loaded) -> None:
    tenant, whole = shop.tenant(), shop.tenant()
    with Bf(shop.words(SAMPLE, tenant)) as running:
        when_written(shop.root, tenant, 20)
        running.signal(signal.SIGINT)
        assert running.end() == 130
        assert "Traceback" not in running.said
        assert running.said.endswith("bf: interrupted\n")
    assert len(commits(shop.root, tenant)) < len(commits(shop.root, whole)) + 500
    assert load(SAMPLE, tenant) == load(SAMPLE, whole)
    assert inventory(shop, tenant) == inventory(shop, whole)


@pytest.mark.parametrize("at_commit", [1, 30])
def test_a_server_that_dies_under_a_load_is_told_and_the_next_run_finishes_it(
    tmp_path: Path, shop: Shop, load: Loaded, at_commit: int, short: Path
) -> None:
    new_tenant(tmp_path, "acme")
    load_it = ["load", "orders", short, "--tenant", "acme", "--plain", "--addr"]
    with served(tmp_path) as (server, address), Bf([*load_it, address]) as running:
        when_written(tmp_path, "acme", at_commit)
        server.kill()
        assert running.end() == 2
        assert "Traceback" not in running.said
        last = running.said.splitlines()[-1]
        assert last.startswith(f"bf: --addr: {address}")
        assert "bf serve" in last
    with served(tmp_path) as (_, address):
        assert load(short, "acme", "--addr", address) == load(short, shop.tenant())


def test_a_server_that_comes_back_soon_is_waited_for(tmp_path: Path, shop: Shop, load: Loaded, short: Path) -> None:
    new_tenant(tmp_path, "acme")
    load_it = ["load", "orders", short, "--tenant", "acme", "--plain", "--json", "--addr"]
    with served(tmp_path) as (first, address), Bf([*load_it, address]) as running:
        when_written(tmp_path, "acme", 20)
        first.kill()
        with Bf(["serve", "--plain", "--data", tmp_path, "--addr", address]):
            assert running.end() == 0, running.said
        report = json.loads(running.said[running.said.index("{") :].splitlines()[0])
        assert report == load(short, shop.tenant())


# In every dress


def dress(name: str, body: bytes) -> bytes:  # noqa: PLR0911  # one for each dress
    match name:
        case "bare CR":
            return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r")
        case "CR LF":
            return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        case "BOM":
            return b"\xef\xbb\xbf" + body
        case "Windows-1252":
            return body.replace(b"TEAPOT", "TEAPOT £5 “ñ”".encode("cp1252")).replace(b"\n", b"\r")
        case "quoted":
            rows = csv.reader(body.decode().splitlines())
            return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode()
        case "no last line end":
            return body.rstrip()
        case "blank lines":
            return body.replace(b"\n", b"\n\n")
        case _:
            raise AssertionError(name)


@pytest.mark.parametrize(
    "name", ["bare CR", "CR LF", "BOM", "Windows-1252", "quoted", "no last line end", "blank lines"]
)
def test_the_same_orders_in_another_dress_mean_the_same(name: str) -> None:
    body = SAMPLE.read_bytes()
    assert lines_of(dress(name, body)) == lines_of(body)


def lines_of(body: bytes) -> list[Line]:
    return [item for item in read(decode(body)) if isinstance(item, Line)]


def test_the_real_line_ends_and_bytes_load_to_the_same_table(
    shop: Shop, load: Loaded, tmp_path: Path, short: Path
) -> None:
    file = tmp_path / short.name
    file.write_bytes(dress("Windows-1252", short.read_bytes()))
    assert load(file, shop.tenant()) == load(short, shop.tenant())


def test_columns_are_found_by_name_in_any_order() -> None:
    text = "Country,Extra,StockCode,Quantity,InvoiceNo,Description,InvoiceDate,UnitPrice,CustomerID\n"
    (line,) = read(text + "France,x,20001a,5,7,CLOCK,now,1,15045\n")
    assert isinstance(line, Line)
    assert (line.invoice, line.sku, line.units, line.country) == ("7", "20001A", 5, "France")


# Damage


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ("9,20001,CLOCK,1", "has 4 columns instead of 8"),
        ("9,20001,CLOCK,1,now,1,,,", "has 9 columns instead of 8"),
        ("9,20001,CLOCK,many,now,1,,", "Quantity is not a number: 'many'"),
        ("9,20001,CLOCK,1.5,now,1,,", "Quantity is not a number: '1.5'"),
        ("9,20001,CLOCK,1_0,now,1,,", "Quantity is not a number: '1_0'"),
        ("9,20001,CLOCK,,now,1,,", "Quantity is not a number: ''"),
        ("9,20001,CLOCK,0,now,1,,", "Quantity is 0"),
        ("9,20001,CLOCK,9999999999,now,1,,", "Quantity is 9999999999"),
        ("9, ,CLOCK,1,now,1,,", "StockCode is blank"),
        (",20001,CLOCK,1,now,1,,", "InvoiceNo is blank"),
        ('9,20001,"CLOCK,1,now,1,,', "is no CSV: unexpected end of data"),
        ('9,20001,CLOCK,1,now,1,,"', "is no CSV: unexpected end of data"),
        ('9,20001,"CLOCK" BIG,1,now,1,,', "is no CSV: ',' expected after '\"'"),
        ("9,20001," + "x" * 200_000 + ",1,now,1,,", "is no CSV: field larger than field limit (131072)"),
    ],
)
def test_invariant_9_a_damaged_line_is_named_and_costs_no_other(damaged: str, reason: str) -> None:
    lines = SOME.splitlines()
    items = list(read("\n".join([*lines[:3], damaged, *lines[3:]])))
    assert [item for item in items if isinstance(item, Damage)] == [Damage(4, reason)]
    assert [item for item in items if isinstance(item, Line)] == list(read(SOME))


def test_a_quote_inside_a_description_is_no_damage() -> None:
    (line,) = read(HEADER + '9,20001,CLOCK 12" ""BIG"",1,now,1,,\n')
    assert isinstance(line, Line)


def test_damaged_lines_are_in_the_report_by_number(shop: Shop, load: Loaded, tmp_path: Path) -> None:
    text = SOME.replace("2,20001,CLOCK,10", '2,20001,"CLOCK,10')
    assert load(written(tmp_path, text), shop.tenant())["damaged"] == [[4, "is no CSV: unexpected end of data"]]


# Odd names


def test_texts_of_any_script_are_loaded(shop: Shop, load: Loaded, tmp_path: Path) -> None:
    text = SOME.replace("\n1,", "\n№1,").replace("20002A", "DCGS Größe").replace("France", "Россия")
    report = load(written(tmp_path, text, "Köln Süd.csv"), shop.tenant(), "--cover", "100")
    assert report["warehouse"] == "Köln Süd"
    assert (report["orders_taken"], report["units_left"]) == (2, 4)


def test_long_invoice_numbers_are_loaded(shop: Shop, load: Loaded, tmp_path: Path) -> None:
    report = load(written(tmp_path, SOME.replace("1,20001", "1" * 200 + ",20001")), shop.tenant(), "--cover", "100")
    assert report["orders_refused"] == {}


def test_an_invoice_number_beyond_its_limit_is_refused_and_counted(shop: Shop, load: Loaded, tmp_path: Path) -> None:
    report = load(written(tmp_path, SOME.replace("2,20001", "2" * 300 + ",20001")), shop.tenant(), "--cover", "100")
    assert report["orders_refused"] == {"TooLong": 1}


def test_a_file_without_goods_is_an_empty_table(shop: Shop, load: Loaded, tmp_path: Path) -> None:
    report = load(written(tmp_path, HEADER), shop.tenant())
    assert (report["products"], report["orders_taken"], report["units_left"]) == (0, 0, 0)


# Complaints


def test_wrong_columns_are_named(shop: Shop, complaint: Complaint, tmp_path: Path) -> None:
    file = written(tmp_path, "InvoiceNo,StockCode,Description,InvoiceDate,UnitPrice,Country\n1,2,3,4,5,6\n")
    said = complaint(shop.words(file, shop.tenant()))
    assert said.endswith("the first line names no column Quantity, CustomerID")


@pytest.mark.parametrize("text", ["", "\n", "\x00", "no orders at all", '"'])
def test_a_file_that_is_no_orders_is_named(shop: Shop, complaint: Complaint, tmp_path: Path, text: str) -> None:
    assert "is no file of orders" in complaint(shop.words(written(tmp_path, text), "acme"))


def test_a_file_that_is_not_there_is_named(shop: Shop, complaint: Complaint, tmp_path: Path) -> None:
    said = complaint(shop.words(tmp_path / "nothing.csv", "acme"))
    assert said.startswith("bf: file: cannot read")
    assert "nothing.csv" in complaint(shop.words(tmp_path / "nothing.csv", "acme"))
    assert "cannot read" in complaint(shop.words(tmp_path, "acme"))


@pytest.mark.parametrize("tenant", ["nobody", "", "Zürich", "a b", "acme\n"])
def test_an_unknown_tenant_is_told(shop: Shop, complaint: Complaint, tenant: str, short: Path) -> None:
    assert "tenant" in complaint(shop.words(short, tenant))


def test_an_unreachable_server_is_told_with_the_remedy(complaint: Complaint, short: Path) -> None:
    said = complaint(["load", "orders", str(short), "--tenant", "acme", "--plain", "--addr", "127.0.0.1:1"])
    assert said.startswith("bf: --addr: 127.0.0.1:1 cannot be reached")
    assert said.endswith("start it with: bf serve")


@pytest.mark.parametrize("addr", ["127.0.0.1", "127.0.0.1:x", ":50051", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_told(complaint: Complaint, addr: str, short: Path) -> None:
    assert "--addr" in complaint(["load", "orders", str(short), "--tenant", "acme", "--addr", addr])


@pytest.mark.parametrize("cover", ["-1", "some", "100000000000", "1" + "0" * 30])
def test_a_share_that_cannot_be_is_told(shop: Shop, complaint: Complaint, cover: str, short: Path) -> None:
    assert complaint(shop.words(short, shop.tenant(), "--cover", cover)).startswith("bf: ")


@pytest.mark.parametrize("warehouse", ["x" * 300, "\udcff"])
def test_a_name_that_cannot_be_is_told(shop: Shop, complaint: Complaint, warehouse: str, short: Path) -> None:
    assert complaint(shop.words(short, shop.tenant(), "--warehouse", warehouse)).startswith("bf: ")


def test_other_orders_into_the_same_warehouse_are_refused(
    shop: Shop, load: Loaded, complaint: Complaint, tmp_path: Path
) -> None:
    tenant, file = shop.tenant(), written(tmp_path, SOME)
    load(file, tenant)
    written(tmp_path, SOME + "9,20001,CLOCK,1,now,1,,\n")
    assert "already" in complaint(shop.words(file, tenant))


def test_loads_of_two_tenants_at_once_do_not_meet(shop: Shop, load: Loaded, short: Path) -> None:
    tenants = [shop.tenant() for _ in range(3)]
    with Bf(shop.words(short, tenants[0])) as one, Bf(shop.words(short, tenants[1])) as other:
        assert (one.end(), other.end()) == (0, 0)
    assert load(short, tenants[0]) == load(short, tenants[1]) == load(short, tenants[2])
