"""A mutant: a safeguard, and what is put in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Patch = tuple[str, Any]
"""Something in a module, such as bf.node.cell:Cell.exclusively, and what is put in its place."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A safeguard, and what is put in its place."""

    safeguard: str
    where: str
    """The file that it is in."""
    patches: Sequence[Patch]
    scenario: str = "swarm"
    """Where it is looked for."""
