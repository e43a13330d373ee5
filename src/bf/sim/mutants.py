"""Mutants: each takes one safeguard away, so that it can be seen whether anybody would miss it.

A green campaign means only as much as this: how many seeds it takes until the loss of each safeguard is noticed, and by
which invariant. Mutants exist in the process that tries them and nowhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bf.adapters.crypto.log import SealedLog
from bf.core.ports import START, Batch, ConflictError, Pos, UnknownOutcomeError
from bf.core.state import State
from bf.node import answers, cell, compact, node, replay, states
from bf.sim import disk, log, storage
from bf.sim.draw import draw
from bf.sim.world import World

Patch = tuple[Any, str, Any]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A safeguard, and what is put in its place."""

    safeguard: str
    where: str
    """The file that it is in."""
    patches: Callable[[], Sequence[Patch]]
    scenario: str = "swarm"
    """Where it is looked for."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """How a mutant was noticed, if it was."""

    mutant: Mutant
    seeds: int
    """How many were tried."""
    invariant: str = ""
    what: str = ""


@contextmanager
def applied(mutant: Mutant) -> Generator[None]:
    """Take a safeguard away until the end of the block."""
    patches = mutant.patches()
    before = [(place, name, getattr(place, name)) for place, name, _ in patches]
    try:
        for place, name, worse in patches:
            setattr(place, name, worse)
        yield
    finally:
        for place, name, real in before:
            setattr(place, name, real)


def hunt(mutant: Mutant, seeds_max: int) -> Noticed:
    """Try seeds until one notices that a safeguard is missing."""
    with applied(mutant):
        for seed in range(seeds_max):
            violation = World(draw(mutant.scenario, seed)).run().violation
            if violation:
                return Noticed(mutant, seed + 1, violation.invariant, violation.what)
    return Noticed(mutant, seeds_max)


def table(seeds_max: int, told: Callable[[Noticed], None]) -> list[Noticed]:
    """Hunt every mutant; `told` hears of each as it ends."""
    found: list[Noticed] = []
    for mutant in MUTANTS:
        found.append(hunt(mutant, seeds_max))
        told(found[-1])
    return found
