"""Compare two commits on this machine: the same benches on both in turn, and the ratios of what they measure.

    python bench/compare.py main HEAD                         all benches, which takes an hour
    python bench/compare.py main HEAD floor durable.inside    some of them
    python bench/compare.py HEAD . floor --rounds 9           . stands for the files as they are
    python bench/compare.py main HEAD --recorded              nothing runs: what the history holds of both

The benches are those of this checkout, and so is the Python environment; only the product is each commit's own. A round
runs a bench on A and on B, the next one on B and on A, so that a slow hour is not taken for a slow commit.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median

from rich.table import Table

from figures import Figure, amount
from record import DROP, HISTORY, ROOT, Record, changes, git, read_history, this_machine, worse
from run import BENCHES, Told, UnknownBenchError, chosen, console, tell

ROUNDS = 4
NAME_CHARS = 12

NOTED = 0.05
"""What differs less is not called better or worse, even if all rounds agree."""

FILES = "."
"""Stands for the files of this checkout as they are."""


class NotComparableError(Exception):
    """Two commits that cannot be compared as asked; the sentence tells the remedy."""


@dataclass(slots=True)
class Side:
    """One of the two commits: where its product lies, and what was measured of it so far."""

    name: str
    source: Path
    figures: defaultdict[tuple[str, str], list[Figure]] = field(default_factory=lambda: defaultdict(list))
    """By bench and name, one for each round."""
    failures: dict[str, str] = field(default_factory=dict[str, str])
    """By bench, why it does not run on this commit."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of B by the same one of A: the median of the rounds, the least and the most, and what that means.

    Of records there are no rounds: the ratio is that by the yardstick, and the least or the most is that as measured.
    """

    bench: str
    figure: str
    unit: str
    a: float
    b: float
    ratio: float
    least: float
    most: float
    verdict: str


def commit_of(revision: str, repository: Path = ROOT) -> str:
    """Return the commit that a revision names."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    try:
        return git(*words, repository=repository)
    except subprocess.CalledProcessError:
        remedy = f"name a commit, a branch or a tag, or {FILES} for the files as they are"
        raise NotComparableError(f"{revision!r} names no commit here; {remedy}") from None


def unpacked(revision: str, folder: Path, repository: Path = ROOT) -> Path:
    """Lay the product of a commit into a folder; return where it is imported from."""
    if revision == FILES:
        return repository / "src"
    archive = folder / "product.tar"
    commit = commit_of(revision, repository)
    try:
        git("archive", f"--output={archive}", commit, "src/bf", repository=repository)
    except subprocess.CalledProcessError as error:
        raise NotComparableError(f"{revision}: {error.stderr.strip()}; name a commit that has src/bf") from None
    subprocess.run(["tar", "-xf", str(archive), "-C", str(folder)], check=True)
    return folder / "src"


def take_turns(a: Side, b: Side, words: Sequence[str], rounds: int, run: Callable[[str, Path], Told]) -> None:
    """Run each bench on both sides: A B, B A, A B …; a round in which it fails on one is its last."""
    for word in words:
        for number in range(rounds):
            if word in a.failures or word in b.failures:
                break
            for side in (b, a) if number % 2 else (a, b):
                told = run(word, side.source)
                for figure in told.figures:
                    side.figures[word, figure.name].append(figure)
                if told.failure:
                    side.failures[word] = told.failure


def ratios(a: Side, b: Side) -> Iterator[Ratio]:
    """Yield the ratio of each figure that both sides have, round by round."""
    for (bench, name), ours in a.figures.items():
        pairs = [(one.value, two.value) for one, two in zip(ours, b.figures[bench, name], strict=False) if one.value]
        if pairs:
            rounds = [two / one for one, two in pairs]
            yield Ratio(
                bench,
                name,
                ours[0].unit,
                median(one for one, _ in pairs),
                median(two for _, two in pairs),
                median(rounds),
                min(rounds),
                max(rounds),
                verdict(ours[0], rounds),
            )


def verdict(figure: Figure, rounds: Sequence[float]) -> str:
    """Say whether B is better or worse, which takes rounds that agree and a difference worth noting; else nothing."""
    losses = [worse(figure, ratio) for ratio in rounds]
    if min(losses) > 0 and median(losses) > NOTED:
        return "worse"
    return "better" if max(losses) < 0 and median(losses) < -NOTED else ""


def missing(a: Side, b: Side) -> Iterator[str]:
    """Yield a line for each bench that does not run on a side, and for each figure that only one side has."""
    for side, other in ((a, b), (b, a)):
        for bench, failure in side.failures.items():
            yield f"{side.name} does not run all of {bench}: {failure}"
        for bench, name in side.figures:
            if bench not in other.failures and (bench, name) not in other.figures:
                yield f"{other.name} has no figure of {bench}, {name}"


def recorded(commit: str, history: Sequence[Record]) -> Record:
    """Return what the history holds of a commit on this machine: of each bench, the last."""
    machine = this_machine()
    found = [record for record in history if (record.commit, record.dirty, record.machine) == (commit, False, machine)]
    if not found:
        remedy = "check it out and run python bench/run.py there, or compare without --recorded"
        raise NotComparableError(f"there is no record of {commit[:7]} on this machine; {remedy}")
    return replace(found[-1], benches={name: each for record in found for name, each in record.benches.items()})


def recorded_ratios(a: Record, b: Record) -> Iterator[Ratio]:
    """Yield the ratio of each figure that both have, as if the machine had been as fast for B as it was for A."""
    for change in changes(b, [a]):
        figure, ratio = change.figure, change.ratio_by_yardstick
        loss = worse(figure, ratio)
        word = "worse" if loss > DROP else "better" if loss < -DROP else ""
        least, most = sorted((change.ratio, ratio))
        yield Ratio(change.bench, figure.name, figure.unit, change.then, figure.value, ratio, least, most, word)


def table(found: Sequence[Ratio], a: str, b: str) -> Table:
    """Return the ratios as a table."""
    a, b = a[:NAME_CHARS], b[:NAME_CHARS]
    shown = Table("figure", a, b, "unit", f"{b} / {a}", "from … to", "", box=None, pad_edge=False)
    for column in (1, 2, 4, 5):
        shown.columns[column].justify = "right"
    bench = ""
    for each in found:
        if each.bench != bench:
            bench = each.bench
            shown.add_row(f"[bold]{bench}[/bold]")
        spread = f"{each.least:.2f} … {each.most:.2f}"
        shown.add_row(
            f"  {each.figure}", amount(each.a), amount(each.b), each.unit, f"{each.ratio:.2f}", spread, each.verdict
        )
    return shown


def measured(args: argparse.Namespace) -> tuple[list[Ratio], list[str]]:
    """Run the benches on both commits."""
    words = chosen(args.benches)

    def run(word: str, source: Path) -> Told:
        print(f"{word} on {args.a if source == a.source else args.b} …", file=sys.stderr, flush=True)
        return tell(word, source, quick=args.quick)

    with tempfile.TemporaryDirectory(prefix="bf-compare-") as folder:
        folders = [Path(folder, name) for name in ("a", "b")]
        for each in folders:
            each.mkdir()
        a, b = (Side(name, unpacked(name, each)) for name, each in zip((args.a, args.b), folders, strict=True))
        take_turns(a, b, words, args.rounds, run)
    return list(ratios(a, b)), list(missing(a, b))


def main() -> int:
    """Compare, and print the ratios; return 2 if that is not possible."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A", help=f"a commit, branch or tag, or {FILES}")
    parser.add_argument("b", metavar="B", help="the one that is compared with it")
    parser.add_argument("benches", nargs="*", metavar="BENCH[.PART...]", help=f"of {', '.join(BENCHES)} (default: all)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each bench runs (default: {ROUNDS})")
    parser.add_argument("--recorded", action="store_true", help="run nothing: compare what the history holds")
    parser.add_argument("--quick", action="store_true", help="small runs, which say little")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--history", type=Path, default=HISTORY, metavar="FILE", help="default: bench/history.jsonl")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("--rounds: must be positive")
    try:
        if args.recorded:
            history = read_history(args.history)
            a, b = (recorded(commit_of(revision), history) for revision in (args.a, args.b))
            found, said = list(recorded_ratios(a, b)), list[str]()
        else:
            found, said = measured(args)
    except (NotComparableError, UnknownBenchError) as error:
        parser.error(str(error))
    if args.json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False))
    else:
        console().print(table(found, args.a, args.b))
    for line in said:
        print(line, file=sys.stderr if args.json else sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
