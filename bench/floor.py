"""The floor under `bf perf`: the specs' own SQL through bare APSW, against the specs, in turn in one process.

python bench/floor.py [--rounds 30] [--json]
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence

from bf.adapters.sqlite.database import SqliteDatabase, empty_state
from bf.core.ports import Rows, Value
from bf.core.spec import Spec, differences, run, specs_of
from bf.core.state import State
from bf.inventory.domain import INVENTORY

Statement = tuple[str, Sequence[Value]]


class Recorder(SqliteDatabase):
    """A database that writes down what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[Statement] = []
        run_it = self.execute

        def execute(sql: str, params: Sequence[Value] = (), /) -> Rows:
            self.statements.append((sql, params))
            return run_it(sql, params)

        self.execute = execute


def recorded(specs: Sequence[Spec]) -> list[Statement]:
    """Return every statement of all specs, in order."""
    recorder = Recorder()
    watched = State.create(recorder, INVENTORY)
    recorder.statements.clear()
    for spec in specs:
        run(spec, watched)
    return recorder.statements


def main() -> None:
    """Print both rates and their ratio, medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    specs = [spec for spec in specs_of(INVENTORY) if not spec.heavy]
    statements = recorded(specs)
    state = empty_state(INVENTORY)
    bare = empty_state(INVENTORY).database.execute

    def floor() -> None:
        for sql, params in statements:
            bare(sql, params).fetchall()

    def framework() -> None:
        for spec in specs:
            assert not differences(spec, run(spec, state))

    times: dict[str, list[float]] = {"floor": [], "bf": []}
    for _ in range(args.rounds):
        for name, loop in (("floor", floor), ("bf", framework)):
            begun_at = time.perf_counter()
            loop()
            times[name].append((time.perf_counter() - begun_at) / len(specs))
    result = {
        "specs": len(specs),
        "statements_per_spec": len(statements) / len(specs),
        "floor_us_per_spec": statistics.median(times["floor"]) * 1e6,
        "bf_us_per_spec": statistics.median(times["bf"]) * 1e6,
        "bf_by_floor": statistics.median(b / a for a, b in zip(times["floor"], times["bf"], strict=True)),
    }
    if args.json:
        print(json.dumps(result))
        return
    print(f"{result['specs']} specs of {result['statements_per_spec']:.1f} statements each, one core, medians")
    print(f"  bare APSW      {result['floor_us_per_spec']:8.1f} µs per spec")
    print(f"  bf             {result['bf_us_per_spec']:8.1f} µs per spec")
    print(f"  bf / bare APSW {result['bf_by_floor']:8.2f}")


if __name__ == "__main__":
    main()
