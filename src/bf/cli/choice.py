"""Choosing specs: ours or a bundle's, by a pattern on their names and features."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bf.cli.usage import UsageError, read_text
from bf.core.domain import Domain
from bf.core.spec import Spec, specs_of
from bf.inventory.domain import INVENTORY


@dataclass(frozen=True, slots=True)
class Choice:
    """A spec, its number in its list from 1, and the feature that it asks."""

    number: int
    feature: str
    spec: Spec


def add_file(parser: argparse.ArgumentParser) -> None:
    """Let a command read its specs from a bundle."""
    parser.add_argument("--file", type=Path, metavar="BUNDLE", help="take the specs of this bundle instead of ours")


def choose(pattern: str | None, file: Path | None, domain: Domain = INVENTORY) -> Sequence[Choice]:
    """Return the specs whose name or feature matches; UsageError if the list is empty."""
    features = {feature.request: feature.name.removeprefix("bf.") for feature in domain.features}
    specs = _specs(file, domain)
    choices = [Choice(number, features[type(spec.when)], spec) for number, spec in enumerate(specs, start=1)]
    found = [choice for choice in choices if _matches(pattern, choice)]
    if not choices:
        raise UsageError(f"--file: {file} has no specs")
    if not found:
        raise UsageError(f"PATTERN: none of the {len(choices)} specs matches {pattern!r}; try a word of its name")
    return found


def _specs(file: Path | None, domain: Domain) -> list[Spec]:
    if file is None:
        return specs_of(domain)
    from bf.adapters.kata import bundle  # noqa: PLC0415  # protobuf's text format is slow to import

    try:
        return bundle.read(read_text("--file", file), INVENTORY)
    except bundle.BundleError as error:
        raise UsageError(f"--file: {file}, {error}") from error


def _matches(pattern: str | None, choice: Choice) -> bool:
    if pattern is None:
        return True
    try:
        return any(re.search(pattern, text, re.IGNORECASE) for text in (choice.spec.name, choice.feature))
    except re.error as error:
        raise UsageError(
            f"PATTERN: {pattern!r} is no regular expression: {error}; escape it or quote a word"
        ) from error
