"""Test, install and try out the scripts with which tenants decide for themselves."""

import argparse

from bf.cli.actions import Action, add_actions, run_action

EXAMPLES = """\
  bf script test nearest.lua                 carry out its own cases
  bf script dry-run acme nearest.lua --last 1000
  bf script install acme nearest.lua

bf script ACTION --help shows an action's arguments and examples; docs/scripts.md says how to write one."""

ACTIONS = {
    "test": Action("bf.cli.scripts.test", "carry out a script's own cases"),
    "dry-run": Action("bf.cli.scripts.dry_run", "say what would have been different with it"),
    "install": Action("bf.cli.scripts.install", "let a tenant's requests ask it from now on"),
    "list": Action("bf.cli.scripts.listing", "show a tenant's scripts and their versions"),
    "remove": Action("bf.cli.scripts.remove", "let a tenant's requests ask it no more"),
    "alerts": Action("bf.cli.scripts.alerts", "show what scripts wanted somebody to know"),
}
"""One action, one file; a new one is one more line here."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the actions."""
    add_actions(parser, ACTIONS)


def run(args: argparse.Namespace) -> int:
    """Do the one that was chosen."""
    return run_action(args, ACTIONS)
