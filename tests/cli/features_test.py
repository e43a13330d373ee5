"""`bf serve --features`: a package's requests, tables and log are those of the tenants that it names, and stay so."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from examples.gift_wrap import requests_pb2 as gift
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from tests.support.serving import PATIENCE_S, Caller, served
from tests.support.tenants import ACME, ROOT, commits, new_tenant, uid

from bf.adapters.grpc.api.execution_pb2 import ExecuteReq, ExecuteResp
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.main import main
from bf.inventory.api import requests_pb2 as rq

MODULE = "examples.gift_wrap.features"
ZETA = "zeta"
GIFTS = "/acme.gift_wrap.v1.GiftWrapService"
EXECUTE = "/blackfriday.v1.ExecutionService/Execute"
SALE = uid(3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for tenant in (ACME, ZETA):
        new_tenant(tmp_path / "data", tenant)
    return tmp_path / "data"


class Told(NamedTuple):
    """An answer in JSON."""

    status: int
    body: Any


def ask(address: str, tenant: str, name: str, **fields: object) -> Told:
    """Call with JSON."""
    connection = HTTPConnection(address, timeout=PATIENCE_S)
    headers = {"content-type": "application/json", "tenant": tenant}
    connection.request("POST", f"/v1/{name}", json.dumps(fields), headers)
    answer = connection.getresponse()
    told = Told(answer.status, json.loads(answer.read()))
    connection.close()
    return told


def furnish(address: str, tenant: str) -> None:
    """Reserve one of two teas."""
    with Caller(address, tenant) as caller:
        caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Bin")], parent=ROOT))
        caller.call(rq.AddProductsReq(skus=["tea"]))
        caller.call(rq.UpdateInventoryReq(location=uid(1), product=uid(2), on_hand_change=2))
        item = rq.ReserveReq.Item(sku="tea", quantity=1)
        assert caller.call(rq.ReserveReq(reservation="sale", items=[item], location=ROOT)).reservation == SALE


def raw(address: str, tenant: str, path: str, request: Message) -> bytes:
    """Call a path over gRPC, as a foreign client does."""
    with Caller(address, tenant) as caller:
        channel: Any = caller.channel
        metadata = [("tenant", tenant)]
        return channel.unary_unary(path)(request.SerializeToString(), metadata=metadata, timeout=PATIENCE_S)


def execute(address: str, tenant: str, request: Message) -> ExecuteResp.Outcome:
    """Send one request in a message of many."""
    packed = AnyMessage()
    packed.Pack(request)
    message = ExecuteReq(calls=[ExecuteReq.Call(request=packed)])
    return ExecuteResp.FromString(raw(address, tenant, EXECUTE, message)).outcomes[0]


def gifts(address: str) -> list[Mapping[str, str]]:
    told = ask(address, ACME, "ListGifts")
    assert told.status == 200, told
    return told.body["gifts"]


def tables(data: Path, tenant: str) -> set[str]:
    """Name the tables of a tenant's newest state."""
    storage = DirectoryStorage(data)
    database = storage.database(tenant, storage.databases(tenant)[-1])
    names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    database.close()
    storage.close()
    return {name for (name,) in names}


def bf(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err


RED = {"reservation": SALE, "code": "sale", "paper": "red"}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_packages_requests_are_answered_to_its_tenants_and_to_nobody_else(data: Path, workers: str) -> None:
    with served(data, "--features", MODULE, "--workers", workers) as (_, address):
        for tenant in (ACME, ZETA):
            furnish(address, tenant)
        wrap = gift.WrapGiftReq(reservation=SALE, paper="red")
        assert raw(address, ACME, f"{GIFTS}/WrapGift", wrap) == b""
        assert gifts(address) == [RED]
        other = gift.WrapGiftReq(reservation=SALE, paper="blue")
        assert execute(address, ACME, other).refusal.code == grpc.StatusCode.ALREADY_EXISTS.value[0]
        assert execute(address, ACME, gift.ListGiftsReq()).HasField("response")
        with pytest.raises(grpc.RpcError) as refused:
            raw(address, ZETA, f"{GIFTS}/WrapGift", wrap)
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert execute(address, ZETA, wrap).refusal.code == grpc.StatusCode.UNIMPLEMENTED.value[0]
        told = ask(address, ZETA, "WrapGift", reservation=SALE, paper="red")
        assert (told.status, told.body["message"]) == (501, "no feature handles WrapGiftReq")
        stranger = ask(address, ZETA, "Steal")
        assert (stranger.status, "WrapGift" in str(stranger.body)) == (404, False), "strangers learn nothing of it"
    assert "gift_wrap_gift" in tables(data, ACME)
    assert "gift_wrap_gift" not in tables(data, ZETA)
    assert commits(data)[-1].events[0].type == "gift_wrap.GiftWrapped"


def test_an_optional_feature_of_a_package_waits_for_its_tenant(data: Path) -> None:
    with served(data, "--features", MODULE) as (_, address):
        furnish(address, ACME)
        refused = ask(address, ACME, "WrapWave", wave="wave", paper="gold")
        assert refused.status == 501
        assert "needs the feature 'fulfilment-waves'" in refused.body["message"]
        ask(address, ACME, "EnableFeature", feature="fulfilment-waves")
        ask(address, ACME, "PlanWave", wave="wave", location=ROOT)
        assert ask(address, ACME, "WrapWave", wave="wave", paper="gold").body == {"reservations": [SALE]}


def test_a_restart_a_compaction_a_backup_and_an_export_keep_what_a_package_made(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(data, "--features", MODULE) as (_, address):
        furnish(address, ACME)
        ask(address, ACME, "EnableFeature", feature="fulfilment-waves")
        assert ask(address, ACME, "WrapGift", reservation=SALE, paper="red").status == 200
    there = ("--data", data)
    assert bf(capsys, "tenant", "export", ACME, "--to", tmp_path / "all", "--plain", *there)[0] == 0
    assert '"type":"gift_wrap.GiftWrapped","body":{' in (tmp_path / "all").read_text("utf-8")
    assert bf(capsys, "tenant", "backup", ACME, "--to", tmp_path / "backup", *there)[0] == 0
    assert bf(capsys, "tenant", "backup", ACME, "--to", tmp_path / "backup", "--verify", *there)[0] == 0
    assert bf(capsys, "log", "show", ACME, "--type", "gift_wrap.GiftWrapped", *there)[1].count("GiftWrapped") == 1
    for action in ("compact", "verify", "rebuild", "verify"):
        assert bf(capsys, "tenant", action, ACME, *there)[0] == 0
    code, _, error = bf(capsys, "tenant", "restore", ACME, "--from", tmp_path / "backup", "--as", ZETA + "2", *there)
    assert (code, "gift_wrap" in error) == (2, True), "a tenant that the package does not name cannot have its events"
    with served(data) as (_, address):
        assert gifts(address) == [RED], "the data directory knows the package"
        assert [each["enabled"] for each in ask(address, ACME, "ListFeatures").body["features"]] == [True]


def test_a_log_with_events_of_a_package_that_is_not_loaded_is_not_opened(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(data, "--features", MODULE) as (_, address):
        furnish(address, ACME)
        furnish(address, ZETA)
        ask(address, ACME, "WrapGift", reservation=SALE, paper="red")
    (data / "features").unlink()
    for action in ("verify", "rebuild", "compact"):
        code, _, error = bf(capsys, "tenant", action, ACME, "--data", data)
        assert (code, "the package gift_wrap with bf serve --features MODULE" in error) == (2, True), error
    with served(data) as (_, address):
        assert ask(address, ACME, "AddProducts", skus=["cola"]).status == 500
        assert ask(address, ZETA, "AddProducts", skus=["cola"]).status == 200
    with served(data, "--features", MODULE) as (_, address):
        assert gifts(address) == [RED]


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("my_company.features", "my_company.features cannot be imported: ModuleNotFoundError"),
        ("examples.gift_wrap.wrap", "examples.gift_wrap.wrap has no PACKAGE"),
    ],
)
def test_a_module_that_is_no_package_is_told_with_the_remedy(
    data: Path, capsys: pytest.CaptureFixture[str], module: str, why: str
) -> None:
    for words in (["serve", "--plain", "--data", str(data)], ["test"], ["explore", "1"]):
        code, _, error = bf(capsys, *words, "--features", module)
        assert code == 2
        assert error.startswith(f"bf: --features: {why}")
        assert "packages are installed beside bf, or lie in the folder where it is started" in error
    assert not (data / "features").exists()


def test_a_module_that_went_away_is_told_with_the_file_that_names_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "features").write_text("my_company.features\n")
    code, _, error = bf(capsys, "tenant", "verify", ACME, "--data", data)
    assert (code, error.startswith(f"bf: {data / 'features'}: my_company.features cannot be imported")) == (2, True)


def test_a_packages_specs_run_beside_ours(capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = bf(capsys, "test", "--features", MODULE, "gift_wrap")
    assert (code, said.startswith("15 passed, 0 failed")) == (0, True)
    code, said, _ = bf(capsys, "explore", "a gift is not wrapped in two papers", "--features", MODULE)
    assert (code, "gift_wrap_gift" in said) == (0, True)
