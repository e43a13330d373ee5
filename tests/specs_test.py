"""Every spec is a pytest item; and what its handler did is what a replay of its events does (invariant 3)."""

import pytest

from bf.adapters.sqlite.database import empty_state
from bf.cli.differences import differences
from bf.core.spec import SPEC_NOW_US, Spec, run, run_and_keep, specs_of
from bf.core.state import State
from bf.inventory.domain import INVENTORY
from bf.node.contents import digest

SPECS = specs_of(INVENTORY)


@pytest.fixture(scope="module")
def state() -> State:
    return empty_state(INVENTORY)


@pytest.mark.parametrize("spec", SPECS, ids=[spec.name for spec in SPECS])
def test_spec(spec: Spec, state: State) -> None:
    assert differences(spec, run(spec, state)) == []


@pytest.mark.parametrize("spec", SPECS, ids=[spec.name for spec in SPECS])
def test_replay_of_a_spec_gives_the_same_state(spec: Spec, state: State) -> None:
    state.begin()
    outcome = run_and_keep(spec, state)
    decided = digest(state)
    state.rollback()
    state.begin()
    state.replay([*spec.given, *outcome.events], SPEC_NOW_US)
    replayed = digest(state)
    state.rollback()
    assert replayed == decided
