"""Death and restart: lives and `bf serve` as processes, killed at random moments.

The seed is the bug report: BF_SEED=… BF_KILLS=… repeats it, up to the machine's own timing.
"""

import asyncio
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.support.lives import Nursery, judge
from tests.support.serving import PATIENCE_S, Bf, Caller, served
from tests.support.tenants import ACME, ROOT, commits, digests, new_tenant, put, uid

from bf.inventory.api import requests_pb2 as rq

KILLS = int(os.environ.get("BF_KILLS", "50"))
SEED = int(os.environ.get("BF_SEED", "20221125"))

SERVED_KILLS = max(5, KILLS // 50)
"""So many of them are deaths of `bf serve`, asked by a foreign client; each costs a second."""

LIVES_PER_FOLDER = 25


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


def test_invariant_1_what_was_told_outlives_kill_9(
    tmp_path: Path, nursery: Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    """Some lives die before they have begun, and some begin where two others have died."""
    dice = random.Random(SEED)
    root, told = tmp_path / "data", list[Any]()
    answers = 0
    for number in range(KILLS - SERVED_KILLS):
        if number % LIVES_PER_FOLDER == 0:
            shutil.rmtree(root, ignore_errors=True)
            answers += len(told)
            told.clear()
        told += nursery.life(root, dice.getrandbits(64), ms=dice.random() ** 2 * 300)
        if dice.random() < 0.7:
            asyncio.run(judge(root, told))
    asyncio.run(judge(root, told))
    assert answers + len(told) > KILLS
    assert "acknowledged" not in caplog.text, "no state was ahead of its log"


def furnish(caller: Caller) -> None:
    caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT), "shelf")
    caller.call(rq.AddProductsReq(skus=["cola"]), "product")


def on_hand(caller: Caller) -> int:
    return sum(item.on_hand for item in caller.call(rq.GetLocInventoryReq(location=ROOT)).items)


class Deliveries:
    """Numbered deliveries, the units of each, and what was heard of them."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}
        self.acknowledged: dict[str, int] = {}

    def send(self, caller: Caller, dice: random.Random, until: float, name: str) -> None:
        """Send commands until a moment or until the server is gone, several at a time."""
        number = 0
        while time.monotonic() < until:
            calls: list[tuple[str, Any]] = []
            for _ in range(dice.randint(1, 20)):
                request_id = f"{name}-{number}"
                number += 1
                self.units[request_id] = dice.randint(1, 100)
                calls.append((request_id, caller.begin(put(self.units[request_id]), request_id)))
            for request_id, call in calls:
                if not self._heard(request_id, call):
                    return

    def repeat_all(self, caller: Caller) -> None:
        """Send every command again: those that were answered get the same answer."""
        calls = [(request_id, caller.begin(put(units), request_id)) for request_id, units in self.units.items()]
        for request_id, call in calls:
            resp = rq.UpdateInventoryResp.FromString(call.result())
            assert resp.on_hand == self.acknowledged.setdefault(request_id, resp.on_hand)

    def _heard(self, request_id: str, call: Any) -> bool:  # noqa: ANN401  # grpcio's future
        try:
            resp = rq.UpdateInventoryResp.FromString(call.result())
        except grpc.RpcError:
            if call.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        self.acknowledged[request_id] = resp.on_hand
        return True


def test_invariant_1_acknowledged_commands_survive_kill_9(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    dice = random.Random(SEED)
    sent = Deliveries()
    for life in range(SERVED_KILLS + 1):
        with served(tmp_path) as (server, address), Caller(address, ACME) as caller, ThreadPoolExecutor(1) as threads:
            furnish(caller)
            if life % 2:  # half of the lives begin by repeating, half by going on
                sent.repeat_all(caller)
                assert on_hand(caller) == sum(sent.units.values())
            if life < SERVED_KILLS:
                moment = time.monotonic() + dice.random() ** 2 * 0.4
                sending = threads.submit(sent.send, caller, dice, moment + 5, f"life-{life}")
                time.sleep(max(0, moment - time.monotonic()))
                server.kill()
                sending.result()
            else:
                sent.repeat_all(caller)
                assert on_hand(caller) == sum(sent.units.values())
        happened = [commit.request_id for commit in commits(tmp_path)]
        assert len(happened) == len(set(happened)), "a command happened twice"
        assert set(sent.acknowledged) <= set(happened), "an acknowledged command is lost"
        lies, made = digests(tmp_path)
        assert life < SERVED_KILLS or lies == made
    assert len(sent.acknowledged) == len(sent.units) > SERVED_KILLS
    running = 0
    for commit in commits(tmp_path)[2:]:
        running += sent.units[commit.request_id]
        assert [event.type for event in commit.events] == ["InventoryUpdated"]
        assert sent.acknowledged[commit.request_id] == running, "an answer was not what is in the log"


def test_invariant_4_no_command_is_there_by_half_after_kill_9(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    dice = random.Random(SEED)
    per_request = 200
    for life in range(3):
        with served(tmp_path) as (server, address), Caller(address, ACME) as caller:
            skus = [item.sku for item in caller.call(rq.ListProductsReq()).items]
            assert len(skus) % per_request == 0
            for number in range(20):
                name = f"{life}-{number}"
                caller.begin(rq.AddProductsReq(skus=[f"{name}-{each}" for each in range(per_request)]), name)
            time.sleep(dice.random() * 0.1)
            server.kill()
    for commit in commits(tmp_path):
        assert len(commit.events) == per_request


def test_invariant_3_a_deleted_state_comes_back_after_kill_9(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path) as (server, address), Caller(address, ACME) as caller:
        furnish(caller)
        caller.call(put(5), "delivery")
        server.kill()
    for path in (tmp_path / "tenants" / ACME).glob("state-*"):
        path.unlink()
    with served(tmp_path) as (server, address), Caller(address, ACME) as caller:
        assert caller.call(put(5), "delivery").on_hand == 5
        assert on_hand(caller) == 5
        server.signal(signal.SIGTERM)
        assert server.end() == 0
    lies, made = digests(tmp_path)
    assert lies == made


def test_invariant_2_a_second_server_on_a_directory_says_so_and_ends_with_2(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path) as (first, address), Caller(address, ACME) as caller:
        with Bf(["serve", "--data", tmp_path, "--addr", "127.0.0.1:0"]) as second:
            assert second.end() == 2
            assert second.said == f"bf: --data: another server runs on {tmp_path}; stop it first\n"
        furnish(caller)
        first.kill()
    with served(tmp_path) as (_, address), Caller(address, ACME) as caller:  # death gives the directory back
        furnish(caller)


def test_sigterm_answers_what_is_under_way_and_ends_with_0(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path) as (server, address), Caller(address, ACME) as caller:
        furnish(caller)
        calls = [caller.begin(put(1), f"delivery-{number}") for number in range(300)]
        calls[0].result()
        server.signal(signal.SIGTERM)
        answered = 0
        for call in calls:
            code = call.code()
            assert code in {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}, call.details()
            answered += code is grpc.StatusCode.OK
        assert server.end() == 0
        assert "Traceback" not in server.said
        assert server.said.endswith("stopped\n")
    # whoever got no answer was not served: nothing happened behind anybody's back
    assert sum(commit.request == "UpdateInventoryReq" for commit in commits(tmp_path)) == answered > 0
    lies, made = digests(tmp_path)
    assert lies == made


def test_sigterm_waits_for_no_client_that_never_sends_its_message(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with served(tmp_path) as (server, address), Caller(address, ACME) as caller:
        furnish(caller)
        enough = threading.Event()
        hanging = _hanging_call(caller, enough)
        assert caller.call(put(1)).on_hand == 1
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        assert server.end() == 0
        assert time.monotonic() - begun < 4
        enough.set()
        hanging.cancel()


def _hanging_call(caller: Caller, enough: threading.Event) -> Any:  # noqa: ANN401  # grpcio's call
    """Open a call and send it nothing."""
    channel: Any = caller.channel
    call = channel.stream_stream("/blackfriday.inventory.v1.InventoryService/UpdateInventory")
    return call(_never(enough), metadata=[("tenant", ACME)])


def _never(enough: threading.Event) -> Iterator[bytes]:
    enough.wait(PATIENCE_S)
    yield from ()


def test_the_log_of_a_killed_server_belongs_to_its_tenant_alone(tmp_path: Path) -> None:
    for tenant in (ACME, "zeta"):
        new_tenant(tmp_path, tenant)
    with served(tmp_path) as (server, address), Caller(address, ACME) as acme, Caller(address, "zeta") as zeta:
        furnish(acme)
        acme.call(put(1), "delivery")
        zeta.call(rq.AddProductsReq(skus=["fanta"]), "delivery")
        server.kill()
    assert [commit.request_id for commit in commits(tmp_path, "zeta")] == ["delivery"]
    with served(tmp_path) as (_, address), Caller(address, "zeta") as zeta:
        assert [(item.uid, item.sku) for item in zeta.call(rq.ListProductsReq()).items] == [(uid(1), "fanta")]
