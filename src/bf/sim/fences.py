"""Fences: in a simulation nothing reaches the real world.

Rules of this file:
1. A gate stands before each function of the real world that code could ask. While a simulation runs, and in its thread
   only, it gives what the simulation says: virtual time, dice of the seed. Otherwise it gives what it always gave.
2. What cannot be simulated raises FenceError where it is asked for: threads, sockets, processes, sleeping, files that
   are written, dice without a seed. The run has failed then, even if somebody swallows the error.
3. `install` at the very start of a process puts the gates in place for good, so that whatever is imported later, and
   takes names out of modules, takes gates. Without it they stand for the time of a run.
4. Garbage is collected at steps of the run that the seed decides, never when Python likes it, and only the run's own.

What no fence sees: SQLite's clock and random(), OpenSSL's keys, the order of sets, addresses. tests/tidy_test.py looks
for the last two.
"""

import ctypes
import gc
import os
import random
import secrets  # pyright: ignore[reportUnusedImport]  # noqa: F401  # it makes dice without a seed when it is imported
import select
import socket
import ssl
import sys
import sysconfig
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from functools import update_wrapper
from types import FrameType, MethodType
from typing import Any, NamedTuple

from bf.sim.errors import FenceError
from bf.sim.loop import SimLoop
from bf.sim.machine import EPOCH_US

COLLECT_STEPS = 20_000
"""After how many steps of a run its garbage is collected."""

COLLECT_RUNS = 16
"""After how many runs everybody's garbage is collected, in processes that install."""

AUDITED = {
    "a socket": ("socket.__new__",),
    "the name of a host": ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostname"),
    "a process": ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "pty.spawn"),
    "a signal": ("os.kill",),
    "a thread": ("_thread.start_new_thread", "_thread.start_joinable_thread"),
    "a file": ("os.remove", "os.rename", "os.link", "os.symlink", "os.truncate", "os.mkdir", "os.rmdir"),
}
"""What cannot be simulated, and the events by which Python tells that it is about to do it."""

EVENTS = {event: what for what, events in AUDITED.items() for event in events}

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
BYTECODE = "__pycache__"
"""Where imports may write."""

UUID_STAMP = "_last_timestamp"
"""Where uuid keeps the time of the last uid that it made of the time."""

LIBRARY = sysconfig.get_path("stdlib")


class _Fence:
    """The fence of this process: closed while a simulation runs, and open otherwise."""

    def __init__(self) -> None:
        self.loop: SimLoop | None = None
        self.dice = random.Random(0)
        self.thread = 0
        self.installed = False
        self.audited = False
        self.collect_at = 0
        self.runs = 0

    def closed(self) -> bool:
        """Say whether whoever asks is inside a simulation."""
        return self.loop is not None and threading.get_ident() == self.thread

    def now(self) -> float:
        """Return the virtual time, in seconds."""
        assert self.loop, "a simulation runs"
        return self.loop.now

    def ticks_ns(self) -> int:
        """Return the virtual time, in nanoseconds."""
        return int(self.now() * 1e9)

    def wall_ns(self) -> int:
        """Return nanoseconds since 1970."""
        return EPOCH_US * 1_000 + self.ticks_ns()

    def wall(self) -> float:
        """Return seconds since 1970."""
        return self.wall_ns() / 1e9

    def randbytes(self, count: int) -> bytes:
        """Return bytes of the seed."""
        return self.dice.randbytes(count)

    def refuse(self, what: str) -> FenceError:
        """Make an error that says what was asked for and where, and let the run fail."""
        error = FenceError(f"{what} was asked for inside a simulation, at {_place()}")
        assert self.loop, "a simulation runs"
        self.loop.faults.append(str(error))
        return error


_FENCE = _Fence()


class Gate:
    """Stands where a function of the real world stood. Unlike a function it never becomes a method."""

    def __init__(self, real: Callable[..., Any], simulated: Callable[..., Any]) -> None:
        self.real = real
        self.simulated = simulated
        update_wrapper(self, real)

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Ask whom it is to ask now."""
        return (self.simulated if _FENCE.closed() else self.real)(*args, **options)


class _Method(Gate):
    """A gate before a method."""

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., Any]:
        return self if instance is None else MethodType(self, instance)


class Place(NamedTuple):
    """Where a gate goes: the module or class, and the name there."""

    owner: Any
    name: str
    gate: Gate


def install() -> None:
    """Put the gates in place for good, also where modules have taken names already; call it before other imports."""
    if _FENCE.installed:
        return
    _FENCE.installed = True
    os.environ["TZ"] = "UTC"
    time.tzset()
    gates = {id(place.gate.real): place.gate for place in PLACES if type(place.gate) is Gate}
    _put()
    for name_of_module, module in list(sys.modules.items()):
        if name_of_module != __name__ and hasattr(module, "__dict__"):  # this module keeps what is real
            for name, value in list(vars(module).items()):
                if id(value) in gates:
                    setattr(module, name, gates[id(value)])


@contextmanager
def fenced(loop: SimLoop, seed: str) -> Generator[None]:
    """Keep the real world out until the end of the block."""
    fence = _FENCE
    assert fence.loop is None, "one simulation at a time"
    collects, dice, stamp = gc.isenabled(), random.getstate(), getattr(uuid, UUID_STAMP)
    _begin_garbage()
    if not fence.installed:
        _put()
    random.seed(f"{seed}/random")
    setattr(uuid, UUID_STAMP, None)
    fence.dice, fence.thread, fence.collect_at = random.Random(f"{seed}/fences"), threading.get_ident(), COLLECT_STEPS
    fence.loop = loop
    try:
        yield
    finally:
        fence.loop = None
        setattr(uuid, UUID_STAMP, stamp)
        random.setstate(dice)
        if not fence.installed:
            _take_away()
        gc.unfreeze()
        if collects:
            gc.enable()


def collect_garbage() -> None:
    """Collect the run's garbage if enough steps were made; the world calls it at times of its own."""
    loop = _FENCE.loop
    if loop and loop.steps >= _FENCE.collect_at:
        _FENCE.collect_at = loop.steps + COLLECT_STEPS
        gc.collect()


def _begin_garbage() -> None:
    """Let nothing be collected by itself, and nothing that was there before; now and then, what earlier runs left."""
    gc.disable()
    _FENCE.runs += 1
    if _FENCE.installed and _FENCE.runs % COLLECT_RUNS == 0:
        gc.collect()
    gc.freeze()


# Gates


def _forbidden(what: str) -> Callable[..., Any]:
    def refuse(*args: object, **options: object) -> None:
        del args, options
        raise _FENCE.refuse(what)

    return refuse


def _seeded(real: Callable[..., Any], what: str, self_count: int) -> Callable[..., Any]:
    """Let dice be seeded, if it is with something."""

    def seed(*args: Any, **options: Any) -> Any:
        if options.get("a", args[self_count] if len(args) > self_count else None) is None:
            raise _FENCE.refuse(what)
        return real(*args, **options)

    return seed


def _gate(owner: Any, name: str, simulated: Callable[..., Any], kind: type[Gate] = Gate) -> Place:
    return Place(owner, name, kind(getattr(owner, name), simulated))


def _refused(owner: Any, name: str, what: str, kind: type[Gate] = Gate) -> Place:
    return _gate(owner, name, _forbidden(what), kind)


def _clocks() -> list[Place]:
    fence, gmtime, asctime, strftime = _FENCE, time.gmtime, time.asctime, time.strftime
    ticking = ("monotonic", "perf_counter", "process_time", "thread_time")

    def clock(number: int) -> float:
        return fence.wall() if number == time.CLOCK_REALTIME else fence.now()

    def clock_ns(number: int) -> int:
        return fence.wall_ns() if number == time.CLOCK_REALTIME else fence.ticks_ns()

    def broken_down(seconds: float | None = None) -> time.struct_time:
        return gmtime(fence.wall() if seconds is None else seconds)

    def as_text(moment: time.struct_time | None = None) -> str:
        return asctime(moment or broken_down())

    def seconds_as_text(seconds: float | None = None) -> str:
        return asctime(broken_down(seconds))

    def as_form(form: str, moment: time.struct_time | None = None) -> str:
        return strftime(form, moment or broken_down())

    return [
        *(_gate(time, name, fence.now) for name in ticking),
        *(_gate(time, f"{name}_ns", fence.ticks_ns) for name in ticking),
        _gate(time, "time", fence.wall),
        _gate(time, "time_ns", fence.wall_ns),
        _gate(time, "clock_gettime", clock),
        _gate(time, "clock_gettime_ns", clock_ns),
        _gate(time, "gmtime", broken_down),
        _gate(time, "localtime", broken_down),
        _gate(time, "ctime", seconds_as_text),
        _gate(time, "asctime", as_text),
        _gate(time, "strftime", as_form),
    ]


def _dice() -> list[Place]:
    seed, seed_all, uuid1 = random.Random.seed, random.seed, uuid.uuid1

    def uuid_of_time(node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
        return uuid1(node or _FENCE.dice.getrandbits(47), clock_seq or _FENCE.dice.getrandbits(14))

    return [
        _gate(os, "urandom", _FENCE.randbytes),
        Place(random, "_urandom", Gate(os.urandom, _FENCE.randbytes)),
        _gate(random, "seed", _seeded(seed_all, "random.seed() without a seed", 0)),
        _gate(random.Random, "seed", _seeded(seed, "random.Random() without a seed", 1), _Method),
        _gate(uuid, "uuid1", uuid_of_time),
        _refused(random.SystemRandom, "seed", "random.SystemRandom()", _Method),
        _refused(os, "getrandom", "os.getrandom"),
        _refused(ssl, "RAND_bytes", "ssl.RAND_bytes"),
    ]


def _waiting() -> list[Place]:
    return [
        _refused(time, "sleep", "time.sleep"),
        _refused(socket, "socketpair", "a socket"),
        _refused(select, "select", "select.select"),
        _refused(select, "poll", "select.poll"),
        _refused(threading.Thread, "start", "a thread", _Method),
        _refused(threading, "_start_new_thread", "a thread"),
        _refused(sys.modules["_thread"], "start_new_thread", "a thread"),
    ]


PLACES = [*_clocks(), *_dice(), *_waiting()]
"""Every gate, and where it goes."""

DATETIMES: dict[str, Any] = gc.get_referents(datetime.__dict__)[0]
"""What the class datetime has: nobody may set its attributes, and it asks the system's clock in C."""

NOWS = {name: DATETIMES[name] for name in ("now", "utcnow")}


def _now(kind: type[datetime], tz: tzinfo | None = None) -> datetime:
    now = kind.fromtimestamp(_FENCE.wall(), tz or UTC)
    return now if tz else now.replace(tzinfo=None)


def _real_now(name: str) -> Callable[..., Any]:
    def now(kind: type[datetime], *args: Any, **options: Any) -> datetime:
        return NOWS[name].__get__(None, kind)(*args, **options)

    return now


NOW_GATES = {name: classmethod(Gate(_real_now(name), _now)) for name in NOWS}


def _put() -> None:
    if not _FENCE.audited:
        _FENCE.audited = True
        sys.addaudithook(_audit)
    for owner, name, gate in PLACES:
        setattr(owner, name, gate)
    _set_nows(NOW_GATES)


def _take_away() -> None:
    for owner, name, gate in PLACES:
        setattr(owner, name, gate.real)
    _set_nows(NOWS)


def _set_nows(nows: dict[str, Any]) -> None:
    DATETIMES.update(nows)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))


def _audit(event: str, args: tuple[Any, ...]) -> None:
    """Refuse what Python is about to do; this sees also who took a name before there were gates."""
    if _FENCE.loop is None or not _FENCE.closed():
        return
    if event in EVENTS:
        if BYTECODE not in str(args[:1]):
            raise _FENCE.refuse(EVENTS[event])
    elif event == "open" and args[2] & WRITING and not isinstance(args[0], int) and BYTECODE not in str(args[0]):
        raise _FENCE.refuse(f"a file, {args[0]},")


def _place() -> str:
    """Return the file and the line that asked: the nearest that is neither here nor in Python's library."""
    frame = nearest = _outside(sys._getframe(1))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # only frames know who asks
    while (
        frame
        and frame.f_code.co_filename.startswith((LIBRARY, "<frozen"))
        and "site-packages" not in frame.f_code.co_filename
    ):
        frame = frame.f_back
    found = frame or nearest
    return f"{found.f_code.co_filename}:{found.f_lineno}" if found else "an unknown place"


def _outside(frame: FrameType | None) -> FrameType | None:
    while frame and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame
