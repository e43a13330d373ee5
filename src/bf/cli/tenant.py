"""Create and list the tenants of a data directory."""

import argparse
import json
from pathlib import Path

from bf.adapters.sqlite.storage import StorageError
from bf.cli.serve import DATA
from bf.cli.usage import UsageError
from bf.cli.wiring import storage

EXAMPLES = """\
  bf tenant create acme                      in ./data; a running server has it at once
  bf tenant list --data /var/lib/bf --json"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what to do, and where the tenants live."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make an empty tenant")
    create.add_argument("name", help="a DNS label: lower-case letters, digits and inner hyphens")
    listing = actions.add_parser("list", help="show the tenants by name")
    listing.add_argument("--json", action="store_true", help="for machines")
    for action in (create, listing):
        action.add_argument("--data", type=Path, default=DATA, help="the data directory (default: ./data)")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    tenants = storage(args.data)
    if args.action == "create":
        try:
            tenants.create(args.name)
        except StorageError as error:
            raise UsageError(f"name: {error}") from error
        print(f"created tenant {args.name} in {args.data}; callers name it in their metadata: tenant={args.name}")
    elif args.json:
        print(json.dumps({"tenants": tenants.tenants()}))
    else:
        print("\n".join(tenants.tenants()) or f"no tenants in {args.data} yet: bf tenant create NAME")
    tenants.close()
    return 0
