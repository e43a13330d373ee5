"""Arguments that several actions read: the data directory, and a tenant of it."""

import argparse
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.serve import DATA
from bf.cli.wiring import storage


def add_data(parser: argparse.ArgumentParser) -> None:
    """Let an action name the data directory."""
    parser.add_argument("--data", type=Path, default=DATA, help="the data directory (default: ./data)")


@contextmanager
def opened(args: argparse.Namespace) -> Generator[DirectoryStorage]:
    """Open the data directory that `add_data` lets name, and close it in the end."""
    tenants = storage(args.data)
    try:
        yield tenants
    finally:
        tenants.close()
