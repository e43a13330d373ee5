"""Whatever the fields hold, a request is answered or refused with a reason that a caller can act on (invariant 9)."""

import re
from typing import Any, cast

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.inventory import asking, facts
from tests.inventory.reasons import uid

from bf.adapters.sqlite.database import empty_state
from bf.core.refusal import Code, Refusal
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.inventory.api.events_pb2 import FeatureEnabled
from bf.inventory.api.requests_pb2 import (
    AddLocationsReq,
    AddProductsReq,
    CancelReq,
    EnableFeatureReq,
    GetLocInventoryReq,
    PlanWaveReq,
    ReserveReq,
    StartTransferReq,
    TagLocationsReq,
    UpdateInventoryReq,
)
from bf.inventory.domain import INVENTORY
from bf.node.contents import digest

FUZZ = settings(max_examples=settings().max_examples // 2)  # of each of many tests
REQUESTS = pytest.mark.parametrize("request_type", INVENTORY.requests.values(), ids=INVENTORY.requests)
STATES = pytest.mark.parametrize("kind", ["empty", "filled"])
NOT_A_CALLERS_FAULT = (Code.OK, Code.UNKNOWN, Code.INTERNAL, Code.UNIMPLEMENTED)

TEXTS = st.one_of(
    st.text(),
    st.sampled_from([uid(number) for number in range(24)]),
    st.sampled_from([*asking.ODD_UIDS, *asking.ODD_TEXTS, *asking.SKUS, *asking.CODES, *asking.TRUCKS, *asking.WAVES]),
    st.sampled_from(["{", "{field}", "\U0010ffff", "x" * 100_000, "9" * 10_000, "a\u0301", "\u202e"]),
)


def numbers(bits: int) -> SearchStrategy[int]:
    most = 2 ** (bits - 1)
    extremes = [each for each in asking.ODD_QUANTITIES if -most <= each < most]
    return st.one_of(st.integers(-3, 5), st.sampled_from([-most, most - 1, *extremes]), st.integers(-most, most - 1))


@st.composite
def messages(draw: st.DrawFn, message: type[Message]) -> Message:
    return message(**draw(_fields(cast("Descriptor", message.DESCRIPTOR), levels=4)))


def _fields(descriptor: Descriptor, levels: int) -> SearchStrategy[dict[str, Any]]:
    """Make values of all, some or none of a message's fields, lists in lists so many levels deep."""
    fields = [each for each in descriptor.fields if levels or each.message_type is None]
    return st.fixed_dictionaries({}, optional={each.name: _values(each, levels) for each in fields})


def _values(field: FieldDescriptor, levels: int) -> SearchStrategy[Any]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return st.dictionaries(TEXTS, TEXTS, max_size=4)
    one = _one(field, levels)
    return st.lists(one, max_size=4) if field.is_repeated else one


def _one(field: FieldDescriptor, levels: int) -> SearchStrategy[Any]:
    match field.type:
        case FieldDescriptor.TYPE_MESSAGE:
            assert field.message_type is not None
            return _fields(field.message_type, levels - 1)
        case FieldDescriptor.TYPE_INT32:
            return numbers(32)
        case FieldDescriptor.TYPE_INT64:
            return numbers(64)
        case _:
            return TEXTS


def filled_state() -> State:
    """Make a tenant with products, some tens of locations, stock, promises, transfers under way and a wave."""
    state = empty_state(INVENTORY)
    shelves = [AddLocationsReq.Loc(name=name, locs=[asking.a_chain(3)]) for name in "ABCD"]
    state.begin()
    for request in (
        AddProductsReq(skus=asking.SKUS),
        AddLocationsReq(parent=uid(0), locs=[AddLocationsReq.Loc(name="A", locs=shelves), asking.a_chain(40)]),
        *(
            UpdateInventoryReq(location=uid(location), product=uid(product), on_hand_change=10 + location)
            for location in range(5, 24, 2)
            for product in (1, 2)
        ),
        *(
            ReserveReq(reservation=code, location=uid(at), items=[ReserveReq.Item(sku=sku, quantity=5)])
            for code, at, sku in (("sale-1", 0, "cola"), ("sale-2", 5, "fanta"), ("sale-3", 7, "cola"))
        ),
        TagLocationsReq(locations=[uid(5), uid(7)], add=asking.WORDS),
        *(
            StartTransferReq(
                transfer=code,
                source=uid(9),
                destination=uid(11),
                items=[StartTransferReq.Item(product=uid(product), quantity=2) for product in (1, 2)],
            )
            for code in asking.TRUCKS[:2]
        ),
        EnableFeatureReq(feature=asking.WAVES_FEATURE),
        PlanWaveReq(wave=asking.WAVES[0], location=uid(5), limit=1),
    ):
        state.execute(request, SPEC_NOW_US)
    state.keep(state.pos)
    state.commit()
    return state


@pytest.fixture(scope="module")
def states() -> dict[str, State]:
    empty = empty_state(INVENTORY)
    empty.replay([FeatureEnabled(feature=asking.WAVES_FEATURE)], SPEC_NOW_US)  # else waves were refused unread
    return {"empty": empty, "filled": filled_state()}


@STATES
@REQUESTS
@FUZZ
@given(data=st.data())
def test_any_field_values_are_answered_or_refused(
    states: dict[str, State], kind: str, request_type: type[Message], data: st.DataObject
) -> None:
    assert_answered_or_refused(states[kind], data.draw(messages(request_type)))


@STATES
@REQUESTS
@FUZZ
@given(data=st.data())
def test_any_bytes_that_are_a_message_are_answered_or_refused(
    states: dict[str, State], kind: str, request_type: type[Message], data: st.DataObject
) -> None:
    body = data.draw(st.one_of(st.binary(), _damaged(request_type)))
    try:
        request = request_type.FromString(body)
    except DecodeError:
        return
    assert_answered_or_refused(states[kind], request)


@pytest.mark.parametrize("number", [-1, 2**48, 2**63, 2**64])
def test_a_uid_beyond_the_counter_is_malformed(states: dict[str, State], number: int) -> None:
    with pytest.raises(Refusal) as refused:
        states["filled"].execute(CancelReq(reservation=uid(number)), SPEC_NOW_US)
    assert refused.value.code is Code.INVALID_ARGUMENT
    with pytest.raises(Refusal) as refused:
        states["filled"].execute(GetLocInventoryReq(location=uid(number)), SPEC_NOW_US)
    assert refused.value.code is Code.INVALID_ARGUMENT


def assert_answered_or_refused(state: State, request: Message) -> None:
    before = digest(state)
    state.begin()
    try:
        done = state.execute(request, SPEC_NOW_US)
    except Refusal as refusal:
        assert_is_the_callers_fault(refusal, request)
        assert digest(state) == before, "a refused request changes nothing (invariant 4)"
    else:
        assert type(done.response) is INVENTORY.responses[type(request).__name__]
        if done.events:
            facts.assert_never_oversold(state)
            facts.assert_totals_are_sums_of_facts(state)
            facts.assert_heights_are_true(state)
            facts.assert_nothing_is_empty(state)
        else:
            assert digest(state) == before, "without an event nothing changes"
    finally:
        state.rollback()


def assert_is_the_callers_fault(refusal: Refusal, request: Message) -> None:
    assert refusal.code not in NOT_A_CALLERS_FAULT
    if refusal.code is Code.INVALID_ARGUMENT:
        assert_begins_with_a_field(str(refusal), request)


def assert_begins_with_a_field(text: str, request: Message) -> None:
    """Follow the path that a refusal begins with, such as items[0].sku, to a value that the request has."""
    path = re.match(r"[a-z_]+(\[\d+\])?(\.[a-z_]+(\[\d+\])?)*", text)
    assert path, f"no field's name: {text}"
    value: Any = request
    for name, index in re.findall(r"([a-z_]+)(?:\[(\d+)\])?", path[0]):
        assert name in value.DESCRIPTOR.fields_by_name, f"{name} is not a field: {text}"
        value = getattr(value, name)[int(index)] if index else getattr(value, name)


@st.composite
def _damaged(draw: st.DrawFn, request_type: type[Message]) -> bytes:
    """Serialise a message with any values, and change, drop or repeat some of its bytes."""
    body = bytearray(draw(messages(request_type)).SerializeToString())
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted(draw(st.tuples(st.integers(0, len(body)), st.integers(0, len(body)))))
        body[start:end] = draw(st.one_of(st.binary(max_size=8), st.just(bytes(body[start:end]) * 2)))
    return bytes(body)
