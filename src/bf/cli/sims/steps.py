"""A process that runs one plan and prints it: the plan, every step, and the digest in the end."""

from bf.sim import fences

if __name__ == "__main__":
    fences.install()

import argparse
import sys

from bf.cli.main import Parser
from bf.cli.sims.naming import add_one, kept_of
from bf.sim.loop import Life
from bf.sim.watching import hushed
from bf.sim.world import World


def main() -> None:
    """Run it, silently but for its steps."""
    parser = Parser(prog="bf sim diff", allow_abbrev=False)
    add_one(parser)
    args: argparse.Namespace = parser.parse_args()
    plan = kept_of(args)[0].plan
    write = sys.stdout.write
    write(f"{plan.to_json()}\n")

    def told(at_s: float, life: Life, what: str) -> None:
        write(f"{at_s!r} {life.name} {what}\n")

    world = World(plan)
    world.loop.told = told
    with hushed(world.loop, None):
        outcome = world.run()
    write(f"digest {outcome.digest:016x}, {outcome.violation or 'nothing was violated'}\n")


if __name__ == "__main__":
    main()
