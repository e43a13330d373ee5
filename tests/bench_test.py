"""What the benches say about themselves: figures, the history, and what counts as worse."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from compare import (
    NotComparableError,
    Side,
    commit_of,
    missing,
    ratios,
    recorded,
    recorded_ratios,
    take_turns,
    unpacked,
)
from figures import FACT, LESS, MORE, Figure, Figures, Size, run_bench
from record import (
    BENCH,
    Machine,
    Measured,
    Record,
    Yardstick,
    append_history,
    changes,
    git,
    read_history,
    this_machine,
)
from run import BENCHES, Told, UnknownBenchError, chosen, report, unsteady

MACHINE = this_machine()
USUAL, SLOW = Yardstick(10, 20, 1), Yardstick(20, 40, 3)


def rate(value: float) -> Figure:
    return Figure("commands", value, "commands/s", MORE)


def record(*figures: Figure, stick: Yardstick = USUAL, machine: Machine = MACHINE, commit: str = "a" * 40) -> Record:
    measured = Measured(list(figures), stick, stick)
    return Record("2026-11-26T09:00:00Z", commit, dirty=False, machine=machine, versions={}, benches={"shop": measured})


def told(now: Record, *history: Record) -> list[str]:
    return list(report(changes(now, history)))


# What is worse.


def test_a_drop_is_reported_with_what_it_was() -> None:
    assert told(record(rate(84)), record(rate(100))) == [
        (
            "worse: shop, commands: 84.00 commands/s, was 100.0 (aaaaaaa, 2026-11-26T09:00:00Z): "
            "-16 % as measured, -16 % by the yardstick; an fsync takes 1.0 times as long"
        )
    ]


@pytest.mark.parametrize("value", [86, 100, 300])
def test_what_is_better_or_hardly_worse_is_no_drop(value: float) -> None:
    assert told(record(rate(value)), record(rate(100))) == []


@pytest.mark.parametrize(
    ("figure", "then"),
    [
        (rate(50), 100),
        (Figure("a spec", 200, "µs per spec", LESS), 100),
        (Figure("waking", 20, "ms", LESS), 10),
    ],
)
def test_a_slow_machine_is_not_a_drop_but_it_is_said(figure: Figure, then: float) -> None:
    before = Figure(figure.name, then, figure.unit, figure.better)
    (change,) = changes(record(figure, stick=SLOW), [record(before)])
    assert not change.is_drop
    assert [line.partition(":")[0] for line in report([change])] == ["not worse"]


def test_a_fast_machine_hides_no_drop() -> None:
    (line,) = told(record(rate(100)), record(rate(100), stick=SLOW))
    assert line.startswith("worse: ")
    assert "+0 % as measured, -50 % by the yardstick" in line


@pytest.mark.parametrize("unit", ["KiB", "MB", "ratio"])
def test_sizes_and_ratios_do_not_depend_on_the_speed_of_the_machine(unit: str) -> None:
    now, then = (Figure("a tenant", value, unit, LESS) for value in (120, 100))
    assert [line.partition(":")[0] for line in told(record(now, stick=SLOW), record(then))] == ["worse"]


def test_a_bench_during_which_the_machine_changed_is_said_to_be_unsteady() -> None:
    steady, changed = Measured([], USUAL, USUAL), Measured([], SLOW, USUAL)
    (line,) = unsteady(replace(record(), benches={"shop": steady, "till": changed}))
    assert line == "unsteady: after till the loops of the yardstick took 0.50 times as long as before it"


def test_a_fact_is_never_worse() -> None:
    now, then = (Figure("specs", value, "specs", FACT) for value in (1, 100))
    assert told(record(now), record(then)) == []


# The history.


def test_a_figure_is_compared_with_the_last_of_its_name_on_the_same_machine() -> None:
    other = Machine("another", 64)
    waking = Figure("waking", 3, "ms", LESS)
    history = [record(rate(10)), record(rate(20)), record(waking), record(rate(90), machine=other)]
    (change,) = changes(record(rate(22)), history)
    assert change.then == 20


def test_a_figure_that_is_new_or_has_another_unit_is_compared_with_nothing() -> None:
    other = Figure("commands", 1, "commands/min", MORE)
    assert changes(record(rate(1)), []) == []
    assert changes(record(rate(1)), [record(other)]) == []


def test_the_history_gives_back_what_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert read_history(path) == []
    records = [record(rate(1)), record(rate(2), Figure("a spec", 0.5, "µs per spec", LESS), stick=SLOW)]
    for each in records:
        append_history(each, path)
    assert read_history(path) == records


# Two commits.


def test_a_commit_that_is_not_there_is_said_with_the_remedy() -> None:
    with pytest.raises(NotComparableError, match="'no-such-commit' names no commit here; name a commit"):
        commit_of("no-such-commit")


def test_what_a_commit_held_is_laid_out_and_the_files_as_they_are_are_where_they_are(tmp_path: Path) -> None:
    repository, folder = tmp_path / "repository", tmp_path / "folder"
    product = repository / "src" / "bf" / "__init__.py"
    product.parent.mkdir(parents=True)
    folder.mkdir()
    git("init", "--quiet", repository=repository)
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    git(*identity, "commit", "--quiet", "--allow-empty", "-m", "nothing", repository=repository)
    for text in ("old", "new"):
        product.write_text(text, "utf-8")
        git("add", ".", repository=repository)
        git(*identity, "commit", "--quiet", "-m", text, repository=repository)
    assert (unpacked("HEAD~1", folder, repository) / "bf" / "__init__.py").read_text("utf-8") == "old"
    assert (unpacked(".", folder, repository) / "bf" / "__init__.py").read_text("utf-8") == "new"
    with pytest.raises(NotComparableError, match=r"HEAD~2: .*src/bf.*; name a commit that has src/bf"):
        unpacked("HEAD~2", folder, repository)


def scripted(values: dict[str, list[float]], order: list[str]) -> Callable[[str, Path], Told]:
    """Return a run that gives each side's values in turn, and fails after the last."""

    def run(bench: str, source: Path) -> Told:
        order.append(source.name)
        left = values[source.name]
        return Told([rate(left.pop(0))], "") if left else Told([], f"ImportError: {bench}")

    return run


def test_two_commits_take_turns_and_the_ratio_is_that_of_each_round() -> None:
    a, b = Side("main", Path("a")), Side("HEAD", Path("b"))
    order: list[str] = []
    take_turns(a, b, ["shop"], 3, scripted({"a": [100, 50, 80], "b": [80, 41, 60]}, order))
    assert order == ["a", "b", "b", "a", "a", "b"]
    (ratio,) = ratios(a, b)
    assert (ratio.a, ratio.b, ratio.verdict) == (80, 60, "worse")
    assert (ratio.least, ratio.ratio, ratio.most) == (0.75, 0.8, 0.82)
    assert list(missing(a, b)) == []


def test_rounds_that_disagree_say_nothing() -> None:
    a, b = Side("main", Path("a")), Side("HEAD", Path("b"))
    take_turns(a, b, ["shop"], 3, scripted({"a": [100, 100, 100], "b": [50, 60, 101]}, []))
    assert [ratio.verdict for ratio in ratios(a, b)] == [""]


def test_a_bench_that_does_not_run_on_a_commit_is_said_and_tried_once() -> None:
    a, b = Side("main", Path("a")), Side("HEAD", Path("b"))
    order: list[str] = []
    take_turns(a, b, ["shop"], 3, scripted({"a": [], "b": [1, 2, 3]}, order))
    assert order == ["a", "b"]
    assert list(ratios(a, b)) == []
    assert list(missing(a, b)) == ["main does not run all of shop: ImportError: shop"]


def test_a_figure_that_only_one_commit_has_is_said() -> None:
    a, b = Side("main", Path("a")), Side("HEAD", Path("b"))
    b.figures["shop", "commands"].append(rate(1))
    assert list(missing(a, b)) == ["main has no figure of shop, commands"]


def test_recorded_commits_are_compared_by_the_yardstick() -> None:
    old, new = "a" * 40, "b" * 40
    history = [record(rate(100), commit=old), record(rate(1), commit=new), record(rate(40), stick=SLOW, commit=new)]
    (ratio,) = recorded_ratios(recorded(old, history), recorded(new, history))
    assert (ratio.ratio, ratio.least, ratio.most, ratio.verdict) == (0.8, 0.4, 0.8, "worse")


def test_a_commit_without_records_is_said_with_the_remedy() -> None:
    elsewhere = record(rate(1), machine=Machine("another", 64))
    with pytest.raises(NotComparableError, match="no record of aaaaaaa on this machine; check it out and run"):
        recorded("a" * 40, [elsewhere])


# The benches themselves.


def test_every_bench_is_in_the_list() -> None:
    scripts = {path.stem for path in BENCH.glob("*.py") if "__main__" in path.read_text("utf-8")}
    assert scripts - {"run", "compare"} == set(BENCHES)


def test_benches_are_chosen_by_name_and_part() -> None:
    assert chosen([]) == list(BENCHES)
    assert chosen(["durable.wire.wake", "floor"]) == ["durable.wire.wake", "floor"]
    with pytest.raises(UnknownBenchError, match="no bench 'flor'; the benches are: specs, floor"):
        chosen(["flor"])
    with pytest.raises(UnknownBenchError, match=r"named twice; write its parts in one word: durable\.one\.other"):
        chosen(["durable.wire", "durable.wake"])


def small(count: int) -> Iterator[Figure]:
    yield rate(count)


async def with_a_loop(count: int) -> Figures:
    return [Figure("waking", count / 2, "ms", LESS)]


PARTS = {"small": small, "loop": with_a_loop}


def test_a_bench_prints_its_parts_as_a_table_or_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    size = Size("requests", usual=2_000, quick=3)
    run_bench("", PARTS, size, argv=[])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["commands", "2,000", "commands/s"],
        ["waking", "1,000", "ms"],
    ]
    run_bench("", PARTS, size, argv=["--json", "--quick", "loop"])
    assert json.loads(capsys.readouterr().out) == {"name": "waking", "value": 1.5, "unit": "ms", "better": "less"}


@pytest.mark.parametrize(
    ("words", "why"), [(["lop"], "there is no 'lop'; the parts are: small, loop"), (["--size", "0"], "--size: ")]
)
def test_a_bench_that_is_called_wrongly_says_so(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_bench("", PARTS, Size("requests", usual=1, quick=1), argv=words)
    assert why in capsys.readouterr().err


def test_a_quick_run_measures_and_leaves_the_history_alone(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    words = [str(BENCH / "run.py"), "--quick", "--json", "--history", str(history), "apply", "append"]
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True, timeout=60)
    made: dict[str, dict[str, dict[str, list[dict[str, object]]]]] = json.loads(done.stdout)
    assert list(made["benches"]) == ["apply", "append"]
    assert all(bench["figures"] for bench in made["benches"].values())
    assert not history.exists()
