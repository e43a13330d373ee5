"""Invariant 10: same seed, same trace."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.traces import CARELESS, first_difference, path, trace

from bf.sim.draw import SCENARIOS

TRACES = Path(__file__).parents[1] / "support" / "traces.py"

CASES = [*(f"{name}/1" for name in SCENARIOS), "swarm/2", "swarm/3"]

PLACES = {
    "one process": {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LANG": "C", "PYTHONMALLOC": "malloc"},
    "another process": {"PYTHONHASHSEED": "2", "TZ": "America/Lima", "ONE_MORE": "variable" * 100},
}
"""Processes in which the same is run, and what is different in them."""

IMPORTED = {"one process": "", "another process": "xml.dom.minidom,http.server,tkinter.constants,ctypes.util,zipfile"}
"""What they have imported before."""


@dataclass
class Traced:
    """Where the traces of a process are, and its digests by case."""

    folder: Path
    digests: dict[str, int] = field(default_factory=dict[str, int])


def traced(folder: Path, place: str, cases: list[str]) -> Traced:
    """Run cases in a fresh process, in a folder of its own."""
    folder.mkdir()
    command = [sys.executable, str(TRACES), str(folder), ",".join(cases), IMPORTED[place]]
    environment = os.environ | PLACES[place]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return Traced(folder, json.loads(done.stdout))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    folder = tmp_path_factory.mktemp("here")
    return Traced(folder, {case: trace(case, folder) for case in CASES})


@pytest.fixture(scope="module", params=PLACES)
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    return traced(tmp_path_factory.mktemp("there") / "traces", request.param, CASES)


@pytest.mark.parametrize("case", CASES)
def test_invariant_10_same_seed_same_trace_in_another_process(here: Traced, there: Traced, case: str) -> None:
    different = first_difference(path(here.folder, case), path(there.folder, case))
    assert different == "", f"{case} is not the same run there:\n{different}"
    assert here.digests[case] == there.digests[case], "each step is the same, but not what was sent or written"


@pytest.mark.parametrize("case", CASES)
def test_invariant_10_same_seed_same_trace_again_in_this_process(here: Traced, case: str, tmp_path: Path) -> None:
    digest = trace(case, tmp_path)
    different = first_difference(path(here.folder, case), path(tmp_path, case))
    assert different == "", f"{case} is not the same run again:\n{different}"
    assert here.digests[case] == digest, "each step is the same, but not what was sent or written"


def test_another_seed_is_another_run(here: Traced) -> None:
    swarms = [here.digests[case] for case in CASES if case.startswith("swarm/")]
    assert len(set(swarms)) == len(swarms) == 3
    assert first_difference(path(here.folder, "swarm/1"), path(here.folder, "swarm/2"))


def test_a_run_whose_order_is_that_of_a_set_of_texts_is_noticed(tmp_path: Path) -> None:
    one, other = (traced(tmp_path / place, place, [CARELESS]) for place in PLACES)
    assert one.digests != other.digests
    different = first_difference(path(one.folder, CARELESS), path(other.folder, CARELESS))
    assert "here:  1.0 world: " in different
    assert "step 17 both: " in different


def test_the_first_step_that_differs_is_shown_with_what_came_before(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("a\nb\nc\n", "utf-8")
    other.write_text("a\nb\n", "utf-8")
    assert first_difference(one, other) == "step 1 both:  a\nstep 2 both:  b\nstep 3 here:  c\nstep 3 there: (the end)"
    assert first_difference(one, one) == ""
