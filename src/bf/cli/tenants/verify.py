"""Replay a tenant's whole log into memory, and compare what it makes with the state in use."""

import argparse

from bf.cli.operating import add_operating, operate, report

EXAMPLES = """\
  bf tenant verify acme                      exit code 1 if they differ, with the first row that does
  bf tenant verify acme --json"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant."""
    parser.add_argument("tenant", help="its name")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    told = operate(args.data, "verify", {"tenant": args.tenant})
    if told["sound"]:
        return report(args, told, f"sound: {told['rows']:,} rows are what the log of {told['events']:,} events makes")
    report(
        args,
        told,
        f"the state of {args.tenant} is not what its log makes; the first difference, after {told['rows']:,} rows:\n"
        f"  state: {told['state']}\n  log:   {told['log']}\nmend it with: bf tenant rebuild {args.tenant}",
    )
    return 1
