"""Arguments that several actions read: a scenario and a seed, or a plan's file."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bf.cli.usage import UsageError, read_text

if TYPE_CHECKING:
    from bf.cli.sims.tally import Seed
    from bf.sim.kept import Kept

SCENARIO = "swarm"
HOURS_MAX = 24 * 366
FAILURES = Path("sim-failures")


def add_one(parser: argparse.ArgumentParser) -> None:
    """Let an action name one run: by its file, or by scenario and seed."""
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a plan's file, such as a failure leaves")
    parser.add_argument("--scenario", default=SCENARIO, metavar="NAME", help=f"(default: {SCENARIO})")
    parser.add_argument("--seed", type=int, metavar="N", help="a seed of the scenario, instead of a file")
    add_hours(parser)


def add_hours(parser: argparse.ArgumentParser) -> None:
    """Let an action make runs longer or shorter."""
    parser.add_argument("--hours", type=float, metavar="H", help="simulate so long, not as long as the scenario says")


def seconds_of(args: argparse.Namespace) -> float | None:
    """Read how long runs are to be."""
    if args.hours is None:
        return None
    if not 0 < args.hours <= HOURS_MAX:
        raise UsageError(f"--hours: {args.hours:g} is not between 0 and {HOURS_MAX:,}")
    return args.hours * 3_600


def scenarios_of(words: str) -> Sequence[str]:
    """Read which scenarios are meant: names, "all", or "short" for those that last a minute."""
    from bf.sim.draw import SCENARIOS, SHORT_S  # noqa: PLC0415  # fences come first

    groups = {
        "all": list(SCENARIOS),
        "short": [name for name, scenario in SCENARIOS.items() if scenario.seconds <= SHORT_S],
    }
    names = list(dict.fromkeys(name for word in words.split(",") for name in groups.get(word, [word])))
    for name in names:
        if name not in SCENARIOS:
            raise UsageError(f"--scenario: there is no {name!r}; there are: {', '.join([*SCENARIOS, *groups])}")
    return names


def kept_of(args: argparse.Namespace) -> tuple["Kept", str, str]:
    """Return the plan that `add_one` let name, the words that name it, and how its files are called."""
    from bf.cli.sims.one import plan_of  # noqa: PLC0415  # fences come first
    from bf.sim.kept import ENDING, Kept  # noqa: PLC0415  # fences come first

    if (args.file is None) == (args.seed is None):
        raise UsageError("name a plan's file, or a seed with --seed; not both")
    if args.file is None:
        seed = seed_of(args)
        return Kept(plan_of(seed)), seed.command, seed.stem
    try:
        kept = Kept.from_json(read_text("FILE", args.file))
    except ValueError as error:
        raise UsageError(f"FILE: {args.file} is no plan: {error}") from error
    return kept, str(args.file), args.file.name.removesuffix(ENDING)


def seed_of(args: argparse.Namespace) -> "Seed":
    """Return the one seed that `add_one` let name."""
    from bf.cli.sims.tally import Seed  # noqa: PLC0415  # fences come first

    names = scenarios_of(args.scenario)
    if len(names) > 1:
        raise UsageError(f"--scenario: name one; {args.scenario} are {len(names)}")
    return Seed(names[0], args.seed, seconds_of(args))
