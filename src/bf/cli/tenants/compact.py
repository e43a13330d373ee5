"""Shorten a tenant's log to what its state needs, while it goes on."""

import argparse

from bf.cli.operating import add_operating, operate, report

EXAMPLES = """\
  bf tenant compact acme                             the log before is kept as an archive, for time travel
  bf tenant compact acme --discard --budget 5000000  it is not kept; go no faster than 5 MB/s"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and how gently to do it."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--discard", action="store_true", help="do not keep the log as it was")
    parser.add_argument("--budget", type=int, default=0, metavar="BYTES_PER_S", help="go no faster (default: no limit)")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    order = {"tenant": args.tenant, "archive": not args.discard, "bytes_per_s": args.budget}
    told = operate(args.data, "compact", order)
    return report(
        args,
        told,
        f"generation {told['generation']} of the log of {args.tenant} has {told['bytes_after']:,} bytes instead of "
        f"{told['bytes_before']:,}; traffic waited {told['pause_us'] / 1e3:.1f} ms",
    )
