"""Carry out the cases that scripts bring along, as installing them does."""

import argparse
import json
from pathlib import Path

from bf.adapters.lua.scripts import LuaScripts
from bf.cli.scripts.files import script_of
from bf.core.scripts import ScriptError
from bf.inventory.scripts.asking import where
from bf.inventory.scripts.cases import Case, run_cases

EXAMPLES = """\
  bf script test nearest.lua                 exit code 1 if a case fails, or if it cannot be read
  bf script test scripts/*.lua --json        a line for each script"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the files."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="scripts in Lua")
    parser.add_argument("--json", action="store_true", help="for machines")


def run(args: argparse.Namespace) -> int:
    """Carry them out and say what became of each."""
    return max([_tell(path, as_json=args.json) for path in args.files])


def _tell(path: Path, *, as_json: bool) -> int:
    cases, problem = _run(path)
    failed = sum(bool(case.problem) for case in cases)
    if as_json:
        told = {"file": str(path), "problem": problem, "cases": [case._asdict() for case in cases]}
        print(json.dumps(told, ensure_ascii=False))
        return int(bool(problem or failed))
    for case in cases:
        print(f"FAILED {case.name}\n       {case.problem}" if case.problem else f"ok     {case.name}")
    if problem:
        print(f"FAILED {problem}")
    else:
        print(f"{path}: {len(cases) - failed} passed, {failed} failed")
    return int(bool(problem or failed))


def _run(path: Path) -> tuple[list[Case], str]:
    script = script_of(path)
    try:
        return run_cases(LuaScripts(), script), ""
    except ScriptError as error:
        return [], f"{where(script, error.line)}: {error.text}"
