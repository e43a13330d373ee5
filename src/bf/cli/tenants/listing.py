"""Show the tenants of a data directory by name."""

import argparse
import json

from bf.cli.tenants.place import add_data, opened

EXAMPLES = """\
  bf tenant list
  bf tenant list --data /var/lib/bf --json"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name where they live."""
    parser.add_argument("--json", action="store_true", help="for machines")
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Show them."""
    with opened(args) as tenants:
        names = tenants.tenants()
    if args.json:
        print(json.dumps({"tenants": names}))
    else:
        print("\n".join(names) or f"no tenants in {args.data} yet: bf tenant create NAME")
    return 0
