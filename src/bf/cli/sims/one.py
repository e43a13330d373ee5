"""One run of one seed, added up."""

from bf.cli.sims.tally import Seed, Tally
from bf.sim.draw import draw
from bf.sim.plan import Plan
from bf.sim.watching import simulate


def one(seed: Seed) -> Tally:
    """Run a seed."""
    return Tally.of(seed, simulate(plan_of(seed)))


def plan_of(seed: Seed) -> Plan:
    """Draw a seed's plan."""
    return draw(seed.scenario, seed.number, seed.seconds)
