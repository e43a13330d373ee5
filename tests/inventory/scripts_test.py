"""Scripts decide, and nothing but what they decided is kept: a replay needs none of them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.inventory import facts

from bf.adapters.sqlite.database import empty_state
from bf.core.refusal import Refusal
from bf.core.scripts import NOBODY, NoScripts, Script
from bf.core.spec import SPEC_NOW_US, Spec, run_and_keep, specs_of
from bf.core.state import State
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, ProductAdded, Reserved, ScriptInstalled
from bf.inventory.api.requests_pb2 import InstallScriptReq, ReserveReq, UpdateInventoryReq
from bf.inventory.domain import INVENTORY
from bf.inventory.errors import NotAvailable
from bf.inventory.limits import ALERTS_COUNT_MAX
from bf.inventory.scripts.errors import RefusedByScript, ScriptBeyondLimit, ScriptFailed
from bf.node.contents import digest

A, B, SHELF, TEA, JAM = (u(number) for number in range(1, 6))
SHOP = (
    LocationAdded(uid=A, name="A", parent=u(0)),
    LocationAdded(uid=B, name="B", parent=u(0)),
    LocationAdded(uid=SHELF, name="Shelf", parent=A),
    ProductAdded(uid=TEA, sku="tea"),
    ProductAdded(uid=JAM, sku="jam"),
    InventoryUpdated(location=A, product=TEA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=SHELF, product=TEA, on_hand_change=5, on_hand=5),
    InventoryUpdated(location=B, product=JAM, on_hand_change=5, on_hand=5),
)
WORDS = """
    { } return at split refuse move alert to quantity sku = , "A" "B" "A/Shelf" "tea" "jam" 1 2 3 -1 0.5
    nil true ROOT order change order.items order.items[1] order.location change.location
    children(ROOT)[1] available("A","tea") "words" if then end local x for i = 1 do ; ( ) [ ]
    #order.items order.items[1].quantity change.after
"""
PARTS = st.sampled_from(WORDS.split())
DECISIONS = st.recursive(
    st.sampled_from(
        ['"A"', '"B"', '"A/Shelf"', '""', '"tea"', '"jam"', "1", "2", "-3", "1.5", "true", "nil", "{}", "ROOT"]
    ),
    lambda inner: st.one_of(
        st.dictionaries(
            st.sampled_from(["at", "split", "refuse", "move", "alert", "to", "quantity", "sku"]), inner, max_size=4
        ).map(lambda fields: "{ " + ", ".join(f"{name} = {value}" for name, value in fields.items()) + " }"),
        st.lists(inner, max_size=3).map(lambda values: "{ " + ", ".join(values) + " }"),
    ),
    max_leaves=12,
)
ORDER = ReserveReq(
    reservation="sale",
    location=u(0),
    items=[ReserveReq.Item(sku="tea", quantity=3), ReserveReq.Item(sku="jam", quantity=2)],
)
CHANGE = UpdateInventoryReq(location=A, product=TEA, on_hand_change=2)
SOMETIMES = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def shop(hook: str, body: str) -> State:
    state = empty_state(INVENTORY)
    state.begin()
    installed = ScriptInstalled(
        hook=hook, name="mine", version=1, source=f"function {hook}(order)\nchange = order {body}\nend"
    )
    state.replay([*SHOP, installed], SPEC_NOW_US)
    return state


def assert_harmless(hook: str, body: str) -> None:
    """Whatever a script says, its request is carried out by the rules, or refused and leaves no trace."""
    state = shop(hook, body)
    before = digest(state)
    try:
        done = state.execute(ORDER if hook == "reserve" else CHANGE, SPEC_NOW_US)
    except Refusal:
        assert digest(state) == before
        return
    facts.assert_never_oversold(state)
    facts.assert_totals_are_sums_of_facts(state)
    facts.assert_nothing_is_empty(state)
    replayed = shop(hook, body)
    replayed.scripts = NOBODY
    replayed.replay(done.events, SPEC_NOW_US)
    assert digest(replayed) == digest(state)


@SOMETIMES
@given(hook=st.sampled_from(["reserve", "update"]), words=st.lists(PARTS, max_size=25))
def test_any_words_are_harmless(hook: str, words: list[str]) -> None:
    assert_harmless(hook, " ".join(words))


@SOMETIMES
@given(hook=st.sampled_from(["reserve", "update"]), decision=DECISIONS)
def test_any_decision_is_harmless(hook: str, decision: str) -> None:
    assert_harmless(hook, f"return {decision}")


@SOMETIMES
@given(parts=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["A", "B", "A/Shelf", ""])), min_size=1, max_size=4))
def test_any_split_of_an_order_keeps_the_rules(parts: list[tuple[int, str]]) -> None:
    lines = [f'{{ sku = "tea", quantity = {quantity}, at = "{place}" }}' for quantity, place in parts]
    state = shop("reserve", f"return {{ split = {{ {', '.join(lines)} }} }}")
    total = sum(quantity for quantity, _ in parts)
    order = ReserveReq(reservation="x", location=u(0), items=[ReserveReq.Item(sku="tea", quantity=total)])
    try:
        done = state.execute(order, SPEC_NOW_US)
    except NotAvailable:
        return
    (event,) = done.events
    assert isinstance(event, Reserved)
    assert sum(item.quantity for item in event.items) == total
    facts.assert_never_oversold(state)


@pytest.mark.parametrize("spec", [spec for spec in specs_of(INVENTORY) if spec.events], ids=lambda spec: spec.name)
def test_a_replay_runs_no_script(spec: Spec) -> None:
    """Of every spec: where nothing runs scripts, its events make the state that its request made."""
    asked, replayed = empty_state(INVENTORY), empty_state(INVENTORY)
    replayed.scripts = NOBODY
    for state in (asked, replayed):
        state.begin()
    run_and_keep(spec, asked)
    replayed.replay([*spec.given, *spec.events], SPEC_NOW_US)
    assert digest(replayed) == digest(asked)


def test_where_nothing_runs_scripts_what_would_ask_one_is_refused_and_the_rest_goes_on() -> None:
    state = shop("reserve", "return {}")
    state.scripts = NOBODY
    with pytest.raises(NoScripts):
        state.execute(ORDER, SPEC_NOW_US)
    with pytest.raises(NoScripts):
        state.execute(InstallScriptReq(hook="update", name="x", source="function update() end"), SPEC_NOW_US)
    assert state.execute(CHANGE, SPEC_NOW_US).events
    with pytest.raises(NoScripts):
        NOBODY.cases(Script("reserve", "x", ""))


def test_after_a_script_was_stopped_the_tenant_goes_on() -> None:
    state = shop("reserve", "if order.code == 'bad' then while true do end end return { refuse = 'no' }")
    bad = ReserveReq(reservation="bad", location=u(0), items=ORDER.items)
    for _ in range(3):
        with pytest.raises(ScriptBeyondLimit):
            state.execute(bad, SPEC_NOW_US)
        with pytest.raises(RefusedByScript):
            state.execute(ORDER, SPEC_NOW_US)
        assert state.execute(CHANGE, SPEC_NOW_US).events


def test_as_many_alerts_are_kept_as_the_limit() -> None:
    state = shop("update", 'return { alert = "look" }')
    for _ in range(ALERTS_COUNT_MAX + 2):
        state.execute(CHANGE, SPEC_NOW_US)
    row = state.database.execute("SELECT min(number), max(number), count(*) FROM alert").fetchone()
    assert row == (3, ALERTS_COUNT_MAX + 2, ALERTS_COUNT_MAX)


def test_an_answer_that_fails_names_the_script_and_not_the_product() -> None:
    with pytest.raises(ScriptFailed) as failed:
        shop("reserve", "return 5").execute(ORDER, SPEC_NOW_US)
    assert str(failed.value) == "the script mine failed: the answer is not a table with at, split, refuse"
