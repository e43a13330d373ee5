"""A few seeds of every scenario hold; `make sim-long` runs far more."""

import pytest

from bf.sim.draw import SCENARIOS, SHORT_S, draw
from bf.sim.plan import Plan
from bf.sim.watching import simulate

CHUNK = 4
SEEDS = 16
"""How many seeds of each scenario: two hundred in all, with four of the one that floods a server."""

CHUNKS = [
    ("swarm", SEEDS),
    *(
        (scenario, first)
        for scenario in SCENARIOS
        for first in range(0, CHUNK if scenario == "flood" else SEEDS, CHUNK)
    ),
]

LONG_S = 300.0
"""How much of a day or of a week there is time for here."""


def drawn(scenario: str, seed: int) -> Plan:
    return draw(scenario, seed, LONG_S if SCENARIOS[scenario].seconds > SHORT_S else None)


@pytest.mark.parametrize(("scenario", "first"), CHUNKS)
def test_every_invariant_holds(scenario: str, first: int) -> None:
    outcomes = {seed: simulate(drawn(scenario, seed)) for seed in range(first, first + CHUNK)}
    violated = {seed: str(outcome.violation) for seed, outcome in outcomes.items() if outcome.violation}
    assert violated == {}, f"see it with: bf sim replay --scenario {scenario} --seed N"
    assert sum(outcome.checks for outcome in outcomes.values()) > 0
