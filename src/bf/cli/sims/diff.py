"""Run one seed in two fresh processes, whose hashes differ, and show the first step that differs."""

import argparse
import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import IO

from bf.cli.sims.naming import add_one, kept_of

EXAMPLES = """\
  bf sim diff --scenario swarm --seed 7
  bf sim diff sim-failures/swarm-7.plan.json"""

HASH_SEEDS = ("1", "2")
"""The PYTHONHASHSEED of each process: whatever depends on the order of a set of texts differs."""

BEFORE_COUNT = 5
"""How many steps are shown before the one that differs."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the run."""
    add_one(parser)


def run(args: argparse.Namespace) -> int:
    """Compare the two; 1 if they differ."""
    kept_of(args)  # complains here, and once, if it names nothing
    words = [str(args.file)] if args.file else ["--scenario", args.scenario, "--seed", str(args.seed)]
    words += ["--hours", str(args.hours)] if args.hours is not None else []
    with _steps(words, HASH_SEEDS[0]) as one, _steps(words, HASH_SEEDS[1]) as other:
        same, told = compare(one, other)
    print(told)
    return 0 if same else 1


def compare(one: Iterable[str], other: Iterable[str]) -> tuple[bool, str]:
    """Compare two runs, line by line; say whether they are the same, and what to tell of it."""
    before: list[str] = []
    steps = 0
    for left, right in zip_longest((line.rstrip("\n") for line in one), (line.rstrip("\n") for line in other)):
        if left != right:
            where = "the plans differ" if steps == 0 else f"step {steps:,} differs"
            shown = [f"  {line}" for line in before]
            return False, "\n".join([f"{where}:", *shown, f"1 {left or 'has ended'}", f"2 {right or 'has ended'}"])
        before = [*before, _cut(left or "")][-BEFORE_COUNT:]
        steps += 1
    return True, f"the same {steps - 2:,} steps"  # and one line for the plan, one for the digest


def _cut(line: str, chars_max: int = 160) -> str:
    return line if len(line) <= chars_max else f"{line[:chars_max]}…"


@contextmanager
def _steps(words: Sequence[str], hash_seed: str) -> Generator[IO[str]]:
    """Begin a process that tells its steps."""
    command = [sys.executable, "-m", "bf.cli.sims.steps", *words]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ourselves
    assert process.stdout, "it is a pipe"
    try:
        yield process.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
