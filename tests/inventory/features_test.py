"""A feature that a tenant does not have leaves no trace; what the tenant has is derived from its log alone.

Invariant 3: state = replay(events). 4: a refused request and a failed batch change nothing.
"""

from collections.abc import Sequence
from contextlib import suppress

import hypothesis.strategies as st
import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from tests.inventory import asking
from tests.inventory.fuzz_test import messages
from tests.inventory.reasons import uid

from bf.adapters.sqlite.database import empty_state
from bf.core.domain import Domain
from bf.core.refusal import Refusal
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.api.events_pb2 import FeatureDisabled, FeatureEnabled, WavePlanned
from bf.inventory.domain import INVENTORY
from bf.inventory.features.errors import FeatureNotEnabled
from bf.inventory.features.optional import OPTIONAL
from bf.node.contents import digest

WAVES = asking.WAVES_FEATURE
GUARDED = {feature.request: feature.requires for feature in INVENTORY.features if feature.requires}
ENABLE, DISABLE = rq.EnableFeatureReq(feature=WAVES), rq.DisableFeatureReq(feature=WAVES)
PLAN = rq.PlanWaveReq(wave="wave", location=uid(0))
SHOP = (
    rq.AddProductsReq(skus=["cola", "tea"]),
    rq.AddLocationsReq(parent=uid(0), locs=[rq.AddLocationsReq.Loc(name="A"), rq.AddLocationsReq.Loc(name="B")]),
    rq.UpdateInventoryReq(location=uid(3), product=uid(1), on_hand_change=5),
    rq.ReserveReq(reservation="sale", location=uid(0), items=[rq.ReserveReq.Item(sku="cola", quantity=2)]),
)

USUAL = st.one_of(
    st.sampled_from([*SHOP, DISABLE]),
    st.sampled_from(
        [kind for kind in INVENTORY.requests.values() if kind not in {rq.EnableFeatureReq, *GUARDED}]
    ).flatmap(messages),
)
OPTIONAL_ONES = st.one_of(
    st.sampled_from([PLAN, rq.PickWaveReq(wave="wave")]), st.sampled_from(list(GUARDED)).flatmap(messages)
)


def carry_out(state: State, requests: Sequence[Message]) -> list[Message]:
    """Carry out what is not refused, and return the events."""
    events = list[Message]()
    for request in requests:
        with suppress(Refusal):
            events += state.execute(request, SPEC_NOW_US).events
    return events


def test_waves_are_optional_and_each_optional_feature_has_requests() -> None:
    assert {rq.PlanWaveReq: WAVES, rq.PickWaveReq: WAVES} == GUARDED
    assert set(GUARDED.values()) == set(OPTIONAL)


@settings(max_examples=settings().max_examples // 3)  # each asks for many things
@given(pairs=st.lists(st.tuples(OPTIONAL_ONES, USUAL), min_size=1, max_size=8))
def test_a_disabled_feature_leaves_no_trace(pairs: list[tuple[Message, Message]]) -> None:
    """Whatever is asked between other requests, the tables are those of a tenant who never asked for the feature."""
    asked, without = empty_state(INVENTORY), empty_state(INVENTORY)
    events = carry_out(asked, [*SHOP, *(request for pair in pairs for request in pair)])
    assert events == carry_out(without, [*SHOP, *(usual for _, usual in pairs)])
    assert digest(asked) == digest(without)
    replayed = empty_state(INVENTORY)
    replayed.replay(events, SPEC_NOW_US)
    assert digest(replayed) == digest(asked)


def test_enabling_and_disabling_are_replayed() -> None:
    state, replayed = empty_state(INVENTORY), empty_state(INVENTORY)
    replayed.replay(carry_out(state, [*SHOP, ENABLE, PLAN, DISABLE]), SPEC_NOW_US)
    for each in (state, replayed):
        with pytest.raises(FeatureNotEnabled) as refused:
            each.execute(rq.PickWaveReq(wave="wave"), SPEC_NOW_US)
        assert str(refused.value) == (
            f"PickWaveReq needs the feature '{WAVES}', which is not enabled; EnableFeature enables it"
        )
        assert each.execute(ENABLE, SPEC_NOW_US).events == [FeatureEnabled(feature=WAVES)]
        assert each.execute(rq.PickWaveReq(wave="wave"), SPEC_NOW_US).events
    assert digest(replayed) == digest(state)


def test_what_a_disabled_feature_did_is_replayed() -> None:
    """History stays true, also that of a tenant whose log never said that the feature was enabled."""
    state = empty_state(INVENTORY)
    events = carry_out(state, SHOP)
    planned = WavePlanned(wave="wave", location=uid(0), reservations=[uid(5)])
    state.replay([planned, FeatureEnabled(feature="retired")], SPEC_NOW_US)
    assert INVENTORY.read_event("WavePlanned", planned.SerializeToString(), 1) == (planned,)
    assert state.database.execute("SELECT * FROM wave_reservation").fetchall() == [(5, "wave")]
    assert state.pos.event == len(events) + 2


def test_what_a_failed_batch_enabled_is_not_enabled() -> None:
    state = empty_state(INVENTORY)
    carry_out(state, SHOP)
    state.begin()
    assert state.execute(ENABLE, SPEC_NOW_US).events
    assert state.execute(PLAN, SPEC_NOW_US).events
    state.rollback()
    with pytest.raises(FeatureNotEnabled):
        state.execute(PLAN, SPEC_NOW_US)


def test_what_a_failed_batch_disabled_is_enabled() -> None:
    state = empty_state(INVENTORY)
    carry_out(state, [*SHOP, ENABLE])
    state.begin()
    assert state.execute(DISABLE, SPEC_NOW_US).events == [FeatureDisabled(feature=WAVES)]
    state.rollback()
    assert state.execute(PLAN, SPEC_NOW_US).events


def test_a_feature_that_every_tenant_has_is_called_without_a_look_at_the_switches() -> None:
    plain = {feature.request: feature.handler for feature in INVENTORY.features if not feature.requires}
    assert {request: INVENTORY.handlers[request] for request in plain} == plain


def test_a_domain_without_switches_has_no_optional_features() -> None:
    from bf.inventory.api import events_pb2, requests_pb2  # noqa: PLC0415  # the descriptors, for this test alone
    from bf.inventory.waves import plan  # noqa: PLC0415  # as above

    with pytest.raises(AssertionError, match="requires 'fulfilment-waves', and bare has no guard"):
        Domain(
            name="bare",
            version=1,
            schema="",
            requests=requests_pb2.DESCRIPTOR,
            events=events_pb2.DESCRIPTOR,
            features=[plan],
        )
