"""Write our specs as a bundle, the portable text that the kata's runners read."""

import argparse
import sys
from pathlib import Path

from bf.adapters.kata import bundle
from bf.cli.choice import choose
from bf.cli.usage import UsageError

EXAMPLES = """\
  bf export                                  all of ours, to the terminal
  bf export --out bundle.txt                 into a file
  bf export reserve --out reserve.txt        those with "reserve" in their name or feature"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("pattern", nargs="?", metavar="PATTERN", help="a regular expression on names and features")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write; overwritten if it exists")
    parser.add_argument("--heavy", action="store_true", help="write also the specs that are too heavy for gRPC")


def run(args: argparse.Namespace) -> int:
    """Write the text, and say on the error stream how many specs it has."""
    chosen = [choice.spec for choice in choose(args.pattern, None)]
    specs = [spec for spec in chosen if args.heavy or not spec.heavy]
    text = bundle.write(specs)
    if args.out is None:
        sys.stdout.write(text)
    else:
        _write(args.out, text)
    left_out = len(chosen) - len(specs)
    where = f"; try them with: bf test --file {args.out}" if args.out else ""
    print(f"{len(specs)} specs written, {left_out} heavy ones left out{where}", file=sys.stderr)
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode())
    except OSError as error:
        raise UsageError(f"--out: cannot write {path}: {error.strerror}; name a file in a folder of yours") from error
