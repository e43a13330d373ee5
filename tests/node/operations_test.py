"""What operators do to a tenant while it serves: keys, limits, erasing."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.tenants import ACME, ROOT, Traffic, digests, done, files, furnish, new_tenant, on_hand, put, uid

from bf.adapters.crypto.seal import key_number
from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.core.ports import Env, LogError
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.node import Node, TenantNotFound
from bf.node.operations import Operations, WrongArgument
from bf.node.rates import RateLimited, Rates

Do = Callable[..., Any]
PLAIN = [b"Shelf", b"cola", b"delivery-1", b"InventoryUpdated", b"SQLite format 3"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_tenant(tmp_path)
    return tmp_path


@asynccontextmanager
async def operated(root: Path) -> AsyncGenerator[tuple[Node, DirectoryStorage, Do]]:
    """Run a node, and yield a way to have operations done for acme."""
    storage = DirectoryStorage(root)
    env = Env(MachineClock(), storage, NoMeter())
    node = Node(env, INVENTORY)
    table = Operations(node, env, storage).table()

    async def do(name: str, **arguments: object) -> Mapping[str, Any]:
        return await table[name]({"tenant": ACME} | arguments, lambda progress: None)  # noqa: ARG005  # nobody looks

    try:
        yield node, storage, do
    finally:
        await node.stop()
        storage.close()


def keys_in(storage: DirectoryStorage) -> set[int]:
    """Find the numbers of the keys that the batches of acme's log are sealed with."""
    (path,) = files(storage.root, "log")
    page_key = storage.keyring.use(ACME, "log pages").sub_key(int(path.stem.rpartition("k")[2]))
    database = SqliteDatabase(path, page_key)
    bodies = database.execute("SELECT body FROM batch UNION ALL SELECT body FROM baseline").fetchall()
    database.close()
    return {key_number(body) for (body,) in bodies}


# Keys


def test_after_a_rotation_nothing_needs_the_old_key(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, storage, do):
            await furnish(node)
            await done(node, put(5), "delivery-1")
            assert keys_in(storage) == {1}
            assert await do("rotate") == {"key": 2, "keys": [1, 2]}
            await done(node, put(5), "delivery-2")
            assert keys_in(storage) == {2}
            assert storage.oldest_key(ACME) == 2
            assert await do("rotate", forget=True) == {"key": 3, "keys": [3]}
            await done(node, put(5), "delivery-1")
            assert await on_hand(node) == 10
        storage = DirectoryStorage(root)
        assert [path.name for path in (*files(root, "log"), *files(root, "state"))] == ["log-3-k3.db", "state-3-k3.db"]
        archived = sorted(path.name for path in (root / "tenants" / ACME / "archive").iterdir())
        assert archived == ["log-1-k3.db", "log-2-k3.db"]
        storage.close()

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


def test_new_batches_are_under_the_new_key_at_once(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, storage, _):
            await furnish(node)
            storage.rotate_key(ACME)
            await done(node, put(5))
            assert keys_in(storage) == {1, 2}

    asyncio.run(story())


def test_a_rotation_that_was_cut_short_goes_on_with_the_same_key(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cut(*_: object, **__: object) -> None:
        raise LogError("the power")

    async def story() -> None:
        async with operated(root) as (node, storage, do):
            await furnish(node)
            with monkeypatch.context() as patch:
                patch.setattr("bf.node.operations.compact", cut)
                with pytest.raises(LogError):
                    await do("rotate")
            assert storage.key_numbers(ACME) == [1, 2]
            assert await do("rotate", forget=True) == {"key": 2, "keys": [2]}
            await done(node, put(5))
            assert await on_hand(node) == 5

    asyncio.run(story())


def test_an_empty_tenant_gets_a_new_key_too(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, _, do):
            assert (await do("rotate", forget=True, archive=False))["keys"] == [2]
            await furnish(node)

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


def test_traffic_goes_on_while_a_key_is_changed(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, _, do):
            await furnish(node)
            traffic = Traffic(node, 4)
            for _ in range(3):
                await asyncio.sleep(0.05)
                await do("rotate", forget=True, archive=False)
            sent = await traffic.stop()
            assert await on_hand(node) == sent > 0

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


def test_several_operators_at_once_have_their_turns(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, _, do):
            await furnish(node)
            names = ["compact", "rebuild", "rotate", "verify", "compact", "rebuild", "limits", "verify"]
            told = await asyncio.gather(*(do(name) for name in names), *(done(node, put(1), name) for name in "abc"))
            assert [told[number]["sound"] for number in (3, 7)] == [True, True]
            assert await on_hand(node) == 3

    asyncio.run(story())
    assert len(files(root, "log")) == len(files(root, "state")) == 1
    lies, made = digests(root)
    assert lies == made


# Erasing


def test_invariant_7_of_an_erased_tenant_a_tombstone_stays_and_nothing_else(root: Path) -> None:
    new_tenant(root, "zeta")

    async def story() -> None:
        async with operated(root) as (node, storage, do):
            await furnish(node)
            await done(node, put(5), "delivery-1")
            kept = {path: path.read_bytes() for path in (*files(root, "log"), *files(root, "state"))}
            with pytest.raises(WrongArgument, match="repeat the tenant's name"):
                await do("erase")
            assert await on_hand(node) == 5
            told = await do("erase", confirm=ACME)
            assert told["tenant"] == ACME
            assert (await node.call(ACME, put(1), "")).reason == "TenantNotFound"
            assert storage.tenants() == ["zeta"]
            assert [path.name for path in (root / "tenants" / ACME).iterdir()] == ["erased.json"]
            assert json.loads((root / "tenants" / ACME / "erased.json").read_text()) == told == storage.tombstone(ACME)
            with pytest.raises(StorageError, match="was erased; its name is not given again"):
                storage.create(ACME)
            with pytest.raises(TenantNotFound):
                await do("erase", confirm=ACME)
            for path, body in kept.items():  # a copy that somebody has made: no key is left that opens it
                assert not any(plain in body for plain in PLAIN), path
            assert not storage.keyring.has(ACME)
            assert (await node.call("zeta", rq.ListProductsReq(), "")).code == Code.OK

    asyncio.run(story())


def test_an_erasure_that_could_not_begin_leaves_the_tenant_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("the disk is full")

    async def story() -> None:
        async with operated(root) as (node, storage, do):
            await furnish(node)
            await done(node, put(5))
            with monkeypatch.context() as patch:
                patch.setattr("bf.adapters.sqlite.storage.write_durably", full)
                with pytest.raises(OSError, match="the disk is full"):
                    await do("erase", confirm=ACME)
            assert await on_hand(node) == 5
            await do("erase", confirm=ACME)
            assert storage.tombstone(ACME)

    asyncio.run(story())


# Limits


def test_a_limit_on_what_a_tenant_has_refuses_one_more_by_its_name_and_lets_the_rest_go_on(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, _, do):
            await furnish(node)
            told = await do("limits", set={"products": 2, "locations": 1})
            assert told["limits"] == {"products": 2, "locations": 1}
            assert told["usage"]["products"] == told["usage"]["locations"] == 1
            assert (await node.call(ACME, rq.AddProductsReq(skus=["a", "b"]), "more")).reason == "LimitReached"
            await done(node, rq.AddProductsReq(skus=["a"]))
            answer = await node.call(ACME, rq.AddProductsReq(skus=["b"]), "one more")
            assert answer.code == Code.RESOURCE_EXHAUSTED
            assert answer.message == "the limit products of this tenant allows 2; this request would make it 3"
            shelf = rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Other")], parent=ROOT)
            assert "the limit locations" in (await node.call(ACME, shelf, "")).message
            await done(node, put(5))
            await do("limits", set={"products": None})
            await done(node, rq.AddProductsReq(skus=["b"]), "one more")  # it was nobody's last word

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


def test_what_is_given_back_makes_room(root: Path) -> None:
    def sale(code: str) -> rq.ReserveReq:
        return rq.ReserveReq(reservation=code, items=[{"sku": "cola", "quantity": 1}], location=ROOT)

    async def story() -> None:
        async with operated(root) as (node, _, do):
            await furnish(node)
            await done(node, put(10))
            await do("limits", set={"open_reservations": 2})
            await done(node, sale("one"))
            first = uid(3)
            await done(node, sale("two"))
            assert (await node.call(ACME, sale("three"), "")).reason == "LimitReached"
            await done(node, rq.CancelReq(reservation=first))
            await done(node, sale("three"))
            assert (await do("limits"))["usage"]["open_reservations"] == 2

    asyncio.run(story())


def test_limits_outlive_the_node(root: Path) -> None:
    async def begin() -> None:
        async with operated(root) as (node, _, do):
            await furnish(node)
            await do("limits", set={"products": 1})

    async def story() -> None:
        async with operated(root) as (node, _, _do):
            assert (await node.call(ACME, rq.AddProductsReq(skus=["a"]), "")).reason == "LimitReached"

    asyncio.run(begin())
    asyncio.run(story())


def test_a_full_state_takes_no_more_commands_and_answers_queries(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, _, do):
            await furnish(node)
            await do("limits", set={"state_bytes": 1})
            assert (await node.call(ACME, put(5), "five")).reason == "LimitReached"
            assert await on_hand(node) == 0
            await do("limits", set={"state_bytes": 10_000_000})
            await done(node, put(5), "five")

    asyncio.run(story())


def test_requests_beyond_a_rate_are_told_when_to_come_back(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (node, _, do):
            await furnish(node)
            await do("limits", set={"requests_per_s": 10})
            answers = await asyncio.gather(*(node.call(ACME, put(1), "") for _ in range(50)))
            refused = [answer for answer in answers if answer.code != Code.OK]
            assert 30 <= len(refused) <= 40
            assert {(answer.code, answer.reason) for answer in refused} == {(Code.RESOURCE_EXHAUSTED, "RateLimited")}
            assert "the limit requests_per_s of this tenant allows 10 a second" in refused[0].message

    asyncio.run(story())


def test_a_bucket_fills_with_time_up_to_a_second() -> None:
    rates = Rates({"requests_per_s": 2, "bytes_per_s": 1_000}, now_us=0)
    rates.admit(100, 0)
    rates.admit(100, 0)
    with pytest.raises(RateLimited) as told:
        rates.admit(100, 0)
    assert told.value.facts == {"limit": "requests_per_s", "most": "2", "wait_ms": "501"}
    rates.admit(100, 500_000)
    for _ in range(2):
        rates.admit(100, 60_000_000)
    with pytest.raises(RateLimited):
        rates.admit(100, 60_000_000)


def test_a_request_larger_than_the_burst_takes_a_full_bucket_and_is_paid_for_later() -> None:
    rates = Rates({"bytes_per_s": 1_000}, now_us=0)
    rates.admit(3_000, 0)
    with pytest.raises(RateLimited) as told:
        rates.admit(1, 1_000_000)
    assert told.value.limit == "bytes_per_s"
    rates.admit(1, 2_100_000)


# Arguments


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("compact", {"archive": 1}, "archive: 1 is not a bool"),
        ("compact", {"fast": True}, "fast: there is no such argument"),
        ("verify", {"tenant": 7}, "tenant: 7 is not a str"),
        ("limits", {"set": {"colas": 5}}, "set.colas: there is no such limit"),
        ("limits", {"set": {"products": -1}}, "set.products: -1 is not a whole number"),
        ("limits", {"set": {"products": True}}, "set.products: True is not a whole number"),
    ],
)
def test_invariant_9_a_wrong_argument_is_named(
    root: Path, name: str, arguments: dict[str, object], message: str
) -> None:
    async def story() -> None:
        async with operated(root) as (_, _, do):
            with pytest.raises(WrongArgument, match=message):
                await do(name, **arguments)

    asyncio.run(story())


def test_an_unknown_tenant_is_not_found(root: Path) -> None:
    async def story() -> None:
        async with operated(root) as (_, _, do):
            for name in ("compact", "verify", "rebuild", "rotate", "limits", "erase"):
                with pytest.raises(TenantNotFound):
                    await do(name, tenant="nobody")

    asyncio.run(story())
