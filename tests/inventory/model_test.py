"""Whatever is asked, in any order, the features answer as the model does, and what must always hold does.

Invariant 3: state = replay(events). 4: a refused request and a failed batch change nothing. 6: never oversell.
"""

import copy
from collections.abc import Callable
from typing import TypeVar

import hypothesis.strategies as st
from google.protobuf.message import Message
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import DataObject
from tests.inventory import asking, facts
from tests.inventory.model import Model, Units
from tests.inventory.reasons import uid

from bf.adapters.sqlite.database import empty_state
from bf.core.ports import Pos
from bf.core.refusal import Refusal
from bf.core.scripts import NOBODY
from bf.core.spec import SPEC_NOW_US
from bf.core.state import Done, State
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import LocationAdded, ProductAdded, Reserved
from bf.inventory.api.requests_pb2 import (
    AddLocationsReq,
    AddProductsReq,
    EnableFeatureReq,
    ReserveReq,
    UpdateInventoryReq,
)
from bf.inventory.domain import INVENTORY
from bf.node.contents import digest

Loc = AddLocationsReq.Loc
T = TypeVar("T")
QUERIES = (
    asking.list_products,
    asking.list_locations,
    asking.get_loc_inventory,
    asking.list_tagged,
    asking.list_transfers,
    asking.list_features,
    asking.list_reports,
    asking.get_report,
    asking.get_report,
    asking.get_report,
    asking.list_scripts,
    asking.list_alerts,
)


class Stock(RuleBasedStateMachine):
    """A state and the model, asked the same; each request is a batch of its own, or one of an open batch's."""

    def __init__(self) -> None:
        super().__init__()
        self.state = empty_state(INVENTORY)
        self.model = Model()
        self.events: list[Message] = []
        self.batch: tuple[Model, int, str] | None = None
        """While one is open: the model, how many events there were and the digest before it."""

    @initialize(is_filled=st.sampled_from([True] * 5 + [False]))
    def start(self, is_filled: bool) -> None:  # noqa: FBT001  # hypothesis passes by name
        """Begin empty, or with a small warehouse of which most is promised.

        Waves are enabled. Uids: cola 1, fanta 2, then the locations, reservations last.

            A 3        on hand 6  sale-3 (11) promises 3 here, little of it can be moved away
              A 4      on hand 4  sale-2 (12) promises 2 here
                A 5    2 cola
                B 6    2 cola
              B 7
                A 8
                B 9    2 cola
            B 10       2 cola
        """
        if is_filled:
            self.ask(EnableFeatureReq(feature=asking.WAVES_FEATURE))
            self.ask(AddProductsReq(skus=["cola", "fanta"]))
            shelves = [Loc(name=name, locs=[Loc(name="A"), Loc(name="B")]) for name in "AB"]
            self.ask(AddLocationsReq(parent=uid(0), locs=[Loc(name="A", locs=shelves), Loc(name="B")]))
            for location in (5, 6, 9, 10):
                self.ask(UpdateInventoryReq(location=uid(location), product=uid(1), on_hand_change=2))
            for location, units in (3, 3), (4, 2):
                items = [ReserveReq.Item(sku="cola", quantity=units)]
                self.ask(ReserveReq(reservation=f"sale-{units}", location=uid(location), items=items))

    @precondition(lambda self: len(self.model.skus) < len(asking.SKUS))
    @rule(data=st.data())
    def add_products(self, data: DataObject) -> None:
        self.ask(data.draw(asking.add_products(self.model)))

    @rule(data=st.data())
    def add_locations(self, data: DataObject) -> None:
        self.ask(data.draw(asking.add_locations(self.model)))

    @precondition(lambda self: len(self.model.names) > 2)
    @rule(data=st.data())
    def move_location(self, data: DataObject) -> None:
        self.ask(data.draw(asking.move_location(self.model)))

    @precondition(lambda self: self.model.skus)
    @rule(data=st.data())
    def update_inventory(self, data: DataObject) -> None:
        self.ask(data.draw(asking.update_inventory(self.model)))

    @rule(data=st.data())
    def query(self, data: DataObject) -> None:
        self.ask(data.draw(data.draw(st.sampled_from(QUERIES))(self.model)))

    @rule(data=st.data())
    def install_script(self, data: DataObject) -> None:
        self.ask(data.draw(asking.install_script(self.model)))

    @precondition(lambda self: self.model.scripts)
    @rule(data=st.data())
    def remove_script(self, data: DataObject) -> None:
        self.ask(data.draw(asking.remove_script(self.model)))

    @precondition(lambda self: self.model.skus)
    @rule(data=st.data())
    def reserve(self, data: DataObject) -> None:
        self.ask(data.draw(asking.reserve(self.model)))

    @precondition(lambda self: self.model.promises)
    @rule(data=st.data())
    def fulfill(self, data: DataObject) -> None:
        self.ask(data.draw(asking.fulfill(self.model)))

    @precondition(lambda self: self.model.promises)
    @rule(data=st.data())
    def cancel(self, data: DataObject) -> None:
        self.ask(data.draw(asking.cancel(self.model)))

    @precondition(lambda self: len(self.model.names) > 1)
    @rule(data=st.data())
    def tag_locations(self, data: DataObject) -> None:
        self.ask(data.draw(asking.tag_locations(self.model)))

    @precondition(lambda self: self.model.skus)
    @rule(data=st.data())
    def take_stock(self, data: DataObject) -> None:
        self.ask(data.draw(asking.take_stock(self.model)))

    @precondition(lambda self: self.model.skus)
    @rule(data=st.data())
    def start_transfer(self, data: DataObject) -> None:
        self.ask(data.draw(asking.start_transfer(self.model)))

    @precondition(lambda self: self.model.transfers)
    @rule(data=st.data())
    def receive_or_cancel_a_transfer(self, data: DataObject) -> None:
        request = data.draw(st.sampled_from([asking.receive_transfer] * 3 + [asking.cancel_transfer]))
        self.ask(data.draw(request(self.model)))

    @precondition(lambda self: len(self.model.names) > 1)
    @rule(data=st.data())
    def define_or_drop_a_report(self, data: DataObject) -> None:
        request = data.draw(st.sampled_from([asking.define_report] * 4 + [asking.drop_report]))
        self.ask(data.draw(request(self.model)))

    @rule(data=st.data())
    def enable_or_disable_a_feature(self, data: DataObject) -> None:
        request = data.draw(st.sampled_from([asking.enable_feature] * 4 + [asking.disable_feature]))
        self.ask(data.draw(request(self.model)))

    @precondition(lambda self: self.model.promises)
    @rule(data=st.data())
    def plan_wave(self, data: DataObject) -> None:
        self.ask(data.draw(asking.plan_wave(self.model)))

    @precondition(lambda self: self.model.waves)
    @rule(data=st.data())
    def pick_wave(self, data: DataObject) -> None:
        self.ask(data.draw(asking.pick_wave(self.model)))

    @precondition(lambda self: +self.model.stock)
    @rule(data=st.data())
    def split_a_reservation(self, data: DataObject) -> None:
        """Let a reservation happen whose lines lie at several locations, as a script or a foreign bundle makes them."""
        places = data.draw(st.lists(st.sampled_from([*+self.model.stock]), min_size=2, max_size=3))
        self.split([(data.draw(st.sampled_from(self.model.path(at))), product) for at, product in places])

    @precondition(lambda self: self.batch is None)
    @rule()
    def begin_a_batch(self) -> None:
        self.batch = copy.deepcopy(self.model), len(self.events), digest(self.state)
        self.state.begin()

    @precondition(lambda self: self.batch is not None)
    @rule()
    def commit_the_batch(self) -> None:
        self.commit()

    @precondition(lambda self: self.batch is not None)
    @rule()
    def invariant_4_a_failed_batch_changes_nothing(self) -> None:
        assert self.batch is not None
        self.model, count, before = self.batch
        del self.events[count:]
        self.state.rollback()
        self.batch = None
        assert digest(self.state) == before

    @invariant()
    def invariant_6_reserved_inside_is_at_most_on_hand_inside(self) -> None:
        facts.assert_never_oversold(self.state)

    @invariant()
    def totals_are_sums_of_facts_and_there_are_no_rows_of_nothing(self) -> None:
        facts.assert_totals_are_sums_of_facts(self.state)
        facts.assert_reservations_have_lines(self.state)
        facts.assert_nothing_is_empty(self.state)

    @invariant()
    def goods_on_hand_and_in_transit_are_conserved(self) -> None:
        facts.assert_conserved(self.state, self.events)

    @invariant()
    def heights_are_true(self) -> None:
        facts.assert_heights_are_true(self.state)

    @invariant()
    def positions_are_dense(self) -> None:
        assert self.state.pos.event == len(self.events)

    @invariant()
    def uids_have_no_gaps_in_the_order_of_events(self) -> None:
        created = [_created(event) for event in self.events]
        assert [each for each in created if each] == [uid(each) for each in range(1, self.state.last_uid + 1)]

    def teardown(self) -> None:
        """Invariant 3: replaying all events, or the baseline, or opening the database again gives the same state."""
        if self.batch is not None:
            self.commit()
        replayed = empty_state(INVENTORY)
        replayed.scripts = NOBODY  # what scripts decided is in the events
        replayed.replay(self.events, SPEC_NOW_US)
        assert digest(replayed) == digest(self.state)
        assert INVENTORY.baseline
        made = empty_state(INVENTORY)
        made.replay(list(INVENTORY.baseline(Tx(self.state.database, {}, 0, 0))), SPEC_NOW_US)
        made.pos, made.time_us, made.last_uid = self.state.pos, self.state.time_us, self.state.last_uid
        assert digest(made) == digest(self.state), "the baseline makes the same state"
        assert digest(State(self.state.database, INVENTORY)) == digest(self.state)

    def ask(self, req: Message) -> None:
        """Answer as the model does; invariant 4: a refused request changes nothing, and neither does a query."""
        before = digest(self.state)
        codes, expected = self.model.answer(req)
        refusal, done = self.in_batch(lambda: _executed(self.state, req))
        if refusal:
            assert refusal.code in codes, f"{refusal!r}, where the model says {codes or expected}"
        else:
            assert [done.response, *done.events] == expected, f"where the model says {codes or expected}"
            self.events += done.events
        assert (digest(self.state) == before) == (not done.events)

    def split(self, lines: list[tuple[int, int]]) -> None:
        """Promise one unit of each product at each location, if nothing is oversold by it."""
        after = copy.deepcopy(self.model)
        new = after.create(after.codes, f"split-{after.last}")
        after.promises[after.last] = Units(lines)
        after.position += 1
        if not after.is_oversold():
            items = [Reserved.Item(product=uid(product), location=uid(at), quantity=1) for at, product in lines]
            self.events.append(Reserved(reservation=new, code=after.codes[after.last], items=items))
            self.in_batch(lambda: self.state.replay(self.events[-1:], SPEC_NOW_US))
            self.model = after

    def in_batch(self, act: Callable[[], T]) -> T:
        if self.batch is not None:
            return act()
        self.state.begin()
        result = act()
        self.commit()
        return result

    def check(self) -> None:
        """Check all invariants, for those who play this without hypothesis."""
        self.invariant_6_reserved_inside_is_at_most_on_hand_inside()
        self.totals_are_sums_of_facts_and_there_are_no_rows_of_nothing()
        self.goods_on_hand_and_in_transit_are_conserved()
        self.heights_are_true()
        self.positions_are_dense()
        self.uids_have_no_gaps_in_the_order_of_events()

    def commit(self) -> None:
        self.state.keep(Pos(self.state.pos.event, self.state.pos.batch + 1))
        self.state.commit()
        self.batch = None


def _executed(state: State, req: Message) -> tuple[Refusal | None, Done]:
    try:
        return None, state.execute(req, SPEC_NOW_US)
    except Refusal as refusal:
        return refusal, Done(response=req, events=(), memo={})


def _created(event: Message) -> str:
    match event:
        case LocationAdded() | ProductAdded():
            return event.uid
        case Reserved():
            return event.reservation
        case _:
            return ""


def test_any_requests_keep_the_invariants_and_are_answered_as_the_model_does() -> None:
    run_state_machine_as_test(Stock)
