"""Plans as text: what is read is what was written, and anything else is refused."""

import json
from pathlib import Path

import pytest

from bf.sim.draw import SCENARIOS, draw
from bf.sim.kept import Kept, plan_of, read, write
from bf.sim.plan import Ask, Fault, Plan

SMALL = Plan(
    "swarm",
    "swarm/1",
    5.0,
    homes={"acme": "server-1"},
    clients={"client-1": "local"},
    asks=(Ask(1.5, "client-1", "acme", "put", (1, 2, 3, 4)),),
    faults=(Fault(2.0, 0.5, "kill", "server-1"),),
    buggify={"a batch is tiny": 0.25},
)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_drawn_is_read_as_it_was_written(name: str) -> None:
    for seed in range(10):
        plan = draw(name, seed, 120)
        again = Plan.from_json(plan.to_json())
        assert again == plan
        assert again.to_json() == plan.to_json()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_seed_is_drawn_alike_each_time(name: str) -> None:
    assert draw(name, 3, 60) == draw(name, 3, 60)
    assert draw(name, 3, 60) != draw(name, 4, 60)


def test_a_kept_plan_says_why_it_is_kept_and_what_it_violated(tmp_path: Path) -> None:
    kept = Kept(SMALL, "a kill while the last record was written", "1", 'acknowledged, and "lost"', "0123abc")
    write(tmp_path / "there" / "small.plan.json", kept)
    assert read(tmp_path / "there" / "small.plan.json") == kept


def test_a_bare_plan_is_read_as_a_kept_one() -> None:
    assert Kept.from_json(SMALL.to_json()) == Kept(SMALL)


def changed(**changes: object) -> str:
    return json.dumps(json.loads(SMALL.to_json()) | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        '{"plan": 7}',
        '{"plan": {}, "whence": "nobody knows"}',
        changed(weather="rain"),
        changed(asks=[[1.5]]),
        changed(asks=7),
        changed(asks=[[1.5, "client-9", "acme", "put", [1, 2, 3, 4]]]),
        changed(asks=[[1.5, "client-1", "dune", "put", [1, 2, 3, 4]]]),
        changed(faults=[[2.0, 0.5, "earthquake", "server-1", 0]]),
        changed(homes={}),
        changed(homes={"acme": "server-9"}),
        changed(servers=[]),
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # which one it is depends on where it is found
        Kept.from_json(text)


def test_a_plan_that_lacks_something_is_no_plan() -> None:
    with pytest.raises(ValueError, match="this is no plan"):
        plan_of('{"scenario": "swarm", "seed": "swarm/1"}')
