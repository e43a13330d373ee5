"""A package of a tenant's own features keeps to its own tables, in every way in which SQL can be written."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from examples.gift_wrap import requests_pb2 as gift
from examples.gift_wrap import wrap
from examples.gift_wrap.events_pb2 import GiftWrapped
from examples.gift_wrap.features import PACKAGE
from examples.gift_wrap.shop import BIN, GIFT, SHOP, TEA
from google.protobuf.message import Message

from bf.adapters.packages.domains import Domains
from bf.adapters.packages.fence import STATEMENTS_COUNT_MAX, Fence, FenceError
from bf.adapters.packages.package import Package, PackageError, extended
from bf.adapters.sqlite.database import empty_state
from bf.cli.differences import differences
from bf.core.refusal import UnknownRequest
from bf.core.spec import SPEC_NOW_US, Spec, run, run_and_keep, specs_of
from bf.core.state import State, schema_hash
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import InventoryUpdated
from bf.inventory.domain import INVENTORY
from bf.node.contents import digest

ACME = extended(INVENTORY, PACKAGE)
Act = Callable[[Tx], object]
OWN = [spec for spec in specs_of(ACME) if type(spec.when) not in INVENTORY.handlers]


def changed(**parts: object) -> Package:
    """Return the example with some of it changed."""
    return replace(PACKAGE, **cast("Any", parts))


@pytest.fixture
def state() -> State:
    state = empty_state(ACME)
    state.replay([*SHOP, GiftWrapped(reservation=GIFT, paper="red")], SPEC_NOW_US)
    return state


@pytest.fixture
def fence() -> Fence:
    return Fence(PACKAGE.name, INVENTORY.schema, PACKAGE.schema)


def apply(fence: Fence, state: State, act: Act) -> None:
    """Do something as an applier of the package does."""

    def applier(tx: Tx, _event: Message) -> None:
        act(tx)

    fence.applier(applier)(Tx(state.database, ACME.appliers, 0, SPEC_NOW_US), GiftWrapped())


def handle(fence: Fence, state: State, act: Act, *, may_apply: bool = True) -> None:
    """Do something as a handler of the package does."""

    def handler(tx: Tx, _request: Message) -> Message:
        act(tx)
        return gift.WrapGiftResp()

    tx = Tx(state.database, ACME.appliers, state.last_uid, SPEC_NOW_US)
    fence.handler(handler, may_apply=may_apply)(tx, gift.WrapGiftReq())


# The example.


@pytest.mark.parametrize("spec", OWN, ids=[spec.name for spec in OWN])
def test_the_examples_specs_hold_and_replay(spec: Spec) -> None:
    state = empty_state(ACME)
    assert differences(spec, run(spec, state)) == []
    state.begin()
    outcome = run_and_keep(spec, state)
    replayed = empty_state(ACME)
    replayed.replay([*spec.given, *outcome.events], SPEC_NOW_US)
    assert digest(replayed) == digest(state)
    state.rollback()


def test_a_package_does_not_disturb_the_domain() -> None:
    state = empty_state(ACME)
    assert [spec.name for spec in specs_of(INVENTORY) if not spec.heavy and differences(spec, run(spec, state))] == []


def test_its_baseline_makes_the_same_state(state: State) -> None:
    assert ACME.baseline
    made = empty_state(ACME)
    made.replay(list(ACME.baseline(Tx(state.database, {}, 0, 0))), SPEC_NOW_US)
    made.pos, made.time_us, made.last_uid = state.pos, state.time_us, state.last_uid
    assert digest(made) == digest(state)


# Who has it.


def test_only_the_named_tenants_have_its_requests_events_and_tables() -> None:
    domains = Domains(INVENTORY, [PACKAGE])
    assert domains.of("zeta").handlers == INVENTORY.handlers
    assert domains.of("zeta").events == INVENTORY.events
    assert schema_hash(domains.of("zeta")) == schema_hash(INVENTORY) != schema_hash(domains.of("acme"))
    with pytest.raises(UnknownRequest):
        empty_state(domains.of("zeta")).execute(gift.ListGiftsReq(), SPEC_NOW_US)
    assert domains.of("acme").event_names[GiftWrapped] == "gift_wrap.GiftWrapped"
    assert domains.of("acme") is domains.of("acme")


def test_its_queries_are_for_readers_and_its_commands_are_not() -> None:
    assert ACME.queries - INVENTORY.queries == {gift.ListGiftsReq}


# What it may not do.

WRITES_OF_OTHERS = [
    "UPDATE stock SET here = 99",
    "DELETE FROM reservation",
    "INSERT INTO product VALUES (99, 'gold')",
    "REPLACE INTO product VALUES (2, 'gold')",
    "WITH all_of_it AS (SELECT 1) DELETE FROM stock",
    "UPDATE gift_wrap_gift SET paper = 'blue'; DELETE FROM stock",
    "INSERT INTO main.product SELECT reservation, paper FROM gift_wrap_gift",
    "UPDATE bf_state SET event = 0",
    "DELETE FROM bf_answer",
    "UPDATE sqlite_schema SET sql = ''",
    "CREATE TABLE gift_wrap_more (one)",
    "CREATE TEMP TABLE stock (one)",
    "CREATE TRIGGER gift_wrap_all AFTER INSERT ON gift_wrap_gift BEGIN DELETE FROM stock; END",
    "DROP TABLE gift_wrap_gift",
    "ALTER TABLE stock RENAME TO gift_wrap_stock",
    "PRAGMA user_version = 7",
    "ATTACH ':memory:' AS other",
    "COMMIT",
    "SAVEPOINT request",
    "ROLLBACK TO request",
    "VACUUM",
    "VACUUM INTO 'copy.db'",
    "SELECT 1; VACUUM",
    "SELECT 1; SELECT 2",
    "",
]


def ways_in(sql: str) -> list[Act]:
    """Return every way in which a feature gets a statement run."""
    return [
        lambda tx: tx.one(sql),
        lambda tx: tx.query(sql),
        lambda tx: tx.stream(sql),
        lambda tx: tx.write(sql),
        lambda tx: tx.changed(sql),
    ]


@pytest.mark.parametrize("sql", WRITES_OF_OTHERS)
def test_an_applier_writes_its_own_tables_alone(state: State, fence: Fence, sql: str) -> None:
    before = digest(state)
    for act in ways_in(sql):
        with pytest.raises(FenceError, match="gift_wrap: "):
            apply(fence, state, act)
    assert digest(state) == before


@pytest.mark.parametrize("sql", [*WRITES_OF_OTHERS, "DELETE FROM gift_wrap_gift RETURNING paper"])
def test_a_handler_writes_nothing_at_all(state: State, fence: Fence, sql: str) -> None:
    before = digest(state)
    for act in ways_in(sql):
        with pytest.raises(FenceError):
            handle(fence, state, act)
    assert digest(state) == before


def test_a_statement_that_the_domain_has_just_run_is_judged_all_the_same(state: State, fence: Fence) -> None:
    statement = "UPDATE location SET height = 0"
    state.database.execute(statement)
    before = digest(state)
    with pytest.raises(FenceError, match="UPDATE location is not allowed"):
        apply(fence, state, lambda tx: tx.write(statement))
    assert digest(state) == before


def test_what_may_be_read_may_not_be_written_by_the_same_words(state: State, fence: Fence) -> None:
    statement = "INSERT INTO gift_wrap_gift VALUES (9, 'gold')"
    apply(fence, state, lambda tx: tx.write(statement))
    with pytest.raises(FenceError, match="INSERT gift_wrap_gift is not allowed"):
        apply(fence, state, lambda tx: tx.one(statement))


@pytest.mark.parametrize(
    "sql", ["SELECT random()", "SELECT changes()", "SELECT last_insert_rowid()", "SELECT datetime('now')"]
)
def test_what_a_replay_would_answer_differently_is_not_asked(state: State, fence: Fence, sql: str) -> None:
    with pytest.raises(FenceError, match="FUNCTION"):
        handle(fence, state, lambda tx: tx.one(sql))


def test_it_reads_what_its_tenant_has(state: State, fence: Fence) -> None:
    seen = list[object]()
    handle(fence, state, lambda tx: seen.append(tx.one("SELECT here FROM stock WHERE here > ?", 1)))
    handle(fence, state, lambda tx: seen.extend(tx.stream("SELECT paper FROM gift_wrap_gift")))
    assert seen == [(3,), ("red",)]


def test_a_command_of_it_may_let_events_of_the_domain_happen(state: State, fence: Fence) -> None:
    event = InventoryUpdated(location=BIN, product=TEA, on_hand_change=1, on_hand=4)
    handle(fence, state, lambda tx: tx.apply(event))
    assert state.database.execute("SELECT here FROM stock WHERE here > 0").fetchall() == [(4,)]


def test_neither_a_query_nor_an_applier_of_it_lets_anything_happen(state: State, fence: Fence) -> None:
    before = digest(state)
    with pytest.raises(FenceError, match="only commands may do that"):
        handle(fence, state, lambda tx: tx.apply(GiftWrapped()), may_apply=False)
    with pytest.raises(FenceError, match="only commands may do that"):
        apply(fence, state, lambda tx: tx.apply(GiftWrapped()))
    assert digest(state) == before


def test_its_statements_are_not_made_of_values(state: State, fence: Fence) -> None:
    def ask_for_each(tx: Tx) -> None:
        for number in range(STATEMENTS_COUNT_MAX + 1):
            tx.one(f"SELECT {number}")

    with pytest.raises(AssertionError, match="STATEMENTS_COUNT_MAX"):
        handle(fence, state, ask_for_each)


def test_a_numbered_thing_of_it_takes_the_next_uid(state: State, fence: Fence) -> None:
    uids = list[str]()
    handle(fence, state, lambda tx: uids.extend([tx.next_uid(), str(tx.created(tx.next_uid())), tx.next_uid()]))
    assert uids == ["00000000-0000-0000-0000-000000000005", "5", "00000000-0000-0000-0000-000000000006"]


# Packages that are no packages.


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"name": "Gift-Wrap"}, "'Gift-Wrap' is no name of a package"),
        ({"name": "wave"}, "the table wave_reservation is the domain's: give the package another name"),
        ({"schema": "CREATE TABLE gift (one) STRICT;"}, "CREATE TABLE gift is not allowed"),
        ({"schema": "CREATE TABLE gift_wrap_a (b INT); CREATE INDEX mine ON gift_wrap_a (b)"}, "CREATE INDEX mine"),
        ({"schema": "CREATE INDEX gift_wrap_i ON stock (here)"}, "CREATE INDEX gift_wrap_i is not allowed"),
        ({"schema": "INSERT INTO location VALUES (9, 'x', 0, 0)"}, "INSERT location is not allowed"),
        ({"schema": "DROP TABLE stock"}, "is not allowed"),
        ({"schema": "CREATE VIEW gift_wrap_v AS SELECT 1"}, "CREATE VIEW gift_wrap_v is not allowed"),
        ({"schema": "CREATE TABEL gift_wrap_a (b)"}, "syntax error"),
        ({"features": [wrap]}, "requests and handlers differ: ['ListGiftsReq', 'WrapWaveReq']"),
    ],
)
def test_a_package_that_cannot_be_is_told_why(parts: dict[str, object], why: str) -> None:
    with pytest.raises(PackageError) as refused:
        extended(INVENTORY, changed(**parts))
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("names", "why"), [(["a", "a"], "two packages have one name"), (["a", "b"], "has the request")]
)
def test_two_packages_that_do_not_go_together_are_told_why(names: Sequence[str], why: str) -> None:
    packages = [changed(name=name, schema=f"CREATE TABLE {name}_one (b INT) STRICT;") for name in names]
    with pytest.raises(PackageError, match=why):
        Domains(INVENTORY, packages)
