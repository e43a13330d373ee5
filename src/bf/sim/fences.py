"""Fences: in a simulation nothing reaches the real world.

What can be simulated is: clocks tell virtual time, dice are seeded. What cannot raises FenceError at once, where it
was asked for: threads, sockets, processes, sleeping.
"""

import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from bf.sim.errors import FenceError
from bf.sim.loop import SimLoop
from bf.sim.machine import EPOCH_US


@contextmanager
def fenced(loop: SimLoop, seed: str) -> Generator[None]:
    """Keep the real world out until the end of the block."""
    dice = random.Random(f"{seed}/fences")  # noqa: S311  # repeatable on purpose

    def wall_ns() -> int:
        return EPOCH_US * 1_000 + int(loop.now * 1e9)

    def ticks_ns() -> int:
        return int(loop.now * 1e9)

    patches: list[tuple[Any, str, Callable[..., Any]]] = [
        (time, "time", lambda: wall_ns() / 1e9),
        (time, "time_ns", wall_ns),
        (time, "monotonic", lambda: loop.now),
        (time, "monotonic_ns", ticks_ns),
        (time, "perf_counter", lambda: loop.now),
        (time, "perf_counter_ns", ticks_ns),
        (os, "urandom", dice.randbytes),
        (random, "_urandom", dice.randbytes),
        (time, "sleep", _forbidden("time.sleep")),
        (os, "fork", _forbidden("os.fork")),
        (threading.Thread, "start", _forbidden("a thread")),
        (socket.socket, "__init__", _forbidden("a socket")),
        (subprocess.Popen, "__init__", _forbidden("a process")),
    ]
    for name in ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "getrandbits", "randbytes"):
        patches.append((random, name, getattr(dice, name)))
    real = [(place, name, getattr(place, name)) for place, name, _ in patches]
    try:
        for place, name, fence in patches:
            setattr(place, name, fence)
        yield
    finally:
        for place, name, before in real:
            setattr(place, name, before)


def _forbidden(what: str) -> Callable[..., Any]:
    def refuse(*args: object, **options: object) -> None:
        del args, options
        raise FenceError(f"{what} was asked for inside a simulation")

    return refuse
