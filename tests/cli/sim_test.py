"""`bf sim`: what it runs, what it says of it, and what it leaves of a failure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bf.cli.main import main
from bf.cli.sims import campaign, diff, one, resume
from bf.cli.sims.tally import Seed, Tally
from bf.cli.sims.workers import spread
from bf.node import answers
from bf.sim import fences, mutants, shrink
from bf.sim.buggify import POINTS
from bf.sim.draw import FAULTS, SCENARIOS
from bf.sim.mutants import Mutant, Noticed
from bf.sim.sometimes import SITUATIONS, never

SHORT = ["--hours", "0.005"]
HUNT = ["--seeds", "1..30", "--first"]
"""Seeds of which one finds the planted bug."""


@pytest.fixture(autouse=True)
def _no_fences_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this process as it is: here, fences stand for the time of a run."""
    monkeypatch.setattr(fences, "install", lambda: None)


def forgotten(*_: object) -> None:
    """Stand in for `first_answer`."""


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let nobody remember that a request was carried out; return how to mend it."""
    before = answers.first_answer
    monkeypatch.setattr(answers, "first_answer", forgotten)
    return lambda: monkeypatch.setattr(answers, "first_answer", before)


def sim(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    assert main(["sim", *map(str, words)]) == code, capsys.readouterr()
    return capsys.readouterr().out


def sim_json(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> Mapping[str, Any]:
    return json.loads(sim(capsys, *words, "--json", code=code))


# Seeds


def test_one_seed_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(
        r"swarm: 1 seed: simulated [\d.]+ s in [\d.]+ s, [\d.]+ seeds/s, [\d,]+ steps, [\d,]+ requests, "
        r"\d+ faults( \(.+\))?, [\d,]+ checks; nothing was violated\n",
        sim(capsys, "--seed", 3, *SHORT),
    )


def test_the_word_run_may_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with_it, without = sim_json(capsys, "run", "--seed", 3, *SHORT), sim_json(capsys, "--seed", 3, *SHORT)
    assert with_it["steps"] == without["steps"] > 0


def test_several_processes_come_to_what_one_does(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--seeds", "1..3", "--scenario", "swarm,flaky-disk", *SHORT]
    alone, together = sim_json(capsys, *words), sim_json(capsys, *words, "--jobs", 2)
    assert alone["seeds"] == 6
    assert alone["scenarios"] == ["swarm", "flaky-disk"]
    counted = set(alone) - {"real_s", "seeds_per_s", "simulated_s"}
    assert {name: together[name] for name in counted} == {name: alone[name] for name in counted}
    assert together["simulated_s"] == pytest.approx(alone["simulated_s"])


def test_a_process_that_dies_is_a_failure_and_the_others_go_on() -> None:
    seeds = [Seed("swarm", 1, 5.0), Seed("no such scenario", 2), Seed("swarm", 3, 5.0), Seed("swarm", 4, 5.0)]
    done = dict(spread(iter(seeds), 2))
    assert set(done) == set(seeds)
    assert [failed.seed for tally in done.values() for failed in tally.failed] == [seeds[1]]
    assert done[seeds[1]].failed[0].what == "its process ended with 1"


@pytest.mark.parametrize(("word", "count"), [("all", len(SCENARIOS)), ("short", len(SCENARIOS) - 2)])
def test_scenarios_have_names_for_several_of_them(
    word: str, count: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one, "one", lambda _seed: Tally(seeds=1))  # pyright: ignore[reportUnknownLambdaType,reportUnknownArgumentType]  # a seed
    told = sim_json(capsys, "--seed", 1, "--scenario", word)
    assert (told["seeds"], len(told["scenarios"])) == (count, count)


def test_the_catalogue_names_everything(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    told = sim(capsys, "--list")
    for name in (*SCENARIOS, *FAULTS, *POINTS, *SITUATIONS):
        assert name in told
    assert set(sim_json(capsys, "--list")) == {"scenarios", "faults", "points", "situations"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--seed", "1", "--seeds", "1..2"], "--seed and --seeds: name one of them"),
        (["--seeds", "5..1"], "--seeds: '5..1' is no range of seeds; write for example 1..500"),
        (["--seeds", "many"], "--seeds: 'many' is no range of seeds"),
        (["--jobs", "0"], "--jobs: 0 is not between 1 and 512"),
        (["--hours", "-1"], "--hours: -1 is not between 0 and 8,784"),
        (["--scenario", "sunny"], "--scenario: there is no 'sunny'; there are: swarm, "),
        (["--scenario", ""], "--scenario: there is no ''"),
        (["replay"], "name a plan's file, or a seed with --seed; not both"),
        (["replay", "x.plan.json", "--seed", "1"], "name a plan's file, or a seed with --seed; not both"),
        (["replay", "nowhere.plan.json"], "FILE: cannot read nowhere.plan.json"),
        (["replay", "--scenario", "all", "--seed", "1"], "--scenario: name one; all are "),
        (["shrink", "--seed", "1", "--runs", "0"], "--runs: 0 is not between 1 and 1,000,000"),
        (["corpus", "add"], "name one file, and why it is kept"),
        (["corpus", "one", "two"], "name one folder, or: bf sim corpus add FILE --why SENTENCE"),
        (["corpus", "nowhere"], "DIR: there is no folder nowhere"),
        (["mutants", "--seeds", "0"], "--seeds: 0 is not at least 1"),
    ],
    ids=str,
)
def test_a_wrong_call_says_what_and_how(
    words: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sim", *words]) == 2
    assert capsys.readouterr().err.startswith(f"bf: {complaint}")


# Campaigns


def test_a_campaign_goes_on_where_it_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, ran = tmp_path / "notes.json", list[Seed]()

    def counted(seed: Seed) -> Tally:
        ran.append(seed)
        return Tally(seeds=1, steps=100)

    monkeypatch.setattr(one, "one", counted)
    assert sim_json(capsys, "--seeds", "1..3", "--resume", notes)["seeds"] == 3
    told = sim(capsys, "--seeds", "2..5", "--resume", notes)
    assert told.startswith(f"3 seeds are done already, as {notes} says\nswarm: 5 seeds: ")
    assert "500 steps" in told
    assert [seed.number for seed in ran] == [1, 2, 3, 4, 5]

    monkeypatch.setattr(resume, "code", lambda: "later")
    assert sim(capsys, "--seeds", "1..1", "--resume", notes).startswith(
        f"{notes} is of other code than this: all begins"
    )
    assert len(ran) == 6
    assert main(["sim", "--seed", "1", "--resume", str(notes), "--hours", "1"]) == 2
    assert "is of runs of another length" in capsys.readouterr().err
    notes.write_text("[]")
    assert main(["sim", "--seed", "1", "--resume", str(notes)]) == 2
    assert "holds no notes of a campaign" in capsys.readouterr().err


def test_ranges_are_as_few_as_they_can_be() -> None:
    assert list(resume.ranges_of([5, 1, 2, 3, 9, 8])) == [(1, 3), (5, 5), (8, 9)]
    assert list(resume.ranges_of([])) == []


def test_ctrl_c_ends_a_campaign_with_what_was_done(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(seed: Seed) -> Tally:
        if seed.number == 4:
            raise KeyboardInterrupt
        return Tally(seeds=1)

    monkeypatch.setattr(one, "one", interrupted)
    told = sim(capsys, "--seeds", "1..10", "--resume", tmp_path / "notes.json", code=130)
    assert told.endswith("interrupted: 3 of 10 seeds are done\n")
    assert json.loads((tmp_path / "notes.json").read_text())["done"] == {"swarm": [[1, 3]]}


def test_a_campaign_that_never_reaches_a_situation_may_fail_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "CAMPAIGN_SEEDS_MIN", 1)
    told = sim(capsys, "--seed", 3, *SHORT)
    assert "\nnever reached: " in told
    assert sim_json(capsys, "--seed", 3, *SHORT, "--require-sometimes", code=1)["never_reached"]
    monkeypatch.setattr(campaign, "CAMPAIGN_SEEDS_MIN", 2)
    sim(capsys, "--seed", 3, *SHORT, "--require-sometimes")


def test_what_was_reached_is_not_missed() -> None:
    once = dict.fromkeys([*SITUATIONS, *POINTS, *FAULTS], 1)
    assert never(once, once, once) == []
    assert never(once, once, {**once, "kill": 0}) == ["fault: kill"]


# Failures


def test_a_failure_says_all_that_it_takes_to_see_it_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, bug: Callable[[], None]
) -> None:
    out = tmp_path / "failures"
    told = sim(capsys, *HUNT, "--out", out, code=1)
    head = re.search(
        r"^FAILED  scenario swarm, seed swarm/(\d+), 60 s, commit \S+\n  violated: invariant (\w+): ", told
    )
    assert head
    seed, invariant = head.groups()
    assert f"  replay it:  bf sim replay --scenario swarm --seed {seed}\n" in told
    assert len(re.findall(r"^  [ *] +\d+\.\d{6}  (ask|answer|fault|life|log|phase) ", told, re.MULTILINE)) >= 10
    assert told.endswith("1 of them violated an invariant\n")
    stem = out / f"swarm-{seed}"
    assert f"invariant {invariant}" in stem.with_suffix(".txt").read_text()
    assert stem.with_suffix(".html").read_text().startswith("<!doctype html>")

    plan = f"{stem}.plan.json"
    again = sim(capsys, "replay", plan, "--out", out, code=1)
    assert f"violated: invariant {invariant}: " in again
    assert "two runs of it differ" not in again
    assert sim_json(capsys, "replay", "--seed", seed, "--out", out, code=1)["invariant"] == invariant

    bug()
    assert re.fullmatch(
        r"nothing was violated in [\d,]+ steps, [\d,]+ requests and \d+ faults; digest [0-9a-f]{16}\n",
        sim(capsys, "replay", plan),
    )


def test_failures_are_told_to_machines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, bug: Callable[[], None]
) -> None:
    del bug
    told = sim_json(capsys, *HUNT, "--out", tmp_path, code=1)
    (violation,) = told["violations"]
    assert violation["replay"] == f"bf sim replay --scenario swarm --seed {violation['number']}"
    for name in ("plan", "text", "page"):
        assert Path(violation[name]).is_file()


def test_most_of_many_failures_have_a_line_each(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one, "one", lambda seed: Tally.lost(seed, "it is gone"))  # pyright: ignore[reportUnknownLambdaType,reportUnknownArgumentType]  # a seed
    monkeypatch.setattr(campaign, "TOLD_COUNT_MAX", 1)
    told = sim(capsys, "--seeds", "1..60", *SHORT, "--out", tmp_path, code=1)
    assert "it violated invariant simulation before: two runs of it differ" in told
    line = "FAILED  bf sim replay --scenario swarm --seed 2 --hours 0.005: invariant simulation: it is gone\n"
    assert line in told
    assert "FAILED  9 more\n" in told


def test_files_of_a_run_that_holds_are_written_if_they_are_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told = sim(capsys, "replay", "--seed", 3, *SHORT, "--out", tmp_path / "look")
    assert f"timeline: {tmp_path}/look/swarm-3-0.005h.html\n" in told
    assert {path.name for path in (tmp_path / "look").iterdir()} == {
        "swarm-3-0.005h.html",
        "swarm-3-0.005h.plan.json",
        "swarm-3-0.005h.txt",
    }


# Shrinking, and the corpus


def test_a_failure_is_shrunk_kept_and_run_for_ever(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, bug: Callable[[], None]
) -> None:
    violation = sim_json(capsys, *HUNT, "--out", tmp_path, code=1)["violations"][0]
    told = sim(capsys, "shrink", violation["plan"], "--runs", 20)
    small = Path(violation["plan"].replace(".plan.json", ".small.plan.json"))
    assert re.match(r"before:  \d+ .* asks, .* 60 s\nafter:   .*, found in \d+ runs\nviolated: invariant ", told)
    assert f"replay it:  bf sim replay {small}\n" in told
    shrunk = sim_json(capsys, "replay", small, "--out", tmp_path, code=1)
    assert shrunk["invariant"] == violation["invariant"]

    corpus = tmp_path / "corpus"
    kept = sim(capsys, "corpus", "add", small, "--why", "an answer was forgotten", "--to", corpus)
    name = small.name.replace(".small", "")
    assert kept == f"kept as {corpus / name}\n"
    assert main(["sim", "corpus", "add", str(small), "--why", "again", "--to", str(corpus)]) == 2
    assert "is there already" in capsys.readouterr().err
    told = sim(capsys, "corpus", corpus, "--out", tmp_path, code=1)
    assert "  it is kept because: an answer was forgotten\n1 plans, 1 violate an invariant\n" in told
    bug()
    assert (
        sim(capsys, "corpus", corpus) == f"ok      {name}: an answer was forgotten\n1 plans, 0 violate an invariant\n"
    )
    assert sim_json(capsys, "corpus", corpus) == {"plans": 1, "violated": {}}


def test_what_holds_cannot_be_shrunk(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = str(tmp_path / "small.plan.json")
    assert main(["sim", "shrink", "--seed", "3", *SHORT, "--out", out]) == 2
    said = capsys.readouterr().err
    assert said == "bf: --scenario swarm --seed 3 --hours 0.005 violates nothing: there is nothing to shrink\n"
    assert shrink.RUNS_COUNT_MAX == 500


def test_every_plan_of_the_corpus_holds(capsys: pytest.CaptureFixture[str]) -> None:
    *plans, end = sim(capsys, "corpus").splitlines()
    assert end == f"{len(plans)} plans, 0 violate an invariant"
    assert plans
    for line in plans:
        assert re.fullmatch(r"ok      \S+\.plan\.json: .{10,}", line)


def test_a_file_that_is_no_plan_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bad.plan.json").write_text("[]")
    for words in (["replay", str(tmp_path / "bad.plan.json")], ["corpus", str(tmp_path)]):
        assert main(["sim", *words]) == 2
        assert f"{tmp_path}/bad.plan.json is no plan: " in capsys.readouterr().err


# Two runs of one seed


def test_two_processes_take_the_same_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(r"the same [\d,]+ steps\n", sim(capsys, "diff", "--seed", 3, *SHORT))


def test_the_first_step_that_differs_is_shown_with_those_before_it() -> None:
    steps = ["plan", *(f"{at}.0 server-1 task {at}" for at in range(9))]
    other = [*steps[:8], "7.0 server-1 task 8", *steps[9:]]
    same, told = diff.compare(iter(steps), iter(other))
    assert not same
    assert told.splitlines() == [
        "step 8 differs:",
        *(f"  {step}" for step in steps[3:8]),
        "1 7.0 server-1 task 7",
        "2 7.0 server-1 task 8",
    ]
    assert diff.compare(["plan", "a", "end"], ["plan", "a"]) == (
        False,
        "step 2 differs:\n  plan\n  a\n1 end\n2 has ended",
    )
    assert diff.compare(["plan"], ["another"])[1].startswith("the plans differ:")
    assert diff.compare(steps, steps) == (True, "the same 8 steps")


# Mutants


@pytest.fixture
def _two_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (Mutant(f"safeguard {name}", "node/cell.py", ()) for name in ("one", "two"))

    def table(seeds_max: int, told: Callable[[Noticed], None]) -> Iterator[Noticed] | list[Noticed]:
        found = [Noticed(first, 3, "5", "carried out twice"), Noticed(second, seeds_max)]
        for each in found:
            told(each)
        return found

    monkeypatch.setattr(mutants, "table", table)


@pytest.mark.usefixtures("_two_mutants")
def test_a_mutant_that_nobody_notices_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    told = sim(capsys, "mutants", "--seeds", 9, code=1)
    assert re.search(r"3 seeds  safeguard one\n +invariant 5: carried out twice\n", told)
    assert re.search(r"9 seeds  safeguard two\n +NOBODY NOTICES\n1 of 2 mutants were noticed\n", told)
    assert main(["sim", "mutants", "--json"]) == 1
    assert [each["invariant"] for each in json.loads(capsys.readouterr().out)] == ["5", ""]
