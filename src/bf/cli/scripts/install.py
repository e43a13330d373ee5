"""Install a script for a tenant: its requests ask it from now on."""

import argparse

from bf.cli.operating import add_operating, report
from bf.cli.scripts.asking import ask
from bf.cli.scripts.files import add_file, script_of
from bf.inventory.api.requests_pb2 import InstallScriptReq, InstallScriptResp

EXAMPLES = """\
  bf script install acme nearest.lua         refused if it does not compile, or if a case of its own fails
  bf script install acme new/nearest.lua     the next version of it
  bf script install acme try.lua --name nearest

Try it on what the tenant was asked before: bf script dry-run acme nearest.lua"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant and the file."""
    parser.add_argument("tenant", help="its name")
    add_file(parser)
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    script = script_of(args.file, args.name)
    request = InstallScriptReq(hook=script.hook, name=script.name, source=script.source)
    version = ask(args, request, InstallScriptResp).version
    told = {"tenant": args.tenant, "hook": script.hook, "name": script.name, "version": version}
    sentence = f"{args.tenant} asks version {version} of {script.name} at {script.hook}"
    return report(args, told, f"{sentence}; undo it with: bf script remove {args.tenant} {script.hook} {script.name}")
