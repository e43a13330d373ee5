"""Run a seed or a plan's file again, step for step, and write its timeline."""

import argparse
import json
from pathlib import Path

from bf.cli.sims.naming import FAILURES, add_one, kept_of

EXAMPLES = """\
  bf sim replay sim-failures/swarm-7.plan.json
  bf sim replay --scenario swarm --seed 7 --out look     files also if nothing is violated"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the run, and where its files go."""
    add_one(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"where files go (default: ./{FAILURES}, of a failure)")
    parser.add_argument("--json", action="store_true", help="for machines")


def run(args: argparse.Namespace) -> int:
    """Run it and tell what happened; 1 if an invariant was violated."""
    from bf.cli.sims import failure  # noqa: PLC0415  # fences come first

    kept, named, stem = kept_of(args)
    timeline = failure.watched(kept.plan, named)
    outcome, violation = timeline.outcome, timeline.outcome.violation
    files = failure.written(timeline, args.out or FAILURES, stem, args.file) if violation or args.out else None
    if args.json:
        broken = {"invariant": violation.invariant, "what": violation.what} if violation else {}
        paths = {name: str(path) for name, path in vars(files).items()} if files else {}
        print(
            json.dumps(
                {**broken, "violated": bool(violation), "steps": outcome.steps, "digest": outcome.digest, **paths}
            )
        )
    elif violation and files:
        print(failure.report(timeline, files, before=kept.invariant or None))
    else:
        print(
            f"nothing was violated in {outcome.steps:,} steps, {outcome.requests:,} requests and "
            f"{outcome.faults.total():,} faults; digest {outcome.digest:016x}"
        )
        if files:
            print(f"timeline: {files.page}\n          {files.text}")
    return 1 if violation else 0
