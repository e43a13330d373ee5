"""Buggify points: where production code asks the simulation whether to misbehave, within what is allowed.

A point has a name, and a sentence says there what happens. Which points a run switches on, and how often each of them
says yes, is in its plan. Outside a simulation the answer is always no.
"""

from collections import Counter
from collections.abc import Mapping
from random import Random

POINTS = {
    "the log is slow to be asked": "a batch waits before it is appended",
    "the log's yes is lost": "a batch is in the log, and the cell does not learn it: it stops, and the next one looks",
    "the state is slow to be committed": "a batch waits between the log's yes and the answers",
    "a batch is tiny": "one request is a batch, however many wait",
    "a compaction is slow before its switch": "traffic goes on for longer beside the copy",
    "a compaction is slow to tidy up": "what was replaced lies there for longer",
    "a compaction gives up at its switch": "the draft is left, and the tenant goes on as it was",
    "a log is compacted early": "however small it is",
    "cells that nobody waits for are closed": "however few are open",
}
"""Every point, and what it does."""


class Buggify:
    """Says yes or no at each point, and counts."""

    def __init__(self, odds: Mapping[str, float], dice: Random) -> None:
        self.odds = dict(odds)
        self.asked: Counter[str] = Counter()
        self.hits: Counter[str] = Counter()
        self._roll = dice.random

    def __call__(self, point: str) -> bool:
        """Say whether to misbehave at a point."""
        self.asked[point] += 1
        odds = self.odds.get(point)
        if odds is None or self._roll() >= odds:
            return False
        self.hits[point] += 1
        return True

    def stop(self) -> None:
        """Misbehave no more."""
        self.odds.clear()
