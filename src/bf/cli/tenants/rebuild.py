"""Make a tenant's state anew from its log, beside the one in use, and go over to it."""

import argparse

from bf.cli.operating import add_operating, operate, report

EXAMPLES = """\
  bf tenant rebuild acme"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant."""
    parser.add_argument("tenant", help="its name")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    told = operate(args.data, "rebuild", {"tenant": args.tenant})
    return report(args, told, f"rebuilt the state of {args.tenant}; traffic waited {told['pause_us'] / 1e3:.1f} ms")
