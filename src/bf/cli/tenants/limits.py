"""Show and set what a tenant may use: rates, sizes, and how many things it may have."""

import argparse

from bf.cli.operating import add_operating, operate, report
from bf.cli.usage import UsageError

EXAMPLES = """\
  bf tenant limits acme                                          what is set, and what is used
  bf tenant limits acme --set requests_per_s=100 --set locations=50000
  bf tenant limits acme --unset locations"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, and what to change."""
    parser.add_argument("tenant", help="its name")
    parser.add_argument("--set", action="append", default=[], metavar="LIMIT=NUMBER", help="set a limit; repeatable")
    parser.add_argument("--unset", action="append", default=[], metavar="LIMIT", help="take one away; repeatable")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    changes = dict.fromkeys(args.unset) | dict(_limit(text) for text in args.set)
    told = operate(args.data, "limits", {"tenant": args.tenant, "set": changes})
    lines = [f"{'limit':<20} {'set':>16} {'used':>16}"]
    for name in told["known"]:
        most, used = told["limits"].get(name, "-"), told["usage"].get(name, "-")
        lines.append(f"{name:<20} {_number(most):>16} {_number(used):>16}  {told['known'][name]}")
    return report(args, told, "\n".join(lines))


def _limit(text: str) -> tuple[str, int]:
    name, equals, number = text.partition("=")
    if not equals or not number.isascii() or not number.isdigit():
        raise UsageError(f"--set: {text!r} is not LIMIT=NUMBER; write for example locations=50000")
    return name, int(number)


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
