"""Write down every step of simulated runs, so that runs of other processes can be held against them.

python tests/support/traces.py FOLDER swarm/1,grpc/1,… [module,…]
"""

import asyncio
import importlib
import json
import sys
from itertools import zip_longest
from pathlib import Path

from bf.sim.draw import draw
from bf.sim.fences import fenced
from bf.sim.loop import Life, SimLoop
from bf.sim.world import World

SECONDS = 30.0
"""How much simulated time a trace is of."""

CARELESS = "careless"
"""A run that is not what it should be: its order is that of a set of texts."""


def trace(case: str, folder: Path) -> int:
    """Run a case, write its steps to a file, and return its digest."""
    steps = list[str]()

    def told(at_s: float, life: Life, what: str) -> None:
        steps.append(f"{at_s!r} {life.name}: {what}\n")

    scenario, _, seed = case.partition("/")
    if scenario == CARELESS:
        digest = careless(told)
    else:
        world = World(draw(scenario, int(seed), SECONDS))
        world.loop.told = told
        outcome = world.run()
        digest = outcome.digest
        steps.append(f"violation: {outcome.violation}\n")
    path(folder, case).write_text("".join(steps), "utf-8")
    return digest


def careless(told: object) -> int:
    """Begin tasks in the order of a set of texts, which is another one in each process."""
    loop = SimLoop("careless")
    vars(loop)["told"] = told

    async def nap(name: str) -> None:
        await asyncio.sleep(len(name))

    async def story() -> None:
        names = {"a" * length for length in range(1, 20)}
        await asyncio.gather(*(nap(name) for name in names))

    with fenced(loop, "careless"):
        loop.run_until_complete(story())
    loop.close()
    return loop.digest


def path(folder: Path, case: str) -> Path:
    """Return where the steps of a case are."""
    return folder / f"{case.replace('/', '-')}.txt"


def first_difference(one: Path, other: Path) -> str:
    """Return the first step in which two traces differ, with what came before it; nothing if there is none."""
    before = list[str]()
    lines = [each.read_text("utf-8").splitlines() for each in (one, other)]
    for number, (here, there) in enumerate(zip_longest(*lines, fillvalue="(the end)"), start=1):
        if here != there:
            return "\n".join([*before[-5:], f"step {number} here:  {here}", f"step {number} there: {there}"])
        before.append(f"step {number} both:  {here}")
    return ""


def main(folder: str, cases: str, modules: str = "") -> None:
    """Trace cases, after some imports, and print the digests."""
    for module in filter(None, modules.split(",")):
        importlib.import_module(module)
    sys.stdout.write(json.dumps({case: trace(case, Path(folder)) for case in cases.split(",")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
