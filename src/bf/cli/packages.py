"""Packages of tenants' own features: named once, then known to every command on the data directory."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bf.adapters.machine.files import write_durably
from bf.adapters.packages.domains import Domains, load
from bf.adapters.packages.package import PackageError
from bf.cli.usage import UsageError
from bf.inventory.domain import INVENTORY

LIST = "features"
"""The file of a data directory that names the modules, one a line."""

READABLE = 0o644


def add_features(parser: argparse.ArgumentParser) -> None:
    """Let a command name packages."""
    parser.add_argument(
        "--features",
        action="append",
        default=[],
        metavar="MODULE",
        help="features that only some tenants have, such as my_company.features; repeatable",
    )


def domains_with(modules: Sequence[str], argument: str = "--features") -> Domains:
    """Load modules, which lie in the current folder or are installed; UsageError if one cannot be used."""
    if modules and "" not in sys.path:
        sys.path.append("")
    try:
        return Domains(INVENTORY, [load(module) for module in dict.fromkeys(modules)])
    except PackageError as error:
        raise UsageError(
            f"{argument}: {error}; packages are installed beside bf, or lie in the folder where it is started"
        ) from error


def domains_of(data: Path) -> Domains:
    """Load the packages that a data directory names."""
    return domains_with(_listed(data), str(data / LIST))


def note_features(data: Path, modules: Sequence[str]) -> None:
    """Add modules, which can be used, to those that a data directory names."""
    listed = _listed(data)
    if set(modules) <= set(listed):
        return
    together = list(dict.fromkeys([*listed, *modules]))
    domains_with(together)
    write_durably(data / LIST, "".join(f"{module}\n" for module in together).encode(), READABLE)


def _listed(data: Path) -> list[str]:
    path = data / LIST
    return path.read_text("utf-8").split() if path.exists() else []
