import asyncio
import gc
import os
import random
import secrets
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import SystemRandom, randint
from time import monotonic, perf_counter_ns
from time import sleep as bound_before
from typing import Any

import pytest

from bf.sim.errors import FenceError
from bf.sim.fences import COLLECT_STEPS, Gate, collect_garbage, fenced
from bf.sim.loop import SimLoop
from bf.sim.machine import EPOCH_US

EPOCH_S = EPOCH_US / 1_000_000


def inside(work: Callable[[], Any], seed: str = "a seed", at_s: float = 12.5) -> Any:  # noqa: ANN401  # what the work gives
    """Do something inside a simulation, at a time."""
    loop = SimLoop(seed)

    async def story() -> object:
        await asyncio.sleep(at_s)
        return work()

    try:
        with fenced(loop, seed):
            return loop.run_until_complete(story())
    finally:
        loop.bury(loop.world)
        loop.close()


# Clocks

CLOCKS: dict[str, tuple[Callable[[], object], object]] = {
    "time.time": (lambda: time.time(), EPOCH_S + 12.5),  # noqa: PLW0108  # the name is looked up when it is asked
    "time.time_ns": (lambda: time.time_ns(), EPOCH_US * 1_000 + 12_500_000_000),  # noqa: PLW0108  # as above
    "time.monotonic": (lambda: time.monotonic(), 12.5),  # noqa: PLW0108  # as above
    "time.monotonic_ns": (lambda: time.monotonic_ns(), 12_500_000_000),  # noqa: PLW0108  # as above
    "time.perf_counter": (lambda: time.perf_counter(), 12.5),  # noqa: PLW0108  # as above
    "time.perf_counter_ns": (lambda: time.perf_counter_ns(), 12_500_000_000),  # noqa: PLW0108  # as above
    "time.process_time": (lambda: time.process_time(), 12.5),  # noqa: PLW0108  # as above
    "time.thread_time_ns": (lambda: time.thread_time_ns(), 12_500_000_000),  # noqa: PLW0108  # as above
    "time.clock_gettime of the day": (lambda: time.clock_gettime(time.CLOCK_REALTIME), EPOCH_S + 12.5),
    "time.clock_gettime since boot": (lambda: time.clock_gettime(time.CLOCK_MONOTONIC), 12.5),
    "time.clock_gettime_ns": (lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC), 12_500_000_000),
    "time.gmtime": (lambda: time.gmtime()[:6], (2026, 11, 26, 8, 0, 12)),
    "time.localtime": (lambda: time.localtime()[:6], (2026, 11, 26, 8, 0, 12)),
    "time.localtime of a moment": (lambda: time.localtime(0)[:6], (1970, 1, 1, 0, 0, 0)),
    "time.ctime": (lambda: time.ctime(), "Thu Nov 26 08:00:12 2026"),  # noqa: PLW0108  # as above
    "time.asctime": (lambda: time.asctime(), "Thu Nov 26 08:00:12 2026"),  # noqa: PLW0108  # as above
    "time.strftime": (lambda: time.strftime("%F %T"), "2026-11-26 08:00:12"),
    "datetime.now": (lambda: datetime.now(UTC), datetime(2026, 11, 26, 8, 0, 12, 500_000, UTC)),
    "datetime.now without a zone": (
        lambda: datetime.now(),  # noqa: DTZ005, PLW0108  # it is what is tested
        datetime(2026, 11, 26, 8, 0, 12, 500_000),  # noqa: DTZ001  # as above
    ),
    "date.today": (lambda: date.today(), date(2026, 11, 26)),  # noqa: DTZ011, PLW0108  # as above
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_tells_virtual_time_inside_and_real_time_afterwards(clock: str) -> None:
    read, expected = CLOCKS[clock]
    assert inside(read) == expected
    assert inside(read) == expected
    if clock not in ("time.localtime of a moment", "date.today"):
        assert read() != expected


def test_a_clock_goes_on_only_as_the_simulation_does() -> None:
    loop, seen = SimLoop(), list[float]()

    async def story() -> None:
        for _ in range(3):
            seen.append(time.monotonic())
            assert time.monotonic() == seen[-1]
            await asyncio.sleep(1.5)

    with fenced(loop, ""):
        loop.run_until_complete(story())
    loop.close()
    assert seen == [0, 1.5, 3]


def test_a_class_that_comes_of_datetime_tells_virtual_time_too() -> None:
    class Stamp(datetime):
        """A kind of moment."""

    stamp = inside(lambda: Stamp.now(UTC))
    assert type(stamp) is Stamp
    assert stamp.year == 2026


# Dice

DICE: dict[str, Callable[[], object]] = {
    "random.random": random.random,
    "a name taken before": lambda: [randint(1, 10**9) for _ in range(3)],
    "random.shuffle": lambda: random.sample(range(1_000), 100),
    "random.randbytes": lambda: random.randbytes(8),
    "os.urandom": lambda: os.urandom(8),
    "secrets.token_hex": secrets.token_hex,
    "secrets.randbelow": lambda: secrets.randbelow(10**9),
    "secrets.choice": lambda: secrets.choice(range(10**9)),
    "uuid.uuid4": uuid.uuid4,
    "uuid.uuid1": lambda: (uuid.uuid1(), uuid.uuid1()),
}


@pytest.mark.parametrize("dice", DICE)
def test_dice_repeat_with_their_seed_and_only_then(dice: str) -> None:
    throw = DICE[dice]
    assert inside(throw) == inside(throw)
    assert inside(throw) != inside(throw, seed="another seed")
    assert len({str(throw()) for _ in range(3)}) == 3, "outside they are as they were"


def test_a_run_changes_nothing_of_the_dice_outside() -> None:
    random.seed(7)
    expected = [random.random() for _ in range(5)]
    random.seed(7)
    seen = list[float]()
    for _ in range(5):
        inside(lambda: [random.random() for _ in range(100)])
        seen.append(random.random())
    assert seen == expected


def test_dice_of_a_seed_of_their_own_are_let_alone() -> None:
    assert inside(lambda: random.Random("x").random()) == random.Random("x").random()

    def again() -> float:
        random.seed(3)
        return random.random()

    assert inside(again) == again()


# What is refused


REFUSED: dict[str, Callable[[], object]] = {
    "a thread": lambda: threading.Thread(target=print).start(),
    "a timer": lambda: threading.Timer(1, print).start(),
    "a socket": socket.socket,
    "a pair of sockets": lambda: socket.socketpair(),  # noqa: PLW0108  # the name is looked up when it is asked
    "a connection": lambda: socket.create_connection(("localhost", 1)),
    "the address of a host": lambda: socket.getaddrinfo("localhost", 1),
    "the name of this host": socket.gethostname,
    "a process": lambda: subprocess.run(["true"], check=True),
    "fork": os.fork,
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "a signal": lambda: os.kill(os.getpid(), 0),
    "time.sleep": lambda: time.sleep(0),
    "select.select": lambda: select.select([], [], [], 0),
    "select.poll": lambda: select.poll().poll(0),
    "os.getrandom": lambda: os.getrandom(8),
    "ssl.RAND_bytes": lambda: ssl.RAND_bytes(8),
    "dice without a seed": random.Random,
    "a seed of nothing": lambda: random.seed(),  # noqa: PLW0108  # the name is looked up when it is asked
    "dice of the system": random.SystemRandom,
    "the same under a name taken before": SystemRandom,
    "a file that is written": lambda: Path("/tmp/never").write_text("x", "utf-8"),
    "a file that is removed": lambda: Path("/tmp/never").unlink(),
    "a file that is renamed": lambda: Path("/tmp/never").rename("/tmp/nor this"),
    "a folder": lambda: Path("/tmp/never").mkdir(),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_simulated_is_refused_with_its_place(what: str) -> None:
    loop = SimLoop()
    with fenced(loop, ""), pytest.raises(FenceError, match=rf"inside a simulation, at {__file__}:\d+$") as refused:
        REFUSED[what]()
    assert loop.faults == [str(refused.value)], "the run has failed, even if somebody swallows the error"
    assert not Path("/tmp/never").exists()
    loop.close()


def test_outside_everything_is_as_it_was() -> None:
    inside(time.time)
    assert not isinstance(time.time, Gate)
    assert time.sleep is bound_before
    assert threading.Thread.start.__module__ == "threading"
    assert type(datetime.__dict__["now"]).__name__ == "classmethod_descriptor"
    subprocess.run(["true"], check=True)
    socket.socket().close()
    assert random.Random().random() != random.Random().random()
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


def test_after_an_exception_everything_is_as_it_was() -> None:
    def fail() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        inside(fail)
    assert time.sleep is bound_before
    assert time.time() != EPOCH_S
    assert gc.isenabled()
    inside(time.time)


def test_files_are_read_and_modules_imported_inside() -> None:
    def read() -> str:
        for name in ("colorsys", "this_is_no_module"):
            sys.modules.pop(name, None)
        import colorsys  # noqa: PLC0415  # inside is what is tested

        return colorsys.__name__ + Path(__file__).read_text("utf-8")[:6]

    assert inside(read) == "colorsysimport"


def test_another_thread_is_not_inside() -> None:
    told, go, done = list[float](), threading.Event(), threading.Event()

    def look() -> None:
        go.wait(10)
        time.sleep(0)
        told.append(time.time())
        done.set()

    thread = threading.Thread(target=look)
    thread.start()

    def let_it_look() -> None:
        go.set()
        done.wait(10)

    inside(let_it_look)
    thread.join()
    assert told[0] != EPOCH_S + 12.5


def test_there_is_one_simulation_at_a_time() -> None:
    with pytest.raises(AssertionError, match="one simulation at a time"):
        inside(lambda: inside(time.time))


# Garbage


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.knot = self


def test_garbage_of_a_run_is_collected_at_steps_that_the_seed_decides() -> None:
    def steps() -> list[int]:
        loop, seen = SimLoop(), list[int]()

        async def story() -> None:
            weakref.finalize(Knot(), lambda: seen.append(loop.steps))
            for _ in range(COLLECT_STEPS + 100):
                await asyncio.sleep(0)
                collect_garbage()

        with fenced(loop, ""):
            assert not gc.isenabled()
            loop.run_until_complete(story())
        loop.close()
        return seen

    first = steps()
    held = [[number] for number in range(5_000)]  # what a process has besides changes nothing
    assert steps() == first == [COLLECT_STEPS]
    del held
    assert gc.isenabled()


def test_a_run_leaves_garbage_collection_as_it_found_it() -> None:
    gc.disable()
    try:
        inside(time.time)
        assert not gc.isenabled()
    finally:
        gc.enable()
    inside(time.time)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_outside_a_run_nothing_is_collected_for_it() -> None:
    knot = weakref.ref(Knot())
    gc.disable()
    collect_garbage()
    assert knot()
    gc.enable()
    gc.collect()
    assert not knot()


def test_a_fence_costs_next_to_nothing() -> None:
    loop, begun = SimLoop(), perf_counter_ns()
    for _ in range(100):
        with fenced(loop, ""):
            pass
    assert (perf_counter_ns() - begun) / 100 < 5_000_000, "a run takes ten times as long"
    loop.close()


# Processes that are started for a simulation


def python(story: str, **environment: str) -> str:
    """Run a story in a fresh process, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", story],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


INSTALLED = """
import logging, sys
from time import monotonic as much_too_early
from bf.sim.fences import fenced, install
install()
from time import monotonic, sleep, time_ns, localtime
from os import urandom
from random import Random, random
from datetime import datetime
from bf.sim.errors import FenceError
from bf.sim.loop import SimLoop

class Clock:
    now = monotonic

def told():
    ticks = [much_too_early(), monotonic(), Clock().now(), Clock.now()]
    return [*ticks, time_ns(), urandom(4).hex(), random(), str(datetime.now())]

def inside():
    loop = SimLoop()
    with fenced(loop, "1"):
        said = told()
        for work in (lambda: sleep(1), Random):
            try:
                work()
            except FenceError as error:
                said.append(str(error))
    return said
"""


def test_names_that_are_taken_after_install_tell_virtual_time() -> None:
    said = python(INSTALLED + "print(inside() == inside(), *inside(), sep='|')").split("|")
    assert said[:6] == ["True", "0.0", "0.0", "0.0", "0.0", str(EPOCH_US * 1_000)]
    assert said[-3] == "2026-11-26 08:00:00"
    assert said[-2] == "time.sleep was asked for inside a simulation, at <string>:24"
    assert said[-1] == "random.Random() without a seed was asked for inside a simulation, at <string>:26"


def test_after_install_what_runs_outside_a_simulation_is_real() -> None:
    story = (
        "inside(); sleep(0.01); print(time_ns(), *{random() for _ in range(9)}, *{urandom(8).hex() for _ in range(9)})"
    )
    told = python(INSTALLED + story).split(" ")
    assert abs(int(told[0]) / 1e9 - time.time()) < 60
    assert len(told) == 19


def test_modules_that_were_imported_before_install_get_its_clocks_too() -> None:
    story = "print(much_too_early.__class__.__name__, sys.modules['threading']._time is monotonic)"
    assert python(INSTALLED + story) == "Gate True"


def test_after_install_a_process_is_in_no_zone_of_its_own() -> None:
    record = "logging.makeLogRecord({'created': 0, 'msecs': 0})"
    story = f"print(logging.Formatter('%(asctime)s').format({record}), localtime(0).tm_hour)"
    assert python(INSTALLED + story, TZ="Asia/Tokyo") == "1970-01-01 00:00:00,000 0"


def test_what_earlier_runs_left_is_collected_in_a_process_that_installs() -> None:
    story = """
import gc, weakref
from bf.sim.fences import COLLECT_RUNS
class Knot:
    def __init__(self): self.knot = self
gc.disable()
knot = weakref.ref(Knot())
for _ in range(COLLECT_RUNS): inside()
print(knot())
"""
    assert python(INSTALLED + story) == "None"


def test_names_that_were_taken_before_a_fence_without_install_are_not_seen() -> None:
    """The limit that install lifts: this module took monotonic before there was a gate."""
    assert inside(monotonic) != 12.5
