"""Running a plan: quietly, or watched, with every happening kept."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from bf.sim.errors import ViolationError
from bf.sim.loop import STEPS_COUNT_MAX, SimLoop
from bf.sim.plan import Plan
from bf.sim.world import Outcome, World

HAPPENINGS_COUNT_MAX = 1_000_000
"""How many happenings of a run are kept: the newest ones."""

BROKEN = "simulation"
"""What is violated if the simulation itself breaks: it reaches for the real world, or has a bug."""

Recorder = Callable[[float, str, str, str], None]


class Happening(NamedTuple):
    """Something that happened: when, of which kind, on which machine or link, and a sentence."""

    at_s: float
    kind: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.at_s:>14.6f}  {self.kind:<8} {self.where:<20} {self.what}".rstrip()


def simulate(plan: Plan, recorder: Recorder | None = None, steps_max: int = STEPS_COUNT_MAX) -> Outcome:
    """Run a plan and return what it came to; whatever the simulation breaks with is a violation as well."""
    world: World | None = None
    try:
        world = World(plan, steps_max=steps_max)
        if recorder:
            world.record(recorder)
        with hushed(world.loop, recorder):
            return world.run()
    except Exception as error:  # noqa: BLE001  # a campaign goes on, and tells of it
        outcome = Outcome(plan, ViolationError(BROKEN, f"{type(error).__name__}: {error}"))
        if world:
            outcome.history, outcome.steps, outcome.simulated_s = world.history, world.loop.steps, world.loop.now
        return outcome


def watch(plan: Plan) -> tuple[Outcome, Sequence[Happening]]:
    """Run a plan, and return what it came to and what happened."""
    happenings: deque[Happening] = deque(maxlen=HAPPENINGS_COUNT_MAX)

    def keep(at_s: float, kind: str, where: str, what: str) -> None:
        happenings.append(Happening(at_s, kind, where, what))

    outcome = simulate(plan, keep)
    return outcome, tuple(happenings)


class _Telling(logging.Handler):
    """Hands what is logged to a recorder, as a happening of the machine that logs it."""

    def __init__(self, loop: SimLoop, recorder: Recorder) -> None:
        super().__init__(logging.WARNING)
        self._loop = loop
        self._recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        because = f": {type(error).__name__}: {error}" if error else ""
        self._recorder(self._loop.now, "log", self._loop.current.name, f"{record.getMessage()}{because}")


@contextmanager
def hushed(loop: SimLoop, recorder: Recorder | None) -> Generator[None]:
    """Let nothing be printed that is logged; it goes to the recorder, if there is one."""
    root = logging.getLogger()
    handlers, level, disabled = root.handlers, root.level, root.manager.disable
    if recorder:
        root.handlers = [_Telling(loop, recorder)]
        root.setLevel(logging.WARNING)
    else:
        logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        logging.disable(disabled)
