"""What a cell promises: exactly once, group commit, and a state that is what its log says."""

import asyncio
import copy
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import apsw
import pytest
from google.protobuf.message import Message
from tests.support.tenants import (
    ACME,
    ROOT,
    batches,
    commits,
    digests,
    done,
    files,
    furnish,
    new_tenant,
    node_of,
    node_on,
    on_hand,
    put,
    settled,
    uid,
)

from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.domain import Domain
from bf.core.limits import REFUSAL_BYTES_MAX
from bf.core.ports import START, Answer, Batch, ConflictError, DamagedLogError, Env, Log, Pos, UnknownOutcomeError
from bf.core.refusal import Code
from bf.core.state import State
from bf.core.tx import Tx
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node import cell
from bf.node.api import commit_pb2
from bf.node.limits import BATCH_REQUESTS_MAX, KEPT_BATCHES_MAX, KEPT_MS_MAX, QUEUE_REQUESTS_MAX, REQUEST_ID_CHARS_MAX
from bf.node.node import Node

TOO_MUCH = put(-1_000_000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_tenant(tmp_path)
    return tmp_path


def without_state(root: Path) -> None:
    for path in (root / "tenants" / ACME).glob("state-*"):
        path.unlink()


def as_it_is(root: Path) -> None:
    """The node is only started again."""
    assert files(root, "state")


# Exactly once


def test_invariant_5_a_repeated_id_gets_the_first_answer_and_nothing_happens_again(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            first = await done(node, put(5), "delivery-1")
            await done(node, put(3))
            assert await node.call(ACME, put(5), "delivery-1") == first
            assert rq.UpdateInventoryResp.FromString(first.response).on_hand == 5
            assert await on_hand(node) == 8

    asyncio.run(story())
    assert [commit.request_id for commit in commits(root)] == ["", "", "delivery-1", ""]


def test_invariant_5_a_refusal_too_is_the_only_answer_of_its_id(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            first = await node.call(ACME, put(-5), "take-1")
            assert (first.code, first.reason) == (Code.FAILED_PRECONDITION, "NotOnHand")
            await done(node, put(100))
            assert await node.call(ACME, put(-5), "take-1") == first
            assert await node.call(ACME, put(-5), "take-2") == await node.call(ACME, put(-5), "take-2")
            assert await on_hand(node) == 95

    asyncio.run(story())


@pytest.mark.parametrize("meanwhile", [as_it_is, without_state])
def test_invariant_5_first_answers_outlive_the_node_and_its_state(
    root: Path, meanwhile: Callable[[Path], None]
) -> None:
    first: dict[str, Answer] = {}
    asked: dict[str, Message] = {
        "carried out": put(7),
        "refused": TOO_MUCH,
        "with a field": put(0),
        "made": rq.AddProductsReq(skus=["fanta"]),
    }

    async def ask() -> None:
        async with node_on(root) as node:
            for request_id, request in asked.items():
                answer = await node.call(ACME, request, request_id)
                assert answer == first.setdefault(request_id, answer)
            assert await on_hand(node) == 7

    async def begin() -> None:
        async with node_on(root) as node:
            await furnish(node)

    asyncio.run(begin())
    asyncio.run(ask())
    assert sorted({answer.code for answer in first.values()}) == [
        Code.OK,
        Code.INVALID_ARGUMENT,
        Code.FAILED_PRECONDITION,
    ]
    meanwhile(root)
    asyncio.run(ask())
    lies, made = digests(root)
    assert lies == made


def test_invariant_5_one_id_many_times_at_once_is_one_effect_and_one_answer(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            answers = await asyncio.gather(*(node.call(ACME, put(5), "delivery") for _ in range(50)))
            assert set(answers) == {answers[0]}
            assert answers[0].code == Code.OK
            assert await on_hand(node) == 5

    asyncio.run(story())


def test_the_id_of_another_request_is_refused_and_nothing_happens(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await done(node, put(5), "delivery")
            for other in (put(6), rq.AddProductsReq(skus=["fanta"])):
                answer = await node.call(ACME, other, "delivery")
                assert (answer.code, answer.reason) == (Code.INVALID_ARGUMENT, "RequestIdReused")
                assert answer.field == "request-id"
                assert "'delivery'" in answer.message
            assert await on_hand(node) == 5

    asyncio.run(story())


def test_the_id_of_a_query_means_nothing(root: Path) -> None:
    query = rq.GetLocInventoryReq(location=ROOT)

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            before = await done(node, query, "same")
            await done(node, put(5), "same")
            after = await done(node, query, "same")
            assert before != after

    asyncio.run(story())
    assert [commit.request for commit in commits(root)] == ["AddLocationsReq", "AddProductsReq", "UpdateInventoryReq"]


def test_an_id_serves_each_tenant_by_itself(root: Path) -> None:
    new_tenant(root, "zeta")

    async def story() -> None:
        async with node_on(root) as node:
            for tenant in (ACME, "zeta"):
                answer = await node.call(tenant, rq.AddProductsReq(skus=[tenant]), "1")
                assert answer.code == Code.OK

    asyncio.run(story())
    assert len(commits(root)) == len(commits(root, "zeta")) == 1


def test_an_id_beyond_its_limit_is_refused_by_name(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await done(node, put(1), "x" * REQUEST_ID_CHARS_MAX)
            answer = await node.call(ACME, put(1), "x" * (REQUEST_ID_CHARS_MAX + 1))
            assert (answer.code, answer.field) == (Code.INVALID_ARGUMENT, "request-id")
            assert "REQUEST_ID_CHARS_MAX" in answer.message
            assert await on_hand(node) == 1

    asyncio.run(story())


# Group commit


def test_many_at_once_share_few_appends(root: Path) -> None:
    count = 3 * BATCH_REQUESTS_MAX

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            answers = await asyncio.gather(*(node.call(ACME, put(1), str(number)) for number in range(count)))
            # carried out in the order in which they came
            units = [rq.UpdateInventoryResp.FromString(answer.response).on_hand for answer in answers]
            assert units == list(range(1, count + 1))

    asyncio.run(story())
    sizes = [len(batch) for batch in batches(root)]
    assert sum(sizes) == count + 2
    assert len(sizes) <= 2 + 4
    assert max(sizes) == BATCH_REQUESTS_MAX


def test_one_at_a_time_is_one_append_each(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            for _ in range(3):
                await done(node, put(1))

    asyncio.run(story())
    assert [len(batch) for batch in batches(root)] == [1] * 5


def test_invariant_4_a_refusal_costs_its_batch_mates_nothing(root: Path) -> None:
    asked = [put(2), TOO_MUCH, put(3), put(0), rq.AddProductsReq(skus=["new", "cola"]), put(4)]

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            answers = await asyncio.gather(*(node.call(ACME, request, "") for request in asked))
            assert [answer.code == Code.OK for answer in answers] == [True, False, True, False, False, True]
            assert await on_hand(node) == 9
            products = await done(node, rq.ListProductsReq())
            assert [item.sku for item in rq.ListProductsResp.FromString(products.response).items] == ["cola"]

    asyncio.run(story())
    assert [len(batch) for batch in batches(root)] == [1, 1, 3]
    lies, made = digests(root)
    assert lies == made


def test_invariant_4_refusals_without_ids_and_queries_leave_no_trace_in_the_log(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            for request in (TOO_MUCH, put(0), rq.ListProductsReq(), rq.GetLocInventoryReq(location="nowhere")):
                await node.call(ACME, request, "")

    asyncio.run(story())
    assert len(batches(root)) == 2


def test_a_query_sees_the_commands_before_it_in_its_batch_and_not_those_after(root: Path) -> None:
    query = rq.GetLocInventoryReq(location=ROOT)

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await done(node, put(1))
            answers = await asyncio.gather(
                *(node.call(ACME, request, "") for request in (query, put(2), query, put(4), query))
            )
            seen = [rq.GetLocInventoryResp.FromString(answers[place].response).items[0].on_hand for place in (0, 2, 4)]
            assert seen == [1, 3, 7]

    asyncio.run(story())


def test_one_more_than_may_wait_is_told_to_come_back(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            count = QUEUE_REQUESTS_MAX + 10
            answers = await asyncio.gather(*(node.call(ACME, put(1), "") for _ in range(count)))
            refused = [answer for answer in answers if answer.code != Code.OK]
            assert len(refused) == 10
            assert {(answer.code, answer.reason) for answer in refused} == {(Code.RESOURCE_EXHAUSTED, "QueueFull")}
            assert "QUEUE_REQUESTS_MAX" in refused[0].message
            assert await on_hand(node) == QUEUE_REQUESTS_MAX

    asyncio.run(story())


def test_callers_who_leave_do_not_break_the_batch(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            tasks = [asyncio.create_task(node.call(ACME, put(1), str(number))) for number in range(100)]
            for _ in range(5):
                await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(outcome, Answer) for outcome in outcomes[1::2])
            # those who left repeat: whatever became of the first time, it happens once
            repeated = await asyncio.gather(*(node.call(ACME, put(1), str(number)) for number in range(0, 100, 2)))
            assert {answer.code for answer in repeated} == {Code.OK}
            assert await on_hand(node) == 100

    asyncio.run(story())


# Faults


class FaultyLog:
    """A log that, when told to, says no: before or after it has written the batch, or while it is read."""

    def __init__(self, log: Log, faults: list[tuple[Exception, bool]], unreadable_after: int) -> None:
        self._log = log
        self._faults = faults
        self._unreadable_after = unreadable_after

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        if not self._faults:
            return await self._log.append(expected, events, body)
        fault, written = self._faults.pop(0)
        if written:
            await self._log.append(expected, events, body)
        raise fault

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        async for batch in self._log.read(after):
            if batch.pos.batch > self._unreadable_after:
                raise DamagedLogError("the power is off")
            yield batch

    async def close(self) -> None:
        await self._log.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # what has no faults
        return getattr(self._log, name)


class FaultyStorage(DirectoryStorage):
    """A directory whose logs have faults."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.faults: list[tuple[Exception, bool]] = []
        self.unreadable_after = 1_000_000
        self.opened = 0
        self.connections: list[SqliteDatabase] = []

    def log(self, tenant: str) -> Log:
        self.opened += 1
        return cast("Log", FaultyLog(super().log(tenant), self.faults, self.unreadable_after))

    def database(self, tenant: str, number: int) -> SqliteDatabase:
        self.connections.append(super().database(tenant, number))
        return self.connections[-1]


@pytest.fixture
def faulty(root: Path) -> FaultyStorage:
    return FaultyStorage(root)


@pytest.mark.parametrize("written", [False, True], ids=["not written", "written"])
@pytest.mark.parametrize("fault", [ConflictError("somebody else"), UnknownOutcomeError("the disk"), OSError("disk")])
def test_a_log_that_says_no_stops_the_cell_and_the_next_call_opens_a_new_one(
    root: Path, faulty: FaultyStorage, fault: Exception, *, written: bool
) -> None:
    async def story() -> None:
        async with node_of(faulty) as node:
            await furnish(node)
            faulty.faults.append((fault, written))
            asked = [(put(1), "one"), (put(2), "two"), (TOO_MUCH, "three"), (rq.ListProductsReq(), "")]
            answers = await asyncio.gather(*(node.call(ACME, *each) for each in asked))
            assert {(answer.code, answer.reason) for answer in answers} == {(Code.UNAVAILABLE, "CellStopped")}
            assert "same request-id" in answers[0].message
            # what became of it stands in the log, and the repetition makes it whole
            assert await on_hand(node) == (3 if written else 0)
            assert faulty.opened == 2
            again = await asyncio.gather(*(node.call(ACME, *each) for each in asked))
            assert [answer.code for answer in again] == [Code.OK, Code.OK, Code.FAILED_PRECONDITION, Code.OK]
            assert await on_hand(node) == 3

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made
    assert [commit.request_id for commit in commits(root)][2:] == ["one", "two", "three"]


def test_those_who_wait_behind_a_failed_batch_are_told_too(faulty: FaultyStorage) -> None:
    async def story() -> None:
        async with node_of(faulty) as node:
            await furnish(node)
            faulty.faults.append((UnknownOutcomeError("the disk"), False))
            count = BATCH_REQUESTS_MAX + 50
            answers = await asyncio.gather(*(node.call(ACME, put(1), "") for _ in range(count)))
            assert {answer.code for answer in answers} == {Code.UNAVAILABLE}
            assert await on_hand(node) == 0

    asyncio.run(story())


def broken(request: type[Message], *, after_events: bool) -> Domain:
    """Make the inventory with a bug in one handler, at its beginning or after its events happened."""
    domain = copy.copy(INVENTORY)
    right = INVENTORY.handlers[request]

    def wrong(tx: Tx, request: Message) -> Message:
        if after_events:
            right(tx, request)
        raise ZeroDivisionError("a bug")

    domain.handlers = INVENTORY.handlers | {request: wrong}
    return domain


@pytest.mark.parametrize("after_events", [False, True])
def test_a_bug_is_internal_for_that_one_only_and_logged_with_its_traceback(
    root: Path, caplog: pytest.LogCaptureFixture, *, after_events: bool
) -> None:
    domain = broken(rq.AddProductsReq, after_events=after_events)

    async def begin() -> None:
        async with node_on(root) as node:
            await furnish(node)

    async def story() -> None:
        async with node_on(root, domain) as node:
            answers = await asyncio.gather(
                node.call(ACME, put(1), "one"),
                node.call(ACME, rq.AddProductsReq(skus=["fanta"]), "bug"),
                node.call(ACME, put(2), "two"),
            )
            assert [answer.code for answer in answers] == [Code.OK, Code.INTERNAL, Code.OK]
            assert "a bug" not in answers[1].message
            assert await on_hand(node) == 3

    async def repaired() -> None:
        async with node_on(root) as node:
            await done(node, rq.AddProductsReq(skus=["fanta"]), "bug")

    asyncio.run(begin())
    with caplog.at_level(logging.ERROR):
        asyncio.run(story())
    assert caplog.text.count("AddProductsReq failed") == 1
    assert "ZeroDivisionError: a bug" in caplog.text
    assert digests(root)[0] == digests(root)[1]
    asyncio.run(repaired())  # a fault of ours is nobody's only answer


def test_a_full_disk_under_the_state_never_parts_it_from_the_log(root: Path, faulty: FaultyStorage) -> None:
    async def story() -> None:
        async with node_of(faulty) as node:
            await furnish(node)
            (pages,) = faulty.connections[-1].execute("PRAGMA page_count").fetchone() or (0,)
            faulty.connections[-1].execute(f"PRAGMA max_page_count = {pages}")
            skus = [f"{number:0100}" for number in range(1_000)]
            answers = await asyncio.gather(
                node.call(ACME, put(1), "one"),
                node.call(ACME, rq.AddProductsReq(skus=skus), "too much"),
                node.call(ACME, put(2), "two"),
            )
            assert Code.OK not in {answer.code for answer in answers}
            assert await on_hand(node) == 0  # a new cell, which has the whole disk
            await done(node, rq.AddProductsReq(skus=skus), "too much")

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


def test_a_disk_that_fails_a_query_never_parts_the_state_from_the_log(root: Path, faulty: FaultyStorage) -> None:
    domain = copy.copy(INVENTORY)

    def fails(tx: Tx, request: Message) -> Message:
        del tx, request
        faulty.connections[-1].execute("ROLLBACK")  # as SQLite does by itself when it must write pages to read others
        raise apsw.FullError("database or disk is full")

    domain.handlers = INVENTORY.handlers | {rq.ListLocationsReq: fails}

    async def story() -> None:
        async with node_of(faulty, domain) as node:
            await furnish(node)
            await done(node, put(1))
            assert (await node.call(ACME, rq.ListLocationsReq(), "")).code == Code.UNAVAILABLE
            await done(node, put(2))
            assert await on_hand(node) == 3

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


def test_invariant_3_nobody_reads_what_was_before_while_a_state_that_is_far_behind_catches_up(root: Path) -> None:
    async def furnished() -> None:
        async with node_on(root) as node:
            await furnish(node)

    async def filled() -> None:
        async with node_on(root) as node:
            answers = await asyncio.gather(*(node.call(ACME, put(1), "") for _ in range(2_000)))
            assert {answer.code for answer in answers} == {Code.OK}

    async def looked() -> list[int]:
        async with node_on(root) as node:
            return [await on_hand(node) for _ in range(3)]

    asyncio.run(furnished())
    (state,) = files(root, "state")
    before = state.read_bytes()
    asyncio.run(filled())
    state.write_bytes(before)
    assert asyncio.run(looked()) == [2_000] * 3


def test_a_damaged_log_is_a_fault_of_ours_and_stops_no_other_tenant(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    new_tenant(root, "zeta")
    (path,) = files(root, "log")
    path.write_bytes(b"no log at all" * 1_000)

    async def story() -> None:
        async with node_on(root) as node:
            answer = await node.call("zeta", rq.AddProductsReq(skus=["cola"]), "")
            assert answer.code == Code.OK
            answer = await node.call(ACME, rq.AddProductsReq(skus=["cola"]), "")
            assert answer.code == Code.INTERNAL

    asyncio.run(story())
    assert "tenant acme cannot be opened" in caplog.text
    assert path.read_bytes() == b"no log at all" * 1_000


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"\xff\xff\xff", 0),
        (commit_pb2.Batch(commits=[commit_pb2.Commit(events=[{"type": "FromTheFuture"}])]).SerializeToString(), 1),
        (commit_pb2.Batch(commits=[commit_pb2.Commit(events=[{"type": "ProductAdded"}])]).SerializeToString(), 2),
        (
            commit_pb2.Batch(
                commits=[commit_pb2.Commit(events=[{"type": "ProductAdded", "body": b"\xff"}])]
            ).SerializeToString(),
            1,
        ),
    ],
    ids=["no batch", "unknown event", "wrong count", "no event"],
)
def test_a_log_that_cannot_be_understood_is_a_fault_of_ours_and_never_an_unknown_tenant(
    root: Path, caplog: pytest.LogCaptureFixture, body: bytes, events: int
) -> None:
    async def write() -> None:
        storage = DirectoryStorage(root)
        log = storage.log(ACME)
        await log.append(START, events, body)
        await log.close()
        storage.close()

    async def story() -> None:
        async with node_on(root) as node:
            answer = await node.call(ACME, rq.AddProductsReq(skus=["cola"]), "")
            assert answer.code == Code.INTERNAL

    asyncio.run(write())
    asyncio.run(story())
    assert "tenant acme cannot be opened" in caplog.text
    assert "Traceback" in caplog.text


# Tenants


def test_an_unknown_tenant_is_not_found_and_not_remembered(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            for tenant in ("nobody", "", "..", "../acme", "ACME", "acme\n", "a" * 300):
                answer = await node.call(tenant, put(1), "")
                assert (answer.code, answer.reason, answer.field) == (Code.NOT_FOUND, "TenantNotFound", "tenant")
                assert len(answer.message.encode()) <= REFUSAL_BYTES_MAX
            assert node._cells == {}  # pyright: ignore[reportPrivateUsage]  # whoever guesses names costs no memory

    asyncio.run(story())
    assert sorted(path.name for path in (root / "tenants").iterdir()) == [ACME]


def test_a_tenant_that_is_made_while_the_node_runs_is_there_at_once(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            assert (await node.call("zeta", rq.ListProductsReq(), "")).code == Code.NOT_FOUND
            new_tenant(root, "zeta")
            assert (await node.call("zeta", rq.ListProductsReq(), "")).code == Code.OK

    asyncio.run(story())


def test_what_is_no_tenant_in_the_directory_is_left_alone(root: Path) -> None:
    (root / "tenants" / "lost+found").mkdir()
    (root / "tenants" / "README").write_text("a file")

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)

    asyncio.run(story())


def test_the_refusal_of_a_long_text_is_short_enough_for_every_client(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            for text in ("x" * 1_000_000, "ß" * 1_000_000):
                answer = await node.call(ACME, rq.GetLocInventoryReq(location=text), "")
                assert (answer.code, answer.field) == (Code.INVALID_ARGUMENT, "location")
                assert len(answer.message.encode()) <= REFUSAL_BYTES_MAX

    asyncio.run(story())


# Stopping


def test_stopping_finishes_what_was_begun(root: Path) -> None:
    async def story() -> None:
        storage = DirectoryStorage(root)
        node = Node(Env(MachineClock(), storage, NoMeter()), INVENTORY)
        await furnish(node)
        count = 2 * BATCH_REQUESTS_MAX + 1
        calls = [asyncio.create_task(node.call(ACME, put(1), "")) for _ in range(count)]
        for _ in range(5):
            await asyncio.sleep(0)
        await node.stop()
        answers = await asyncio.gather(*calls)
        assert {answer.code for answer in answers} == {Code.OK}
        storage.close()

    asyncio.run(story())
    assert len(commits(root)) == 2 * BATCH_REQUESTS_MAX + 3


def test_a_node_may_be_stopped_while_a_tenant_is_opened(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            call = asyncio.create_task(node.call(ACME, rq.AddProductsReq(skus=["cola"]), "1"))
            await asyncio.sleep(0)
            await node.stop()
            assert (await call).code in {Code.OK, Code.UNAVAILABLE}

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


# What the state is made of


def run_sql(root: Path, sql: str) -> list[Any]:
    storage = DirectoryStorage(root)
    database = storage.database(ACME, storage.databases(ACME)[-1])
    rows = database.execute(sql).fetchall()
    database.close()
    storage.close()
    return rows


def nothing(_root: Path) -> None:
    """It is as the node left it."""


def behind(root: Path) -> None:
    """An old copy comes back, as if the machine had lost what was not yet on the disk."""
    without_state(root)
    (root / "old-state").rename(root / "tenants" / ACME / "state-1-k1.db")


def of_another_schema(root: Path) -> None:
    run_sql(root, "UPDATE bf_state SET schema_hash = 'another'")


def of_another_version(root: Path) -> None:
    run_sql(root, "UPDATE bf_state SET domain_version = 99")


def without_a_row(root: Path) -> None:
    run_sql(root, "DELETE FROM bf_state")


def of_an_older_platform(root: Path) -> None:
    run_sql(root, "ALTER TABLE bf_state DROP COLUMN domain_version")


def ahead(root: Path) -> None:
    run_sql(root, "UPDATE bf_state SET event = event + 1, batch = batch + 1")


def of_other_tables(root: Path) -> None:
    run_sql(root, "DROP TABLE bf_state")


def garbage(root: Path) -> None:
    without_state(root)
    (root / "tenants" / ACME / "state-9-k1.db").write_bytes(b"\x00\x01garbage" * 10_000)


def a_damaged_page(root: Path) -> None:
    run_sql(root, "PRAGMA wal_checkpoint(TRUNCATE)")
    (path,) = files(root, "state")
    body = path.read_bytes()
    path.write_bytes(body[:200] + b"\xff" * (len(body) - 200))


def cut_short(root: Path) -> None:
    run_sql(root, "PRAGMA wal_checkpoint(TRUNCATE)")
    (path,) = files(root, "state")
    path.write_bytes(path.read_bytes()[:5_000])


def empty(root: Path) -> None:
    without_state(root)
    (root / "tenants" / ACME / "state-9-k1.db").touch()


DAMAGES: Sequence[Callable[[Path], None]] = [
    nothing,
    behind,
    without_state,
    of_another_schema,
    of_another_version,
    without_a_row,
    of_an_older_platform,
    of_other_tables,
    ahead,
    garbage,
    a_damaged_page,
    cut_short,
    empty,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_invariant_3_a_state_is_what_a_full_replay_makes(root: Path, damage: Callable[[Path], None]) -> None:
    async def begin() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await asyncio.gather(*(node.call(ACME, put(number), str(number)) for number in range(1, 20)))
        shutil.copy(files(root, "state")[0], root / "old-state")

    async def go_on() -> None:
        async with node_on(root) as node:
            reserve = rq.ReserveReq(reservation="sale", items=[{"sku": "cola", "quantity": 7}], location=uid(1))
            await done(node, reserve, "reserve")
            await node.call(ACME, TOO_MUCH, "refused")
            await done(node, rq.AddProductsReq(skus=["fanta"]))

    async def look() -> None:
        async with node_on(root) as node:
            assert await on_hand(node) == 190
            await done(node, put(5), "last")

    asyncio.run(begin())
    asyncio.run(go_on())
    before = digests(root)[1]
    damage(root)
    asyncio.run(look())
    lies, made = digests(root)
    assert lies == made != before
    assert len(commits(root)) == 2 + 19 + 4


def test_invariant_3_a_long_replay_keeps_what_it_has_and_goes_on_from_there(root: Path) -> None:
    async def begin() -> None:
        async with node_on(root) as node:
            for number in range(12):
                skus = [f"{number}-{each}" for each in range(1_000)]
                await done(node, rq.AddProductsReq(skus=skus))

    async def interrupted() -> None:
        storage = FaultyStorage(root)
        storage.unreadable_after = 8
        async with node_of(storage) as node:
            assert (await node.call(ACME, rq.ListProductsReq(), "")).code == Code.INTERNAL

    asyncio.run(begin())
    without_state(root)
    asyncio.run(interrupted())
    assert run_sql(root, "SELECT event FROM bf_state") == [(5_000,)]

    async def go_on() -> None:
        async with node_on(root) as node:
            await done(node, rq.AddProductsReq(skus=["last"]))

    asyncio.run(go_on())
    lies, made = digests(root)
    assert lies == made


# A state that is committed now and then


def committed(storage: DirectoryStorage) -> Pos:
    """Where a tenant's state stands for everybody but its cell."""
    (number,) = storage.databases(ACME)
    database = storage.database(ACME, number)
    try:
        return State(database, INVENTORY).pos
    finally:
        database.close()


def test_a_state_holds_only_so_many_batches_uncommitted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell, "KEPT_MS_MAX", 60_000)

    async def story() -> None:
        storage = DirectoryStorage(root)
        async with node_of(storage) as node:
            await furnish(node)
            behind: set[int] = set()
            for _ in range(3 * KEPT_BATCHES_MAX):
                await done(node, put(1))
                behind.add((await node.cell(ACME)).derived.state.pos.batch - committed(storage).batch)
            assert behind == set(range(1, KEPT_BATCHES_MAX + 1))
        assert committed(storage) == Pos(event=2 + 3 * KEPT_BATCHES_MAX, batch=2 + 3 * KEPT_BATCHES_MAX)
        storage.close()

    asyncio.run(story())


def test_a_state_is_committed_when_nothing_comes_for_a_moment(root: Path) -> None:
    async def story() -> None:
        storage = DirectoryStorage(root)
        async with node_of(storage) as node:
            await furnish(node)
            await done(node, put(1))
            state = (await node.cell(ACME)).derived.state
            assert state.kept
            async with asyncio.timeout(KEPT_MS_MAX / 1_000 + 10):
                await settled(node, ACME)
            assert committed(storage) == state.pos
            assert await on_hand(node) == 1
        storage.close()

    asyncio.run(story())


def test_invariant_4_what_fails_takes_no_kept_batch_with_it(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            for units in range(1, 10):
                await done(node, put(units))
                assert (await node.call(ACME, TOO_MUCH, f"too much {units}")).code == Code.FAILED_PRECONDITION
                assert await on_hand(node) == sum(range(units + 1))
            assert (await node.cell(ACME)).derived.state.kept

    asyncio.run(story())
    assert len(set(digests(root))) == 1
