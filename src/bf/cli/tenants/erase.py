"""Erase a tenant: destroy its keys, then its files; its backups cannot be read any more either."""

import argparse

from bf.cli.operating import add_operating, operate, report

EXAMPLES = """\
  bf tenant erase acme --confirm acme        there is no way back; a tombstone stays
  bf tenant prove-erased acme                search for what should be gone"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, twice."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--confirm", metavar="NAME", required=True, help="the tenant's name again")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    told = operate(args.data, "erase", {"tenant": args.tenant, "confirm": args.confirm})
    return report(args, told, f"erased {args.tenant} at {told['erased_at']}: its keys {told['keys']} are destroyed")
