"""Run seeds: one, or a campaign of many; the exit code is 1 if anything was violated."""

import argparse
import re
from pathlib import Path

from bf.cli.sims.naming import FAILURES, SCENARIO, add_hours, seconds_of
from bf.cli.usage import UsageError

EXAMPLES = """\
  bf sim run --seed 7                        as `bf sim --seed 7`: the word may be left out
  bf sim run --seeds 1..500 --jobs 2 --scenario all
  bf sim run --seeds 1..100000 --jobs 2 --scenario short --resume long.json --require-sometimes"""

SEEDS = (1, 20)
SEEDS_COUNT_MAX = 100_000_000
JOBS_COUNT_MAX = 512


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what to run, how, and what to write."""
    parser.add_argument("--seed", type=int, metavar="N", help="one seed")
    parser.add_argument("--seeds", metavar="A..B", help=f"several seeds (default: {SEEDS[0]}..{SEEDS[1]})")
    parser.add_argument(
        "--scenario",
        default=SCENARIO,
        metavar="NAME",
        help=f'one, several with commas, "all", or "short": those of a minute (default: {SCENARIO})',
    )
    add_hours(parser)
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="how many processes (default: 1)")
    parser.add_argument("--first", action="store_true", help="stop when something is violated")
    parser.add_argument(
        "--resume", type=Path, metavar="FILE", help="note there which seeds are done, and leave them out"
    )
    parser.add_argument(
        "--require-sometimes",
        action="store_true",
        help="fail if a campaign of 2,000 seeds or more never reaches a situation that it should",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=FAILURES,
        metavar="DIR",
        help=f"where plans and timelines of failures go (default: ./{FAILURES})",
    )
    parser.add_argument("--json", action="store_true", help="write the result as JSON, and nothing else")
    parser.add_argument("--list", action="store_true", help="show scenarios, faults, buggify points and situations")


def run(args: argparse.Namespace) -> int:
    """Run them."""
    from bf.cli.sims import campaign, catalogue  # noqa: PLC0415  # fences come first

    if args.list:
        return catalogue.show(as_json=args.json)
    if args.seed is not None and args.seeds is not None:
        raise UsageError("--seed and --seeds: name one of them")
    if not 1 <= args.jobs <= JOBS_COUNT_MAX:
        raise UsageError(f"--jobs: {args.jobs} is not between 1 and {JOBS_COUNT_MAX}")
    first, last = SEEDS if args.seeds is None else _range(args.seeds)
    if args.seed is not None:
        first = last = args.seed
    return campaign.run(args, range(first, last + 1), seconds_of(args))


def _range(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\.\.(\d+)", text)
    if not found or not int(found[1]) <= int(found[2]) < int(found[1]) + SEEDS_COUNT_MAX:
        raise UsageError(f"--seeds: {text!r} is no range of seeds; write for example 1..500")
    return int(found[1]), int(found[2])
