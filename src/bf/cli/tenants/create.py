"""Make an empty tenant."""

import argparse

from bf.adapters.sqlite.storage import StorageError
from bf.cli.tenants.place import add_data, opened
from bf.cli.usage import UsageError

EXAMPLES = """\
  bf tenant create acme                      in ./data; a running server has it at once
  bf tenant create acme --data /var/lib/bf"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and where it is to live."""
    parser.add_argument("name", help="a DNS label: lower-case letters, digits and inner hyphens")
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Make it and say so."""
    with opened(args) as tenants:
        try:
            tenants.create(args.name)
        except StorageError as error:
            raise UsageError(f"name: {error}") from error
    print(f"created tenant {args.name} in {args.data}; callers name it in their metadata: tenant={args.name}")
    return 0
