"""Watching reports: every change arrives, in order and once; nothing queues up; and each stream has a defined end."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from tests.support.serving import PATIENCE_S, Bf, Caller, served
from tests.support.tenants import ACME, ROOT, done, furnish, new_tenant, node_on, put, uid

from bf.adapters.access.gate import Caller as Asker
from bf.adapters.front.limits import DRAIN_S_MAX, WATCHERS_COUNT_MAX
from bf.adapters.grpc import rows
from bf.adapters.grpc.api.watching_pb2 import WatchReportReq, WatchReportResp
from bf.adapters.grpc.rows import Asking, RefusedError, watch_report
from bf.adapters.grpc.watch import REPORTS
from bf.adapters.sqlite.database import empty_state
from bf.adapters.workers.share import owner_of
from bf.client import Client
from bf.client.wire import client_tls
from bf.core.api.changes_pb2 import ChangesReq, ChangesResp
from bf.core.ports import Answer
from bf.core.refusal import Code, Told
from bf.core.spec import SPEC_NOW_US, Spec, specs_of
from bf.core.uid import number_of
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.inventory.limits import REPORT_ROWS_MAX
from bf.inventory.reports.touched import touched_by
from bf.node import changes
from bf.node.cell import STOPPED
from bf.node.limits import CHANGES_BYTES_MAX, CHANGES_S_MAX
from bf.node.node import Node

Messages = AsyncGenerator[WatchReportResp]
SHELF, COLA = uid(1), uid(2)
WHOLE = rq.DefineReportReq(name="whole", locations=[ROOT])


class View:
    """What a reader knows of a report, from its messages alone."""

    def __init__(self) -> None:
        self.rows: dict[str, list[int]] = {}
        self.locations: list[str] = []
        self.positions: list[int] = []
        self.known = 0

    def read(self, message: WatchReportResp) -> None:
        page = message.page
        self.locations = [column.location for column in page.columns]
        if message.begins:
            self.rows.clear()
        for at, product in enumerate(page.products):
            row = [numbers[at] for column in page.columns for numbers in (column.on_hand, column.reserved)]
            self.rows.pop(product, None)
            if any(row):
                self.rows[product] = row
        self.positions.append(page.position)
        self.known = max(self.known, message.known_position)


async def asked(node: Node, name: str = "whole") -> dict[str, list[int]]:
    """Return the rows of a report as they are now, asked for in pages."""
    found: dict[str, list[int]] = {}
    request = rq.GetReportReq(name=name)
    while True:
        page = rq.GetReportResp.FromString((await done(node, request)).response)
        for at, product in enumerate(page.products):
            found[product] = [numbers[at] for column in page.columns for numbers in (column.on_hand, column.reserved)]
        request.page = page.next_page
        if not request.page:
            return found


async def soon(messages: Messages) -> WatchReportResp:
    return await asyncio.wait_for(anext(messages), PATIENCE_S)


def watching(node: Node, name: str = "whole", prefix: str = "") -> Messages:
    return watch_report(Asking(node, Asker(ACME, "")), WatchReportReq(name=name, sku_prefix=prefix))


Scene = Callable[[Node], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Scene], None]:
    """Play a scene on a node that has the shelf 1, the product 2 and a report of everything."""
    new_tenant(tmp_path)

    def play(scene: Scene) -> None:
        async def on_a_node() -> None:
            async with node_on(tmp_path) as node:
                await furnish(node)
                await done(node, WHOLE)
                await scene(node)

        asyncio.run(on_a_node())

    return play


def test_every_change_arrives_in_order(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        async with aclosing(watching(node)) as messages:
            first = await soon(messages)
            assert (first.begins, list(first.page.products), first.known_position) == (True, [], 4 - 1)
            for units in range(1, 6):
                event = (await done(node, put(1))).event
                message = await soon(messages)
                assert list(message.page.columns[0].on_hand) == [units]
                assert (message.begins, message.known_position, message.page.position) == (False, event, event)
                assert message.page.time_us > 0

    play(scene)


def test_only_rows_that_changed_are_told(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        await done(node, rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Elsewhere")], parent=ROOT))
        await done(node, rq.AddProductsReq(skus=["tea", "figs"]))
        await done(node, rq.DefineReportReq(name="shelf", locations=[SHELF]))
        await done(node, put(1))
        async with aclosing(watching(node, "shelf")) as messages:
            assert list((await soon(messages)).page.skus) == ["cola"]
            waiting = asyncio.create_task(soon(messages))
            await done(node, rq.UpdateInventoryReq(location=uid(3), product=COLA, on_hand_change=5))
            await asyncio.sleep(0.05)  # it has been looked at by then, alone
            await done(node, rq.UpdateInventoryReq(location=uid(3), product=uid(4), on_hand_change=5))
            await done(node, rq.UpdateInventoryReq(location=SHELF, product=uid(5), on_hand_change=5))
            assert list((await waiting).page.skus) == ["figs"]
            await done(node, put(-1))
            message = await soon(messages)
            assert (list(message.page.skus), list(message.page.total.on_hand)) == (["cola"], [0])

    play(scene)


def test_only_skus_that_begin_as_asked_are_told(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        await done(node, rq.AddProductsReq(skus=["tea"]))
        async with aclosing(watching(node, prefix="te")) as messages:
            await soon(messages)
            await done(node, put(1))
            await done(node, rq.UpdateInventoryReq(location=SHELF, product=uid(3), on_hand_change=5))
            assert list((await soon(messages)).page.skus) == ["tea"]

    play(scene)


def test_a_slow_reader_gets_the_newest_numbers_and_not_each(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        async with aclosing(watching(node)) as messages:
            await soon(messages)
            last = 0
            for _ in range(100):
                last = (await done(node, put(1))).event
            message = await soon(messages)
            assert list(message.page.columns[0].on_hand) == [100]
            assert message.known_position == last

    play(scene)


def test_who_is_too_far_behind_gets_the_report_anew(
    play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "CHANGES_BYTES_MAX", 300)

    async def scene(node: Node) -> None:
        async with aclosing(watching(node)) as messages:
            await soon(messages)
            for _ in range(20):
                await done(node, put(1))
            message = await soon(messages)
            assert (message.begins, list(message.page.columns[0].on_hand)) == (True, [20])
            await done(node, put(1))
            message = await soon(messages)
            assert (message.begins, list(message.page.columns[0].on_hand)) == (False, [21])

    play(scene)


def test_nothing_is_kept_before_somebody_watches_nor_when_nobody_does(
    play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "CHANGES_BYTES_MAX", 300)

    async def scene(node: Node) -> None:
        cell = await node.cell(ACME)

        def kept() -> object:
            return cell._changes  # pyright: ignore[reportPrivateUsage]  # what it costs is hidden

        assert kept() is None
        async with aclosing(watching(node)) as messages:
            await soon(messages)
            assert kept() is not None
        for _ in range(20):
            await done(node, put(1))
        assert kept() is None

    play(scene)


def test_a_moved_location_brings_its_rows_or_a_report_of_other_locations(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        loc = rq.AddLocationsReq.Loc
        await done(node, rq.AddLocationsReq(locs=[loc(name="A", locs=[loc(name="Box")]), loc(name="B")], parent=ROOT))
        a, box, b = uid(3), uid(4), uid(5)
        await done(node, rq.UpdateInventoryReq(location=box, product=COLA, on_hand_change=7))
        await done(node, rq.DefineReportReq(name="listed", locations=[a, b]))
        await done(node, rq.DefineReportReq(name="children", children_of=a))
        async with aclosing(watching(node, "listed")) as listed, aclosing(watching(node, "children")) as children:
            await soon(listed)
            assert [column.name for column in (await soon(children)).page.columns] == ["Box"]
            await done(node, rq.MoveLocationReq(uid=box, new_parent=b))
            message = await soon(listed)
            assert (message.begins, [list(each.on_hand) for each in message.page.columns]) == (False, [[0], [7]])
            message = await soon(children)
            assert (message.begins, list(message.page.columns), list(message.page.skus)) == (True, [], [])
            await done(node, rq.AddLocationsReq(locs=[loc(name="Rack")], parent=a))
            assert [column.name for column in (await soon(children)).page.columns] == ["Rack"]

    play(scene)


def test_a_dropped_report_ends_it_even_if_another_one_gets_its_name(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        async with aclosing(watching(node)) as messages:
            await soon(messages)
            await done(node, rq.DropReportReq(name="whole"))
            await done(node, WHOLE)
            with pytest.raises(RefusedError, match="no report is named 'whole'") as refused:
                await soon(messages)
            assert refused.value.answer.code == Code.NOT_FOUND

    play(scene)


def test_a_cell_that_stops_ends_it(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        async with aclosing(watching(node)) as messages:
            await soon(messages)
            waiting = asyncio.create_task(soon(messages))
            await asyncio.sleep(0.01)
            await node.close(ACME)
            with pytest.raises(RefusedError) as refused:
                await asyncio.wait_for(waiting, PATIENCE_S)
            assert refused.value.answer.code == Code.UNAVAILABLE

    play(scene)


def test_who_watches_nothing_that_there_is_is_told_at_once(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        with pytest.raises(RefusedError, match="no report is named 'x'"):
            await soon(watching(node, "x"))

    play(scene)


def test_many_watchers_of_a_busy_tenant_end_with_what_is_there(play: Callable[[Scene], None]) -> None:
    """Several pages, changes between them, readers of different speed; positions never go back."""

    async def scene(node: Node) -> None:
        skus = [f"paper {number}" for number in range(REPORT_ROWS_MAX + 10)]
        await done(node, rq.AddProductsReq(skus=skus))
        papers = [uid(3 + number) for number in range(len(skus))]
        counts = [rq.TakeStockReq.Count(product=product, counted=1) for product in papers]
        for at in (0, REPORT_ROWS_MAX):
            await done(
                node,
                rq.TakeStockReq(location=SHELF, reason="opening", counts=counts[at : at + REPORT_ROWS_MAX]),
            )
        last = event = 0

        async def read(pause_s: float) -> View:
            view = View()
            async with aclosing(watching(node)) as messages:
                while not last or view.known < last:
                    view.read(await soon(messages))
                    await asyncio.sleep(pause_s)
            return view

        readers = [asyncio.create_task(read(pause_s)) for pause_s in (0, 0, 0.001, 0.01, 0.05)]
        for number in range(100):
            product = papers[37 * number % len(papers)]
            update = rq.UpdateInventoryReq(location=SHELF, product=product, on_hand_change=1 + number)
            event = (await done(node, update)).event
        last = event + 1
        assert (await done(node, put(1))).event == last
        expected = await asked(node)
        for view in await asyncio.gather(*readers):
            assert view.rows == expected
            assert view.positions == sorted(view.positions)

    play(scene)


def test_what_was_forgotten_is_told_again(play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "TOLD_ROWS_COUNT_MAX", 1)

    async def scene(node: Node) -> None:
        await done(node, rq.AddProductsReq(skus=["tea"]))
        await done(node, put(1))
        await done(node, rq.UpdateInventoryReq(location=SHELF, product=uid(3), on_hand_change=5))
        async with aclosing(watching(node)) as messages:
            assert list((await soon(messages)).page.skus) == ["cola", "tea"]
            await done(node, put(-1))
            assert list((await soon(messages)).page.total.on_hand) == [0]

    play(scene)


# What is touched


@pytest.mark.parametrize("spec", [spec for spec in specs_of(INVENTORY) if spec.events], ids=lambda spec: spec.name)
def test_every_product_whose_stock_changes_is_named(spec: Spec) -> None:
    """Also by features to come: by their events, in a location that was moved, or in the memo."""
    state = empty_state(INVENTORY)
    select = "SELECT location, product, on_hand, reserved FROM stock"
    state.replay(spec.given, SPEC_NOW_US)
    before = set(state.database.execute(select).fetchall())
    done = state.execute(spec.when, SPEC_NOW_US)
    changed = {product for _, product, *_ in before ^ set(state.database.execute(select).fetchall())}
    found = touched_by(done.events)
    inside = {
        product
        for moved in found.moved
        for (product,) in state.database.execute(
            "SELECT product FROM stock WHERE location = ?", (number_of(moved),)
        ).fetchall()
    }
    assert changed <= {*map(number_of, found.products), *inside, *done.memo.get("touched", ())}


# What a cell keeps


def test_a_watcher_is_answered_when_nothing_happens_too(
    play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CHANGES_S_MAX < PATIENCE_S + 1
    monkeypatch.setattr(changes, "CHANGES_S_MAX", 0.01)

    async def scene(node: Node) -> None:
        begun = ChangesResp.FromString((await node.call(ACME, ChangesReq(begin=True), "")).response)
        told = ChangesResp.FromString((await node.call(ACME, ChangesReq(after=begun.event), "")).response)
        assert told == ChangesResp(event=begun.event)

    play(scene)


@pytest.mark.parametrize("after", [0, 1, 99])
def test_who_knows_a_position_that_is_not_kept_is_told_of_a_gap(play: Callable[[Scene], None], after: int) -> None:
    async def scene(node: Node) -> None:
        told = ChangesResp.FromString((await node.call(ACME, ChangesReq(after=after), "")).response)
        assert (told.gap, list(told.events)) == (True, [])

    play(scene)


def test_a_large_batch_is_kept_no_longer_than_there_is_room(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        begun = ChangesResp.FromString((await node.call(ACME, ChangesReq(begin=True), "")).response)
        for at in range(1 + CHANGES_BYTES_MAX // (500 * 10_000 // 2)):
            skus = [f"{at} {number:06} {'x' * 100}" for number in range(10_000)]
            await done(node, rq.AddProductsReq(skus=skus))
        for at in range(10, 16):
            await done(node, rq.AddProductsReq(skus=[f"{at} {number:06} {'x' * 100}" for number in range(10_000)]))
        told = ChangesResp.FromString((await node.call(ACME, ChangesReq(after=begun.event), "")).response)
        assert told.gap

    play(scene)


def test_a_cell_that_is_not_open_yet_says_so(tmp_path: Path) -> None:
    new_tenant(tmp_path)

    async def ask() -> Answer:
        async with node_on(tmp_path) as node:
            cell = await node.cell(ACME)
            await cell.stop()
            return await cell.call(ChangesReq(begin=True), "")

    assert asyncio.run(ask()) == STOPPED


def test_what_a_fulfilment_gives_back_without_naming_it_is_told(play: Callable[[Scene], None]) -> None:
    async def scene(node: Node) -> None:
        await done(node, rq.AddProductsReq(skus=["tea"]))
        for product in (COLA, uid(3)):
            await done(node, rq.UpdateInventoryReq(location=SHELF, product=product, on_hand_change=5))
        items = [rq.ReserveReq.Item(sku=sku, quantity=2) for sku in ("cola", "tea")]
        await done(node, rq.ReserveReq(reservation="order", location=SHELF, items=items))
        async with aclosing(watching(node)) as messages:
            assert list((await soon(messages)).page.total.available) == [3, 3]
            taken = [rq.FulfillReq.Item(product=COLA, location=SHELF, quantity=2)]
            await done(node, rq.FulfillReq(reservation=uid(4), items=taken))
            page = (await soon(messages)).page
            assert (list(page.skus), list(page.total.available)) == (["cola", "tea"], [3, 5])

    play(scene)


# Over gRPC, as a foreign client sees it


class Watch:
    """A call of a foreign client."""

    def __init__(self, caller: Caller, tenant: str = ACME, name: str = "whole", token: str = "") -> None:
        metadata = [("tenant", tenant), *([("authorization", f"Bearer {token}")] if token else [])]
        begin = cast("Any", caller.channel).unary_stream(f"/{REPORTS.full_name}/WatchReport")
        self.call = begin(WatchReportReq(name=name).SerializeToString(), metadata=metadata, timeout=PATIENCE_S)

    def next(self) -> WatchReportResp:
        return WatchReportResp.FromString(next(self.call))

    def code(self) -> grpc.StatusCode:
        """Wait for the end, and return its status."""
        with suppress(grpc.RpcError):
            while True:
                next(self.call)
        return self.call.code()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_tenant(tmp_path)
    return tmp_path


def furnished(caller: Caller) -> None:
    caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
    caller.call(rq.AddProductsReq(skus=["cola"]))
    caller.call(WHOLE)


@pytest.fixture
def caller(root: Path) -> Generator[Caller]:
    with served(root) as (server, address), Caller(address, ACME) as caller:
        furnished(caller)
        yield caller
        server.kill()
        assert "Traceback" not in server.end_text()


def test_a_foreign_client_watches_until_the_report_is_dropped(caller: Caller) -> None:
    watch = Watch(caller)
    assert watch.next().begins
    caller.call(put(4))
    assert list(watch.next().page.total.available) == [4]
    caller.call(rq.DropReportReq(name="whole"))
    assert watch.code() is grpc.StatusCode.NOT_FOUND
    assert Watch(caller).code() is grpc.StatusCode.NOT_FOUND


def test_there_are_no_more_watchers_than_the_limit_and_who_goes_makes_room(caller: Caller) -> None:
    watches = [Watch(caller) for _ in range(WATCHERS_COUNT_MAX)]
    for watch in watches:
        watch.next()
    refused = Watch(caller)
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "WATCHERS_COUNT_MAX" in refused.call.details()
    caller.call(put(4))
    assert {watch.next().page.total.on_hand[0] for watch in watches} == {4}
    watches[0].call.cancel()
    for _ in range(1_000):
        watch = Watch(caller)
        try:
            assert watch.next().begins
            break
        except grpc.RpcError:
            continue
    else:
        raise AssertionError("nobody made room")


def test_a_server_that_stops_says_so_and_does_not_wait_for_watchers(root: Path) -> None:
    with served(root) as (server, address), Caller(address, ACME) as caller:
        furnished(caller)
        watch = Watch(caller)
        watch.next()
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        assert watch.code() is grpc.StatusCode.UNAVAILABLE
        assert server.end() == 0
        assert time.monotonic() - began < DRAIN_S_MAX


def test_a_reader_may_watch_over_tls(root: Path) -> None:
    with Bf(["token", "create", ACME, "--role", "reader", "--json", "--data", root]) as making:
        token = json.loads(making.end_text())["token"]
    with Bf(["token", "create", ACME, "--role", "writer", "--json", "--data", root]) as making:
        writer = json.loads(making.end_text())["token"]
    with Bf(["serve", "--data", root, "--addr", "127.0.0.1:0"]) as server:
        address = server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0]

        async def watch() -> list[list[int]]:
            tls = client_tls(str(root / "ca/ca.pem"))
            words: dict[str, Any] = {"tls": tls, "server_name": "acme.localhost"}
            async with (
                Client(address, ACME, token=token, **words) as reader,
                Client(address, ACME, token=writer, **words) as shop,
                Client(address, ACME, token="none", **words) as stranger,  # it is none
            ):
                for request in (
                    rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT),
                    rq.AddProductsReq(skus=["cola"]),
                    WHOLE,
                ):
                    await shop.call(request)
                with pytest.raises(Told, match="no token"):
                    await anext(stranger.watch(WatchReportReq(name="whole")))
                told: list[list[int]] = []
                async for message in reader.watch(WatchReportReq(name="whole")):
                    told.append(list(message.page.total.on_hand))
                    if len(told) == 3:
                        break
                    await shop.call(put(1))
                return told

        assert asyncio.run(watch()) == [[], [1], [2]]


def test_a_token_that_is_revoked_is_told_nothing_more(root: Path) -> None:
    with Bf(["token", "create", ACME, "--role", "reader", "--json", "--data", root]) as making:
        token = json.loads(making.end_text())["token"]
    with served(root) as (_, address), Caller(address, ACME) as caller:
        furnished(caller)
        watch = Watch(caller, token=token)
        assert watch.next().begins
        with Bf(["token", "revoke", ACME, token.split(".")[1], "--data", root]) as revoking:
            revoking.end_text()
        caller.call(put(4))
        with pytest.raises(grpc.RpcError):
            watch.next()
        assert watch.code() is grpc.StatusCode.UNAUTHENTICATED


def test_every_worker_lets_watch_whose_tenant_it_is_not(root: Path) -> None:
    """A connection goes to any worker in plain text, so of several some are forwarded."""
    second = next(name for name in ("kiosk", "shop", "zeta") if owner_of(name, 2) != owner_of(ACME, 2))
    new_tenant(root, second)
    with served(root, "--workers", "2") as (server, address):
        for tenant in (ACME, second):
            callers = [Caller(address, tenant) for _ in range(4)]
            furnished(callers[0])
            watches = [Watch(caller, tenant) for caller in callers]
            assert all(watch.next().begins for watch in watches)
            for units in (1, 2):
                callers[0].call(put(1))
                assert [list(watch.next().page.total.on_hand) for watch in watches] == [[units]] * len(watches)
            callers[1].call(rq.DropReportReq(name="whole"))
            assert {watch.code() for watch in watches} == {grpc.StatusCode.NOT_FOUND}
            callers[0].call(WHOLE)
        ends = [Watch(caller, tenant) for caller in callers for tenant in (ACME, second)]
        assert all(watch.next().begins for watch in ends)
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        assert {watch.code() for watch in ends} == {grpc.StatusCode.UNAVAILABLE}
        assert server.end() == 0
        assert time.monotonic() - began < DRAIN_S_MAX, "whoever waits for changes is not waited for"
        assert "Traceback" not in server.said
        for caller in callers:
            caller.channel.close()
