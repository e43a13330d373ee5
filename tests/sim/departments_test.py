"""What customers do besides buying: it is in some runs, whole, and what goes wrong with it is noticed."""

from collections import Counter

import pytest

from bf.inventory.api import requests_pb2 as rq
from bf.sim import draw
from bf.sim.mutant import Mutant
from bf.sim.mutants import hunt
from bf.sim.rule_mutants import RULE_MUTANTS
from bf.sim.rules.answers import ANSWERS
from bf.sim.rules.expect import RULES
from bf.sim.watching import simulate

SEEDS = 40


@pytest.fixture
def all_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run have all departments, and a script for alerts."""
    monkeypatch.setattr(draw, "AT_WORK", 1)
    monkeypatch.setattr(draw, "WATCHED", 1)


def test_each_department_is_in_some_runs_and_then_with_all_that_it_does() -> None:
    plans = [draw.draw("swarm", seed, 3_600) for seed in range(SEEDS)]
    for department in draw.DEPARTMENTS:
        there = [{ask.what for ask in plan.asks} >= {*department} for plan in plans]
        parts = [bool({ask.what for ask in plan.asks} & {*department}) for plan in plans]
        assert there == parts
        assert 3 < sum(there) < SEEDS / 2
    assert 3 < sum(plan.watched for plan in plans) < SEEDS / 2
    assert 3 < sum(plan.waves for plan in plans) < SEEDS / 2


@pytest.mark.usefixtures("all_at_work")
def test_everything_that_the_books_know_is_asked_for_and_done() -> None:
    done: Counter[str] = Counter()
    for seed in range(SEEDS):
        outcome = simulate(draw.draw("swarm", seed))
        assert outcome.violation is None
        done += outcome.sometimes
    assert [each.__name__ for each in (*RULES, *ANSWERS, rq.GetReportReq) if not done[f"done: {each.__name__}"]] == []


@pytest.mark.usefixtures("all_at_work")
@pytest.mark.parametrize("mutant", RULE_MUTANTS, ids=lambda mutant: mutant.safeguard)
def test_a_rule_that_is_broken_is_noticed(mutant: Mutant) -> None:
    assert hunt(mutant, SEEDS).invariant, f"nobody notices in {SEEDS} seeds"
