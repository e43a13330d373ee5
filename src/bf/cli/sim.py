"""Simulate servers, disks, networks and customers in which everything goes wrong, and look whether all stays right."""

import argparse

from bf.cli.actions import Action, add_actions, run_action

EXAMPLES = """\
  bf sim                                     a few seeds of the scenario "swarm"
  bf sim --seed 7                            one seed; what is violated is shown, with files to look at
  bf sim --seeds 1..500 --jobs 2 --scenario all --json
  bf sim --seed 7 --scenario black-friday --hours 2
  bf sim --list                              scenarios, faults and buggify points

bf sim ACTION --help shows an action's arguments and examples; without an action, the seeds are run."""

ACTIONS = {
    "run": Action("bf.cli.sims.run", "run seeds: what `bf sim` does without an action"),
    "replay": Action("bf.cli.sims.replay", "run a seed or a plan's file again, and write its timeline"),
    "shrink": Action("bf.cli.sims.shrink", "find the smallest plan that fails like this one"),
    "diff": Action("bf.cli.sims.diff", "run a seed in two processes, and show the first step that differs"),
    "corpus": Action("bf.cli.sims.corpus", "run the plans that are kept for ever, or keep one more"),
    "mutants": Action("bf.cli.sims.mutants", "take one safeguard after the other away, and see whether it is missed"),
}
"""One action, one file; a new one is one more line here."""

RUN = "run"
"""The action that needs no name."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the actions, and the arguments of a run."""
    add_actions(parser, ACTIONS, otherwise=RUN)


def run(args: argparse.Namespace) -> int:
    """Do the one that was chosen, with the real world fenced off."""
    from bf.sim import fences  # noqa: PLC0415  # `bf --help` imports every command, and needs no simulator

    fences.install()
    return run_action(args, ACTIONS, otherwise=RUN)
