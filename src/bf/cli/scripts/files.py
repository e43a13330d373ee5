"""Scripts in files: a file is a script, its name is the script's, and its function says for which hook it is."""

import argparse
import re
from pathlib import Path

from bf.cli.usage import UsageError, read_text
from bf.core.scripts import Script
from bf.inventory.scripts.asking import HOOKS

FUNCTION = re.compile(rf"^\s*function\s+({'|'.join(HOOKS)})\s*\(", re.MULTILINE)


def add_file(parser: argparse.ArgumentParser) -> None:
    """Let a command name a script's file."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a script in Lua")
    parser.add_argument("--name", help="the script's name (default: the file's, without .lua)")


def script_of(path: Path, name: str | None = None) -> Script:
    """Read a script; UsageError if there is none, or not for one hook."""
    source = read_text("FILE", path)
    hooks = sorted(set(FUNCTION.findall(source)))
    if len(hooks) != 1:
        found = f"both {' and '.join(hooks)}" if hooks else "none of them"
        raise UsageError(f"FILE: a script has one function of {', '.join(HOOKS)}; {path} has {found}")
    return Script(hooks[0], name or path.stem, source)
