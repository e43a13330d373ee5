"""Run the plans that are kept for ever, or keep one more: `add FILE --why "..."`."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from bf.cli.sims.naming import FAILURES
from bf.cli.usage import UsageError, read_text

if TYPE_CHECKING:
    from bf.sim.kept import Kept

EXAMPLES = """\
  bf sim corpus                              those of the project, in src/bf/sim/corpus
  bf sim corpus plans --json                 those of a folder
  bf sim corpus add sim-failures/swarm-7.small.plan.json --why "a torn record at the end of a log was read"
  bf sim corpus add small.plan.json --why "a sentence" --to plans"""

ADD = "add"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the folder, or the file to keep."""
    parser.add_argument("words", nargs="*", metavar="DIR | add FILE", help="a folder of plans, or a plan to keep")
    parser.add_argument("--why", metavar="SENTENCE", help="why it is kept")
    parser.add_argument("--to", type=Path, metavar="DIR", help="keep it there, not in the project's corpus")
    parser.add_argument(
        "--out",
        type=Path,
        default=FAILURES,
        metavar="DIR",
        help=f"where timelines of failures go (default: ./{FAILURES})",
    )
    parser.add_argument("--json", action="store_true", help="for machines")


def run(args: argparse.Namespace) -> int:
    """Run all of them, 1 if one violates something; or keep one."""
    words: list[str] = args.words
    if words[:1] == [ADD]:
        return _keep(args, words[1:])
    if len(words) > 1 or args.why or args.to:
        raise UsageError("name one folder, or: bf sim corpus add FILE --why SENTENCE")
    return _run_all(args, Path(words[0]) if words else None)


def _keep(args: argparse.Namespace, words: list[str]) -> int:
    from bf.sim.kept import CORPUS, Kept, write  # noqa: PLC0415  # fences come first

    if len(words) != 1 or not args.why:
        raise UsageError("name one file, and why it is kept: bf sim corpus add FILE --why SENTENCE")
    path = Path(words[0])
    kept, folder = _read(path), args.to or CORPUS
    target = folder / path.name.replace(".small", "")
    if target.exists():
        raise UsageError(f"FILE: {target} is there already; give the file another name")
    write(target, Kept(kept.plan, args.why))
    print(json.dumps({"kept": str(target)}) if args.json else f"kept as {target}")
    return 0


def _run_all(args: argparse.Namespace, folder: Path | None) -> int:
    from bf.cli.sims import failure  # noqa: PLC0415  # fences come first
    from bf.sim.kept import CORPUS, ENDING, corpus  # noqa: PLC0415  # fences come first
    from bf.sim.watching import simulate  # noqa: PLC0415  # fences come first

    place = folder or CORPUS
    if not place.is_dir():
        raise UsageError(f"DIR: there is no folder {place}; see bf sim corpus --help")
    violated: dict[str, str] = {}
    paths = corpus(place)
    for path in paths:
        kept = _read(path)
        outcome = simulate(kept.plan)
        if outcome.violation is None:
            if not args.json:
                print(f"ok      {path.name}: {kept.why}")
            continue
        violated[path.name] = str(outcome.violation)
        timeline = failure.watched(kept.plan, str(path))
        files = failure.written(timeline, args.out, path.name.removesuffix(ENDING), path)
        if not args.json:
            print(failure.report(timeline, files, before=outcome.violation.invariant))
            print(f"  it is kept because: {kept.why}")
    if args.json:
        print(json.dumps({"plans": len(paths), "violated": violated}))
    else:
        print(f"{len(paths)} plans, {len(violated)} violate an invariant")
    return 1 if violated else 0


def _read(path: Path) -> "Kept":
    from bf.sim.kept import Kept  # noqa: PLC0415  # fences come first

    try:
        return Kept.from_json(read_text("FILE", path))
    except ValueError as error:
        raise UsageError(f"FILE: {path} is no plan: {error}") from error
