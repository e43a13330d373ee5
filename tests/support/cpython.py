"""Run CPython's own tests of asyncio on the simulator's loop, and print as JSON how each of them ended.

python tests/support/cpython.py test_locks,test_queues name_to_leave_out,…
"""

import asyncio
import gc
import importlib
import io
import json
import sys
import unittest
from collections import deque
from collections.abc import Iterator
from typing import Any, cast

from bf.sim.loop import SimLoop


class TestedLoop(SimLoop):
    """The simulator's loop, with what CPython's tests expect of the loop of their own that it takes the place of."""

    def __init__(self) -> None:
        super().__init__()
        self.set_exception_handler(None)

    @property
    def _ready(self) -> deque[Any]:
        return self.world.ready

    @_ready.setter
    def _ready(self, ready: deque[Any]) -> None:
        """Let asyncio have a queue of its own, which nobody uses."""

    def advance_time(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Policy(asyncio.DefaultEventLoopPolicy):
    """Whoever asks for a loop gets the simulator's."""

    def new_event_loop(self) -> SimLoop:
        """Make a loop."""
        return TestedLoop()


def new_test_loop(case: Any, times: object = None) -> SimLoop:  # noqa: ANN401  # CPython's tests have no types
    """Make a loop for a test; the times at which its own loop would stop are not needed."""
    del times
    loop = TestedLoop()
    case.set_event_loop(loop)
    return loop


def cases(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    """Return every test of a suite."""
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from cases(each)
        else:
            yield each


def run(suite: unittest.TestSuite) -> dict[str, str]:
    """Run tests; return the last line of what went wrong by the name of the test, which is empty if all was well."""
    ended = {case.id(): "" for case in cases(suite)}
    result = unittest.TextTestRunner(io.StringIO(), verbosity=0).run(suite)
    for case, told in [*result.failures, *result.errors]:
        ended[case.id().split(" (")[0]] = told.strip().splitlines()[-1]
    for case, reason in result.skipped:
        ended[case.id()] = f"skipped: {reason}"
    return ended


def main(modules: str, left_out: str) -> None:
    """Run whole modules, and say how every test ended."""
    policies = cast("Any", asyncio)
    policies.DefaultEventLoopPolicy = Policy  # a test that puts the default back gets this one
    asyncio.set_event_loop_policy(Policy())  # pyright: ignore[reportDeprecated]  # what these tests ask for loops
    importlib.import_module("test.test_asyncio.utils").TestCase.new_test_loop = new_test_loop
    load = unittest.defaultTestLoader.loadTestsFromModule
    told = dict[str, dict[str, str]]()
    outside = {*left_out.split(",")}
    for name in modules.split(","):
        asyncio.set_event_loop_policy(Policy())  # pyright: ignore[reportDeprecated]  # as above
        every = cases(load(importlib.import_module(f"test.{name}")))
        gc.freeze()  # CPython's tests collect garbage all the time: let it be their own only
        told[name] = run(unittest.TestSuite(case for case in every if not outside & {*case.id().split(".")}))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
