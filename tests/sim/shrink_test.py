"""A planted bug is found soon, made small, and still fails when it is read from its file."""

from pathlib import Path

import pytest

from bf.node import answers
from bf.sim.draw import draw
from bf.sim.kept import Kept, read, write
from bf.sim.plan import Plan
from bf.sim.shrink import NothingIsViolatedError, Small, shrink, size
from bf.sim.watching import simulate

SEEDS_MAX = 30
RUNS_MAX = 150


def forgotten(*_: object) -> None:
    """Stand in for `first_answer`: nobody remembers that a request was carried out."""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Plant the bug, and return the first plan that finds it."""
    monkeypatch.setattr(answers, "first_answer", forgotten)
    plans = (draw("swarm", seed) for seed in range(SEEDS_MAX))
    found = next((plan for plan in plans if simulate(plan).violation), None)
    assert found, f"none of {SEEDS_MAX} seeds finds it"
    return found


@pytest.fixture
def small(failing: Plan) -> Small:
    return shrink(failing, RUNS_MAX)


def test_a_planted_bug_is_shrunk_to_little_more_than_itself(
    failing: Plan, small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(small.plan.asks) <= 4 < len(failing.asks)
    assert len(small.plan.faults) <= 1
    assert (len(small.plan.servers), len(small.plan.homes), len(small.plan.clients)) == (1, 1, 1)
    assert small.plan.seconds < failing.seconds
    assert small.runs <= RUNS_MAX

    write(tmp_path / "small.plan.json", Kept(small.plan))
    plan = read(tmp_path / "small.plan.json").plan
    outcome, again = simulate(plan), simulate(plan)
    assert outcome.violation
    assert outcome.violation.invariant == small.violation.invariant
    assert outcome.violation.what == small.violation.what
    assert outcome.digest == again.digest

    monkeypatch.undo()
    assert simulate(plan).violation is None


def test_no_more_plans_are_tried_than_allowed(failing: Plan) -> None:
    told: list[tuple[int, str]] = []
    small = shrink(failing, 10, lambda runs, plan: told.append((runs, size(plan))))
    assert small.runs == 10
    assert [runs for runs, _ in told] == list(range(2, 11))
    assert told[-1][1] == size(small.plan)


def test_a_plan_that_holds_is_not_shrunk() -> None:
    with pytest.raises(NothingIsViolatedError):
        shrink(draw("swarm", 1, 5), 10)


def test_a_size_is_said_in_words() -> None:
    plan = Plan("swarm", "swarm/1", 5.0, homes={"acme": "server-1"})
    assert size(plan) == "1 server, 1 tenant, 0 clients, 0 asks, 0 faults, 0 buggify points, 5 s"
