"""Show a tenant's scripts with the versions that are known, or the text of one of them."""

import argparse

from google.protobuf import json_format

from bf.cli.operating import add_operating, report
from bf.cli.scripts.asking import ask
from bf.cli.usage import UsageError
from bf.inventory.api.requests_pb2 import ListScriptsReq, ListScriptsResp
from bf.node.times import text_of

EXAMPLES = """\
  bf script list acme
  bf script list acme --show nearest
  bf script list acme --show nearest --version 2"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and perhaps a script."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--show", metavar="NAME", help="print a script's text: that of its newest version")
    parser.add_argument("--version", type=int, default=0, help="or that of another one")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Print them."""
    told = ask(args, ListScriptsReq(), ListScriptsResp)
    if args.show:
        print(_source(told, args.show, args.version), end="")
        return 0
    as_json = json_format.MessageToDict(
        told, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return report(args, as_json, "\n".join(_lines(told)))


def _lines(told: ListScriptsResp) -> list[str]:
    lines = [f"{'hook':<8} {'script':<24} {'version':>7}  {'installed'}"]
    for script in told.scripts:
        for version in script.versions:
            state = "asked" if version.active else ""
            state = f"removed {text_of(version.removed_us)}" if version.removed_us else state
            when = text_of(version.installed_us)
            lines.append(f"{script.hook:<8} {script.name:<24} {version.version:>7}  {when:<27}  {state}".rstrip())
    return lines


def _source(told: ListScriptsResp, name: str, number: int) -> str:
    for script in told.scripts:
        for version in script.versions:
            if script.name == name and number in {0, version.version}:
                return version.source
    raise UsageError(f"--show: there is no script {name!r} with such a version; bf script list shows what there is")
