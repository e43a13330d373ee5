"""Run the benches, each in a fresh process; show their figures beside this machine's last ones, and record them.

python bench/run.py                         all of them: about ten minutes, on a machine that does nothing else
python bench/run.py floor durable.wire      some of them; the second, only one of its parts
python bench/run.py --strict                end with 1 if a figure is more than 15 % worse, the yardstick apart
python bench/run.py --quick floor           whether it runs at all: nothing is compared or recorded
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from figures import Figure, amount
from record import (
    BENCH,
    DROP,
    HISTORY,
    ROOT,
    Change,
    Measured,
    Record,
    append_history,
    as_json,
    changes,
    empty_record,
    read_history,
    worse,
    yardstick,
)

BENCHES = (
    "specs",
    "floor",
    "apply",
    "scripts",
    "tree_size",
    "append",
    "durable",
    "wire",
    "curves",
    "reports",
    "floors",
    "stress",
    "simulation",
)
"""The files of this folder that measure, in the order in which they run; a new one is added here."""

PIPE_CHARS = 130
"""How wide tables are where there is no terminal."""


class Told(NamedTuple):
    """What a bench's process said: its figures, and its last words if it failed."""

    figures: list[Figure]
    failure: str


class UnknownBenchError(Exception):
    """A bench that is not there, or is named twice."""


def chosen(words: Sequence[str]) -> list[str]:
    """Return the benches that are named, each with its parts after dots; UnknownBenchError tells the remedy."""
    names = [word.partition(".")[0] for word in words]
    for name in names:
        if name not in BENCHES:
            raise UnknownBenchError(f"there is no bench {name!r}; the benches are: {', '.join(BENCHES)}")
        if names.count(name) > 1:
            raise UnknownBenchError(f"{name} is named twice; write its parts in one word: {name}.one.other")
    return list(words) or list(BENCHES)


def tell(word: str, source: Path, *, quick: bool) -> Told:
    """Run a bench of this folder in a process of its own, with the product that lies in `source`."""
    name, *parts = word.split(".")
    done = subprocess.run(
        [sys.executable, str(BENCH / f"{name}.py"), *parts, "--json", *(["--quick"] if quick else [])],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(source)},
    )
    figures = [Figure(**json.loads(line)) for line in done.stdout.splitlines()]
    last_words = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
    return Told(figures, last_words if done.returncode else "")


def console() -> Console:
    """Return where tables go."""
    return Console(width=None if sys.stdout.isatty() else PIPE_CHARS, highlight=False)


def percent(ratio: float) -> str:
    """Return a ratio as a change."""
    return f"{100 * (ratio - 1):+.0f} %"


def table(record: Record, since: Sequence[Change]) -> Table:
    """Return all figures, with what has changed."""
    shown = Table("figure", "", "unit", "change", "by the yardstick", box=None, pad_edge=False)
    for column in (1, 3, 4):
        shown.columns[column].justify = "right"
    changed = {(change.bench, change.figure.name): change for change in since}
    for bench, measured in record.benches.items():
        shown.add_row(f"[bold]{bench}[/bold]")
        for figure in measured.figures:
            change = changed.get((bench, figure.name))
            both = (percent(change.ratio), percent(change.ratio_by_yardstick)) if change else ("", "")
            shown.add_row(f"  {figure.name}", amount(figure.value), figure.unit, *both)
    return shown


def report(since: Sequence[Change]) -> Iterator[str]:
    """Yield a line for each figure that got worse by more than DROP, and for each that only looks so."""
    for change in since:
        as_measured = worse(change.figure, change.ratio) > DROP
        if change.is_drop or as_measured:
            verdict = "worse" if change.is_drop else "not worse: the machine is slower"
            yield (
                f"{verdict}: {change.bench}, {change.figure.name}: {amount(change.figure.value)} {change.figure.unit}, "
                f"was {amount(change.then)} ({change.since}): {percent(change.ratio)} as measured, "
                f"{percent(change.ratio_by_yardstick)} by the yardstick; "
                f"an fsync takes {change.slower_disk:.1f} times as long"
            )


def unsteady(record: Record) -> Iterator[str]:
    """Yield a line for each bench during which the machine's own speed changed by more than DROP."""
    for bench, measured in record.benches.items():
        slower = measured.after.slower_than(measured.before)
        if max(slower, 1 / slower) > 1 + DROP:
            yield f"unsteady: after {bench} the loops of the yardstick took {slower:.2f} times as long as before it"


def main() -> int:
    """Run, show, compare and record; return 1 if a bench failed or, if asked to be strict, one got worse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benches", nargs="*", metavar="BENCH[.PART...]", help=f"of {', '.join(BENCHES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a smoke run, which is not recorded")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a figure got worse")
    parser.add_argument("--json", action="store_true", help="print the record, for machines")
    parser.add_argument("--history", type=Path, default=HISTORY, metavar="FILE", help="default: bench/history.jsonl")
    args = parser.parse_args()
    try:
        words = chosen(args.benches)
    except UnknownBenchError as error:
        parser.error(f"BENCH: {error}")
    record, benches = empty_record(), dict[str, Measured]()
    failures: list[str] = []
    before = yardstick()
    for word in words:
        print(f"{word} …", file=sys.stderr, flush=True)
        told = tell(word, ROOT / "src", quick=args.quick)
        after = yardstick()
        benches[word.partition(".")[0]] = Measured(told.figures, before, after)
        failures += [f"failed: {word}: {told.failure}"] if told.failure else []
        before = after
    record = replace(record, benches=benches)
    since = [] if args.quick else changes(record, read_history(args.history))
    if not args.quick:
        append_history(record, args.history)
    if args.json:
        print(as_json(record))
    else:
        show(record, since, failures)
    return int(bool(failures) or (args.strict and any(change.is_drop for change in since)))


def show(record: Record, since: Sequence[Change], failures: Sequence[str]) -> None:
    """Print the table, the facts of the machine, and what got worse."""
    out = console()
    out.print(table(record, since))
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    out.print(f"\n{record.name}; {record.machine.cores} cores, {record.machine.cpu}; {versions}", soft_wrap=True)
    sticks = [stick for measured in record.benches.values() for stick in (measured.before, measured.after)]
    for name, times in (
        ("Python", [stick.python_ms for stick in sticks]),
        ("SQLite", [stick.sqlite_ms for stick in sticks]),
        ("fsync", [stick.fsync_ms for stick in sticks]),
    ):
        out.print(
            f"yardstick, {name}: {amount(times[0])} ms before, {amount(times[-1])} after, {amount(max(times))} at most"
        )
    for line in [*report(since), *unsteady(record), *failures]:
        out.print(line, soft_wrap=True, markup=False)


if __name__ == "__main__":
    sys.exit(main())
