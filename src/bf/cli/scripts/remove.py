"""Remove a tenant's script from its hook; its versions stay in the list."""

import argparse

from bf.cli.operating import add_operating, report
from bf.cli.scripts.asking import ask
from bf.inventory.api.requests_pb2 import RemoveScriptReq, RemoveScriptResp
from bf.inventory.scripts.asking import HOOKS

EXAMPLES = """\
  bf script remove acme reserve nearest"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the script."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("hook", choices=HOOKS, help="what it is asked at")
    parser.add_argument("name", help="the script's name")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    ask(args, RemoveScriptReq(hook=args.hook, name=args.name), RemoveScriptResp)
    told = {"tenant": args.tenant, "hook": args.hook, "name": args.name}
    return report(args, told, f"{args.tenant} asks {args.name} at {args.hook} no more")
