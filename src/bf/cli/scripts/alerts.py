"""Show what a tenant's scripts wanted somebody to know, newest first."""

import argparse

from google.protobuf import json_format

from bf.cli.operating import add_operating, report
from bf.cli.scripts.asking import ask
from bf.inventory.api.requests_pb2 import ListAlertsReq, ListAlertsResp
from bf.node.times import text_of

EXAMPLES = """\
  bf script alerts acme
  bf script alerts acme --limit 5 --json"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and how many."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--limit", type=int, default=20, help="at most so many (default: 20)")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Print them."""
    told = ask(args, ListAlertsReq(limit=args.limit), ListAlertsResp)
    lines = [f"{alert.number:>6}  {text_of(alert.time_us)}  {alert.text}  ({alert.script})" for alert in told.alerts]
    as_json = json_format.MessageToDict(told, preserving_proto_field_name=True)
    return report(args, as_json, "\n".join(lines) or "no alerts")
