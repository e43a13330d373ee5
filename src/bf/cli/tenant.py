"""Create and list the tenants of a data directory."""

import argparse

from bf.cli.actions import Action, add_actions, run_action

EXAMPLES = """\
  bf tenant create acme                      in ./data; a running server has it at once
  bf tenant list --data /var/lib/bf --json

bf tenant ACTION --help shows an action's arguments and examples."""

ACTIONS = {
    "create": Action("bf.cli.tenants.create", "make an empty tenant"),
    "list": Action("bf.cli.tenants.listing", "show the tenants by name"),
}
"""One action, one file; a new one is one more line here."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the actions."""
    add_actions(parser, ACTIONS)


def run(args: argparse.Namespace) -> int:
    """Do the one that was chosen."""
    return run_action(args, ACTIONS)
