"""Take one safeguard after the other away, and tell after how many seeds which invariant misses it."""

import argparse
import json
from typing import TYPE_CHECKING

from bf.cli.usage import UsageError

if TYPE_CHECKING:
    from bf.sim.mutants import Noticed

EXAMPLES = """\
  bf sim mutants                             exit code 1 if nobody misses one of them
  bf sim mutants --seeds 1000 --json
  bf sim mutants --markdown                  the table of docs/simulation.md"""

SEEDS = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name how long to look."""
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, metavar="N", help=f"try no more seeds of each (default: {SEEDS})"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--markdown", action="store_true", help="as a table for documents")


def run(args: argparse.Namespace) -> int:
    """Hunt each of them; 1 if one is not noticed."""
    import logging  # noqa: PLC0415  # what a broken node logs is no news here

    from bf.sim import mutants  # noqa: PLC0415  # fences come first

    if args.seeds < 1:
        raise UsageError(f"--seeds: {args.seeds} is not at least 1")
    logging.disable(logging.CRITICAL)
    try:
        found = mutants.table(args.seeds, (lambda _: None) if args.json or args.markdown else _tell)
    finally:
        logging.disable(logging.NOTSET)
    missed = [each for each in found if not each.invariant]
    if args.json:
        print(json.dumps([_as_dict(each) for each in found]))
    elif args.markdown:
        print("| safeguard | where | looked for in | noticed after | by |\n|---|---|---|---|---|")
        for each in found:
            print(_row(each))
    else:
        print(f"{len(found) - len(missed)} of {len(found)} mutants were noticed")
    return 1 if missed else 0


def _tell(noticed: "Noticed") -> None:
    told = f"invariant {noticed.invariant}: {noticed.what[:100]}" if noticed.invariant else "NOBODY NOTICES"
    print(f"{noticed.seeds:>5} seeds  {noticed.mutant.safeguard}\n             {told}", flush=True)


def _row(noticed: "Noticed") -> str:
    mutant = noticed.mutant
    after, by = (
        f"{noticed.seeds} seed{'s' if noticed.seeds > 1 else ''}",
        f"invariant {noticed.invariant}" if noticed.invariant.isdigit() else noticed.invariant,
    )
    if not noticed.invariant:
        after, by = f"**not in {noticed.seeds} seeds**", "nobody"
    return f"| {mutant.safeguard} | `{mutant.where}` | {mutant.scenario} | {after} | {by} |"


def _as_dict(noticed: "Noticed") -> dict[str, object]:
    mutant = noticed.mutant
    known = {"safeguard": mutant.safeguard, "where": mutant.where, "scenario": mutant.scenario}
    return {**known, "seeds": noticed.seeds, "invariant": noticed.invariant, "what": noticed.what}
