"""Bring a tenant under a new key, while it goes on; a rotation that was cut short is continued."""

import argparse

from bf.cli.operating import add_operating, operate, report

EXAMPLES = """\
  bf tenant rotate acme                      old keys stay in the keyring, for the backups made under them
  bf tenant rotate acme --forget             they are destroyed: make a new backup afterwards"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and what becomes of the old keys."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--forget", action="store_true", help="destroy the old keys; backups made under them are lost")
    parser.add_argument("--discard", action="store_true", help="do not keep the log as it was")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    order = {"tenant": args.tenant, "forget": args.forget, "archive": not args.discard}
    told = operate(args.data, "rotate", order)
    kept = ", ".join(map(str, told["keys"]))
    return report(args, told, f"{args.tenant} is under key {told['key']}; the keyring has its keys {kept}")
