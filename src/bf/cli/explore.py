"""Run one spec and leave its state as a plain SQLite file to look around in."""

import argparse
import traceback
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from bf.adapters.kata.messages import line_of
from bf.adapters.sqlite.database import empty_state
from bf.cli.choice import Choice, add_file, choose
from bf.cli.packages import add_features, domains_with
from bf.cli.usage import UsageError
from bf.core.domain import Domain
from bf.core.spec import Outcome, run_and_keep
from bf.core.state import State

EXAMPLES = """\
  bf explore 12                              the twelfth spec of ours
  bf explore 'gives everything back'         a regular expression that one spec matches
  bf explore 3 --file bundle.txt             the third spec of a bundle
  bf explore 12 --out state.db --force       into this file, even if it exists"""

CANDIDATES_MAX = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("spec", metavar="SPEC", help="a spec's number, or a regular expression that one spec matches")
    add_file(parser)
    add_features(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to leave the state; else a new temporary folder"
    )
    parser.add_argument("--force", action="store_true", help="overwrite FILE")


def run(args: argparse.Namespace) -> int:
    """Return 1 if the spec's request met a bug; the state before it is left all the same."""
    domain = domains_with(args.features).all
    choice = _only(args.spec, args.file, domain)
    path = _free_path(args.out, force=args.force)
    state = empty_state(domain)
    print(f"{choice.number}. {choice.spec.name}\n   {line_of(choice.spec.when)}")
    state.begin()
    try:
        told, code = _told(run_and_keep(choice.spec, state)), 0
    except Exception as error:  # noqa: BLE001  # a bug is what one explores
        told, code = f"a bug: {traceback.format_exception_only(error)[-1].strip()}", 1
    state.keep(state.pos)
    state.commit()
    print(f"   {told}\n")
    _save(state, path)
    for table, rows in _tables(state):
        print(f"  {table:<20} {rows:>8} rows")
    print(f"\n{path}\nopen it with: sqlite3 {path}\n         or: python -m apsw {path}")
    return code


def _only(wanted: str, file: Path | None, domain: Domain) -> Choice:
    """Find the one spec that is meant: by number, by its whole name or by a pattern."""
    if wanted.isascii() and wanted.isdigit():
        choices = choose(None, file, domain)
        if not 1 <= int(wanted) <= len(choices):
            raise UsageError(f"SPEC: there is no spec {wanted}; they are numbered from 1 to {len(choices)}")
        return choices[int(wanted) - 1]
    found = choose(wanted, file, domain)
    exact = [choice for choice in found if choice.spec.name == wanted]
    if len(exact or found) == 1:
        return (exact or found)[0]
    lines = [f"{choice.number:>4}  {choice.spec.name}" for choice in found[:CANDIDATES_MAX]]
    raise UsageError("\n".join([f"SPEC: {len(found)} specs match {wanted!r}; name one by its number:", *lines]))


def _free_path(out: Path | None, *, force: bool) -> Path:
    if out is None:
        return Path(mkdtemp(prefix="bf-explore-")) / "state.db"
    if out.exists() and not force:
        raise UsageError(f"--out: {out} exists; name another file or add --force")
    if not out.parent.is_dir():
        raise UsageError(f"--out: there is no folder {out.parent}; make it first")
    return out


def _told(outcome: Outcome) -> str:
    if outcome.refusal:
        return f"refused: {outcome.refusal.code.title}: {outcome.refusal}"
    assert outcome.response is not None
    return "\n   ".join([line_of(outcome.response), *(f"event: {line_of(event)}" for event in outcome.events)])


def _save(state: State, path: Path) -> None:
    path.unlink(missing_ok=True)
    state.database.execute("VACUUM INTO ?", (str(path),))


def _tables(state: State) -> Sequence[tuple[str, int]]:
    names = state.database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    return [(name, _rows(state, name)) for (name,) in names]


def _rows(state: State, table: str) -> int:
    row = state.database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # names are the schema's own
    assert row is not None
    return int(row[0])
