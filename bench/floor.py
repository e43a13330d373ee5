"""The floor under `bf perf`: the specs' own SQL through bare APSW, against the specs, in turn in one process.

python bench/floor.py [--size 30] [--quick] [--json]
"""

import statistics
from collections.abc import Iterator, Sequence

from bf.adapters.sqlite.database import SqliteDatabase, empty_state
from bf.cli.differences import differences
from bf.core.ports import Rows, Value
from bf.core.spec import Spec, run, specs_of
from bf.core.state import State
from bf.inventory.domain import INVENTORY
from figures import FACT, LESS, Figure, Size, run_bench, seconds_of

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


def floor(rounds: int) -> Iterator[Figure]:
    """Yield both times of a spec and their ratio, medians over the rounds."""
    specs = [spec for spec in specs_of(INVENTORY) if not spec.heavy]
    statements = recorded(specs)
    state = empty_state(INVENTORY)
    bare = empty_state(INVENTORY).database.execute

    def sql_alone() -> None:
        for sql, params in statements:
            bare(sql, params).fetchall()

    def framework() -> None:
        for spec in specs:
            assert not differences(spec, run(spec, state))

    times = [(seconds_of(sql_alone), seconds_of(framework)) for _ in range(rounds)]
    below, above = (statistics.median(each) * 1e6 / len(specs) for each in zip(*times, strict=True))
    yield Figure("specs", len(specs), "specs", FACT)
    yield Figure("statements of a spec", len(statements) / len(specs), "statements", FACT)
    yield Figure("bare APSW, one core", below, "µs per spec", LESS)
    yield Figure("bf, one core", above, "µs per spec", LESS)
    yield Figure("bf by bare APSW", statistics.median(b / a for a, b in times), "ratio", LESS)


if __name__ == "__main__":
    run_bench(__doc__, {"floor": floor}, Size("rounds", usual=30, quick=2))
