"""Specs in a loop, as `bf perf` runs them: on one core and on all.

python bench/specs.py [one] [all] [--size 5] [--quick] [--json]
"""

import os
from collections.abc import Iterator

from bf.cli.perf import measure
from bf.core.spec import specs_of
from bf.inventory.domain import INVENTORY
from figures import MORE, Figure, Size, run_bench


def one(seconds: int) -> Iterator[Figure]:
    """Yield the rates of one process."""
    return loop(1, seconds, "one core")


def all_cores(seconds: int) -> Iterator[Figure]:
    """Yield the rates of a process for each core, together."""
    return loop(os.cpu_count() or 1, seconds, "all cores")


def loop(cores: int, seconds: int, where: str) -> Iterator[Figure]:
    """Run all but the heavy specs for so long."""
    specs = specs_of(INVENTORY)
    light = [spec for spec in specs if not spec.heavy]
    score = measure(light, len(specs) - len(light), cores, seconds)
    yield Figure(f"specs on {where}", score.specs_per_s, "specs/s", MORE)
    yield Figure(f"their events on {where}", score.events_per_s, "events/s", MORE)


if __name__ == "__main__":
    run_bench(__doc__, {"one": one, "all": all_cores}, Size("seconds", usual=5, quick=1))
