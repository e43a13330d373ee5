"""Look after the tenants of a data directory, with or without a running server."""

import argparse

from bf.cli.actions import Action, add_actions, run_action

EXAMPLES = """\
  bf tenant create acme                      in ./data; a running server has it at once
  bf tenant list --data /var/lib/bf --json

bf tenant ACTION --help shows an action's arguments and examples."""

ACTIONS = {
    "create": Action("bf.cli.tenants.create", "make an empty tenant"),
    "list": Action("bf.cli.tenants.listing", "show the tenants by name"),
    "verify": Action("bf.cli.tenants.verify", "compare the state with what the log makes"),
    "rebuild": Action("bf.cli.tenants.rebuild", "make the state anew from the log"),
    "compact": Action("bf.cli.tenants.compact", "shorten the log to what the state needs"),
    "rotate": Action("bf.cli.tenants.rotate", "bring everything under a new key"),
    "limits": Action("bf.cli.tenants.limits", "show and set what it may use"),
    "backup": Action("bf.cli.tenants.backup", "copy it, sealed, while it is used; then what came since"),
    "restore": Action("bf.cli.tenants.restore", "bring it back, as it was at any position or time"),
    "export": Action("bf.cli.tenants.export", "write its log as portable events"),
    "import": Action("bf.cli.tenants.importing", "make a tenant of portable events"),
    "erase": Action("bf.cli.tenants.erase", "destroy its keys and files"),
    "prove-erased": Action("bf.cli.tenants.prove_erased", "search for what is left of it"),
}
"""One action, one file; a new one is one more line here."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the actions."""
    add_actions(parser, ACTIONS)


def run(args: argparse.Namespace) -> int:
    """Do the one that was chosen."""
    return run_action(args, ACTIONS)
