"""Print a tenant's events as text: its own data, on purpose."""

import argparse

from bf.cli.actions import Action, add_actions, run_action

EXAMPLES = """\
  bf log show acme --from 2026-11-27T08:00:00Z --type Reserved
  bf log tail acme                           the newest commits, and then each new one
  bf log stats acme

bf log ACTION --help shows an action's arguments and examples. They work beside a running server and without one."""

ACTIONS = {
    "show": Action("bf.cli.logs.show", "print commits with their events"),
    "tail": Action("bf.cli.logs.tail", "print the newest commits, and then each new one"),
    "stats": Action("bf.cli.logs.stats", "count what is in it"),
}
"""One action, one file; a new one is one more line here."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the actions."""
    add_actions(parser, ACTIONS)


def run(args: argparse.Namespace) -> int:
    """Do the one that was chosen."""
    return run_action(args, ACTIONS)
