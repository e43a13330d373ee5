"""Tenants of some seeds have a script, and the books know where it sends orders."""

from dataclasses import replace

import pytest

from bf.sim import shop
from bf.sim.draw import draw
from bf.sim.watching import simulate

SEED = 5


def test_some_seeds_have_a_script_and_some_have_none() -> None:
    scripted = [draw("swarm", seed, 10).scripted for seed in range(30)]
    assert 3 < sum(scripted) < 27


def test_what_a_script_decides_is_what_the_books_say() -> None:
    assert simulate(replace(draw("swarm", SEED, 60), scripted=True)).violation is None


def test_the_books_notice_an_order_that_a_script_sends_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "SCRIPT", "function reserve(order) end")
    violation = simulate(replace(draw("swarm", SEED, 60), scripted=True)).violation
    assert violation is not None
    assert "the books say" in str(violation)
