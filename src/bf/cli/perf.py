"""Run the specs in a loop on several processes and print how many a second."""

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

from bf.adapters.sqlite.database import empty_state
from bf.cli.choice import add_file, choose
from bf.cli.differences import differences
from bf.cli.usage import UsageError
from bf.core.spec import Spec
from bf.core.spec import run as run_spec
from bf.core.state import State
from bf.inventory.domain import INVENTORY

EXAMPLES = """\
  bf perf                                    5 seconds on all cores
  bf perf --sec 10 --cores 1 --include reserve
  bf perf --file bundle.txt --json"""

SECONDS = 5.0
WARM_UP_LOOPS = 3


@dataclass(frozen=True, slots=True)
class Score:
    """What the processes did together; rates are sums over all of them."""

    cores: int
    seconds: float
    specs: int
    heavy_left_out: int
    specs_per_s: float
    events_per_s: float
    requests_per_s: float
    us_per_spec: float
    us_per_event_or_request: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what to run, how long and on how many cores."""
    parser.add_argument("--sec", type=float, default=SECONDS, help=f"how long (default: {SECONDS:g})")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="how many processes (default: all cores)")
    parser.add_argument("--include", metavar="RE", help="only specs whose name or feature matches")
    add_file(parser)
    parser.add_argument("--json", action="store_true", help="for machines")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    if args.sec <= 0 or args.cores < 1:
        raise UsageError("--sec and --cores must be positive")
    chosen = [choice.spec for choice in choose(args.include, args.file)]
    light = [spec for spec in chosen if not spec.heavy]
    if not light:
        raise UsageError(f"--include: all {len(chosen)} matching specs are tagged heavy; choose another pattern")
    score = measure(light, len(chosen) - len(light), args.cores, args.sec)
    if args.json:
        print(json.dumps(asdict(score)))
        return 0
    print(f"{score.specs} specs in a loop on {score.cores} cores for {score.seconds:.1f} s")
    print(f"{score.heavy_left_out} heavy specs left out of the loop")
    print(f"  {score.specs_per_s:>12,.0f} specs/s")
    print(f"  {score.events_per_s:>12,.0f} events applied/s")
    print(f"  {score.requests_per_s:>12,.0f} requests/s")
    print(f"  {score.us_per_spec:>12,.1f} µs per spec on one core")
    print(f"  {score.us_per_event_or_request:>12,.1f} µs per event or request on one core")
    return 0


def measure(specs: Sequence[Spec], heavy: int, cores: int, seconds: float) -> Score:
    """Run the specs over and over; every run is compared with what its spec says, AssertionError if it fails."""
    fork = multiprocessing.get_context("fork")  # children inherit the specs as they are
    ends = [fork.Pipe(duplex=False) for _ in range(cores)]
    children = [fork.Process(target=_measure_one, args=(specs, seconds, end)) for _, end in ends]
    for child, (_, end) in zip(children, ends, strict=True):
        child.start()
        end.close()
    try:
        parts: list[tuple[int, int, float]] = [ours.recv() for ours, _ in ends]
    except EOFError:
        raise AssertionError("a process ended without a result; its error stands above") from None
    finally:
        for child in children:
            child.join()
    loops_per_s = sum(loops / elapsed for loops, _, elapsed in parts)
    events_per_loop = parts[0][1]
    per_s = loops_per_s * len(specs)
    return Score(
        cores=cores,
        seconds=max(elapsed for *_, elapsed in parts),
        specs=len(specs),
        heavy_left_out=heavy,
        specs_per_s=per_s,
        events_per_s=loops_per_s * events_per_loop,
        requests_per_s=per_s,
        us_per_spec=cores * 1e6 / per_s,
        us_per_event_or_request=cores * 1e6 / (loops_per_s * (events_per_loop + len(specs))),
    )


def _measure_one(specs: Sequence[Spec], seconds: float, end: Connection) -> None:
    end.send(_loop(specs, seconds))


def _loop(specs: Sequence[Spec], seconds: float) -> tuple[int, int, float]:
    """Return how many loops there were, how many events each applies, and the time that they took."""
    state = empty_state(INVENTORY)
    events = 0
    for spec in specs:
        outcome = run_spec(spec, state)
        found = differences(spec, outcome)
        assert not found, f"{spec.name}: {found[0]}"
        events += len(spec.given) + len(outcome.events)
    for _ in range(WARM_UP_LOOPS):
        _once(specs, state)
    loops, begun_at = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begun_at) < seconds:
        _once(specs, state)
        loops += 1
    return loops, events, elapsed


def _once(specs: Sequence[Spec], state: State) -> None:
    for spec in specs:
        if differences(spec, run_spec(spec, state)):
            raise AssertionError(f"{spec.name} held before and does not now")
