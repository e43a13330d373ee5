"""Find the smallest plan that violates the same invariant as this one."""

import argparse
import json
from pathlib import Path

from bf.cli.operating import ProgressBar
from bf.cli.sims.naming import FAILURES, add_one, kept_of
from bf.cli.usage import UsageError

EXAMPLES = """\
  bf sim shrink sim-failures/swarm-7.plan.json
  bf sim shrink --scenario swarm --seed 7 --runs 2000 --out small.plan.json"""

RUNS = 500
RUNS_COUNT_MAX = 1_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the run, how long to try, and where the result goes."""
    add_one(parser)
    parser.add_argument(
        "--runs", type=int, default=RUNS, metavar="N", help=f"try no more than N plans (default: {RUNS})"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"(default: in ./{FAILURES}, or beside FILE)")
    parser.add_argument("--json", action="store_true", help="for machines")


def run(args: argparse.Namespace) -> int:
    """Shrink it and write what is left; the exit code is 0 if it fails."""
    from bf.cli.sims.failure import commit  # noqa: PLC0415  # fences come first
    from bf.sim.kept import ENDING, Kept, write  # noqa: PLC0415  # fences come first
    from bf.sim.shrink import NothingIsViolatedError, shrink, size  # noqa: PLC0415  # fences come first

    if not 1 <= args.runs <= RUNS_COUNT_MAX:
        raise UsageError(f"--runs: {args.runs} is not between 1 and {RUNS_COUNT_MAX:,}")
    kept, named, stem = kept_of(args)
    out = args.out or (args.file.parent if args.file else FAILURES) / f"{stem}.small{ENDING}"
    with ProgressBar() as bar:
        try:
            small = shrink(
                kept.plan, args.runs, lambda runs, plan: bar({"what": size(plan), "done": runs, "total": args.runs})
            )
        except NothingIsViolatedError as error:
            raise UsageError(f"{named} violates nothing: there is nothing to shrink") from error
    violation = small.violation
    write(out, Kept(small.plan, kept.why, violation.invariant, violation.what, commit()))
    if args.json:
        told = {"runs": small.runs, "before": size(kept.plan), "after": size(small.plan), "plan": str(out)}
        print(json.dumps({**told, "invariant": violation.invariant, "what": violation.what}))
        return 0
    print(f"before:  {size(kept.plan)}\nafter:   {size(small.plan)}, found in {small.runs:,} runs")
    print(f"violated: {violation}")
    print(f'the plan: {out}\nreplay it:  bf sim replay {out}\nkeep it:    bf sim corpus add {out} --why "..."')
    return 0
