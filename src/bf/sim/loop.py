"""An asyncio loop for many simulated machines on virtual time.

Rules of this file:
1. Whatever is scheduled belongs to a life: one run of one machine's process. A life that has ended never runs again.
2. Inside a life callbacks run in the order in which they were scheduled, as in asyncio.
3. Which life has the next turn, the dice choose. A turn is what was ready in that life when it began.
4. Time stands still while anything is ready, then jumps to the next timer. Timers of one time come in their order.
5. Tasks and futures hash by the number of their creation, so that no order depends on an address.
6. Every turn goes into a running digest: two runs of one seed differ in it as soon as they differ.
"""

import asyncio
import socket
from asyncio.base_events import BaseEventLoop
from asyncio.events import Handle, TimerHandle
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import Context
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, Protocol, cast
from weakref import ref

from bf.sim.errors import NothingHappensError, TooManyStepsError

TASKS_COUNT_MIN = 64
"""How many tasks are remembered before those that have ended are looked for."""

STEPS_COUNT_MAX = 200_000_000
"""How many callbacks a run may take, unless it is told otherwise."""


class Owner(Protocol):
    """Who a timer is for: a life, or a machine, which is whatever life it has when the time comes."""

    @property
    def life(self) -> "Life":
        """Return the life in which the callback is to run."""
        ...


class Kernels(Protocol):
    """The connections of all machines, as `bf.sim.streams` has them."""

    async def connect(
        self, factory: Callable[[], Any], host: str | None, port: int | None, **options: Any
    ) -> tuple[Any, Any]:
        """Connect the machine whose turn it is."""
        ...

    async def listen(
        self, factory: Callable[[], Any], host: str | None, port: int | None, **options: Any
    ) -> asyncio.AbstractServer:
        """Take connections to the machine whose turn it is."""
        ...

    def bury(self, life: "Life") -> None:
        """Do what kernels do with the connections of a process that has ended."""
        ...


class Life:
    """One run of a machine's process: all that it has scheduled."""

    __slots__ = ("_look_at", "dead", "held", "listed", "name", "number", "ready", "tasks", "unplugged")

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.ready: deque[Handle] = deque()
        self.tasks: list[ref[SimTask]] = []
        """Its tasks in the order of their creation; some have ended."""
        self.dead = False
        self.unplugged = False
        """Whether it ended, or is about to, because the machine lost its power: nobody closes its connections."""
        self.held = False
        """Whether it stands still: a paused process runs nothing, and what comes due waits."""
        self.listed = False
        """Whether it waits for its turn."""
        self._look_at = TASKS_COUNT_MIN

    @property
    def life(self) -> "Life":
        """Return itself."""
        return self

    def remember(self, task: "SimTask") -> None:
        """Note a task that begins; those that have ended are forgotten now and then."""
        if len(self.tasks) >= self._look_at:
            self.tasks = [each for each in self.tasks if (known := each()) is not None and not known.done()]
            self._look_at = 2 * len(self.tasks) + TASKS_COUNT_MIN
        self.tasks.append(ref(task))


class SimTask(asyncio.Task[Any]):
    """A task that hashes by its number and knows its life."""

    def __init__(
        self, loop: "SimLoop", coro: Any, name: str | None, context: Context | None
    ) -> None:  # asyncio takes generators too
        self.number = loop.next_number()
        self.life = loop.current
        super().__init__(coro, loop=loop, name=name, context=context)
        self.life.remember(self)

    def __hash__(self) -> int:
        return self.number


class SimFuture(asyncio.Future[Any]):
    """A future that hashes by its number."""

    number: int

    def __hash__(self) -> int:
        return self.number


class SimLoop(BaseEventLoop):
    """Runs everything of one simulated world, in one thread."""

    def __init__(self, seed: str = "", steps_max: int = STEPS_COUNT_MAX) -> None:
        super().__init__()
        self.now = 0.0
        """Seconds of virtual time."""
        self.steps = 0
        self.digest = 0
        self.told: Callable[[float, Life, str], None] | None = None
        """Called with each callback before it runs, when somebody wants the whole trace."""
        self.recorder: Callable[[float, str, str, str], None] | None = None
        """Called with the time, a kind, a machine and a sentence about whatever happens, if anybody wants to see it."""
        self.faults: list[str] = []
        """What nobody has caught."""
        self.streams: Kernels | None = None
        """What makes connections, if there are any."""
        self.world = Life("world", 0)
        self.current = self.world
        """The life whose turn it is."""
        self._steps_max = steps_max
        self._roll = Random(f"{seed}/turns").random
        self._waiting: list[Life] = []
        self._timers: list[tuple[float, int, Owner, Handle]] = []
        self.next_number = count(1).__next__
        self.set_exception_handler(_note)

    # Time and turns

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self.now

    def _run_once(self) -> None:
        """Give one life its turn, or let time pass until one has something to do."""
        waiting = self._waiting
        if not waiting:
            self._jump()
            return
        last = len(waiting) - 1
        index = int(self._roll() * (last + 1)) if last else 0
        life = waiting[index]
        waiting[index] = waiting[last]
        waiting.pop()
        life.listed = False
        if life.held:
            return
        self._turn(life)
        if life.ready and not life.listed and not life.held:
            life.listed = True
            waiting.append(life)

    def _turn(self, life: Life) -> None:
        ready, told = life.ready, self.told
        turns = len(ready)
        self.current = life
        for _ in range(turns):
            if not ready:  # it has ended in its own turn
                break
            handle = ready.popleft()
            if not handle.cancelled():
                if told:
                    told(self.now, life, described(handle))
                handle._run()  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # as asyncio's own loop does
        self.current = self.world
        self.steps += turns
        self.digest = hash((self.digest, life.number, turns, self.now))
        if self.steps > self._steps_max:
            raise TooManyStepsError(f"more than {self._steps_max:,} steps, at {self.now:.3f} s")

    def _jump(self) -> None:
        """Let time pass until the next timer, and make all that is due ready."""
        timers = self._timers
        while timers:
            when, number, owner, handle = heappop(timers)
            if handle.cancelled() or owner.life.dead:
                continue
            self.now = max(self.now, when)
            self._add(owner.life, handle)
            while timers and timers[0][0] <= self.now:
                _, later, owner, handle = heappop(timers)
                if not handle.cancelled():
                    self._add(owner.life, handle)
                    number = hash((number, later))
            self.digest = hash((self.digest, number))  # whose timers they were: turns alone do not say
            return
        if not self._stopping:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # asyncio's own
            raise NothingHappensError(f"nothing is left that could happen, at {self.now:.3f} s")

    def note(self, *facts: int) -> None:
        """Let facts, such as the checksum of a message, count in the digest."""
        self.digest = hash((self.digest, facts))

    # Scheduling

    def _add(self, life: Life, handle: Handle) -> None:
        if life.dead:
            return
        life.ready.append(handle)
        if not life.listed and not life.held:
            life.listed = True
            self._waiting.append(life)

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:  # asyncio's own
        """Run a callback in the next turn of the life that asks."""
        handle = Handle(callback, args, self, context)
        task = getattr(callback, "__self__", None)
        life = task.life if type(task) is SimTask else self.current  # a task goes on in its own life, whoever wakes it
        if not life.dead:
            life.ready.append(handle)
            if not life.listed and not life.held:
                life.listed = True
                self._waiting.append(life)
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,  # asyncio's own
    ) -> TimerHandle:
        """Run a callback in the life that asks, at a time."""
        handle = TimerHandle(when, callback, args, self, context)
        if not self.current.dead:
            heappush(self._timers, (when, self.next_number(), self.current, handle))
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,  # asyncio's own
    ) -> TimerHandle:
        """Run a callback in the life that asks, after a while."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_for(
        self, owner: Owner, when: float, callback: Callable[..., object], *args: Any
    ) -> Handle:  # asyncio's own
        """Run a callback for somebody else, at a time."""
        handle = Handle(callback, args, self)
        heappush(self._timers, (when, self.next_number(), owner, handle))
        return handle

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        """Leave it where it is: it is passed over when its time comes."""

    @property
    def timers_left(self) -> int:
        """How many timers wait, of lives that go on."""
        return sum(not handle.cancelled() and not owner.life.dead for _, _, owner, handle in self._timers)

    # Tasks, futures, executors

    def create_task(  # pyright: ignore[reportIncompatibleMethodOverride]  # typeshed's is generic in the coroutine
        self,
        coro: Generator[Any, None, Any] | Coroutine[Any, Any, Any],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        """Begin a task in the life that asks."""
        task = SimTask(self, coro, str(name) if name else None, context)
        if self.current.dead:
            _unwind(task)
        return task

    def create_future(self) -> asyncio.Future[Any]:
        """Make a future."""
        future = SimFuture(loop=self)
        future.number = self.next_number()
        return future

    def run_in_executor(  # pyright: ignore[reportIncompatibleMethodOverride]  # typeshed's is generic in the arguments
        self,
        executor: object,
        func: Callable[..., Any],
        *args: Any,  # asyncio's own
    ) -> asyncio.Future[Any]:
        """Do it at once: there are no threads here."""
        del executor
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # whoever awaits it gets it
            future.set_exception(error)
        return future

    # Connections

    async def create_connection(  # pyright: ignore[reportIncompatibleMethodOverride]  # asyncio's has more options than are handed on
        self, protocol_factory: Callable[[], Any], host: str | None = None, port: int | None = None, **options: Any
    ) -> tuple[Any, Any]:
        """Connect to a machine by its name."""
        assert self.streams, "this world has no connections"
        return await self.streams.connect(protocol_factory, host, port, **options)

    async def create_server(  # pyright: ignore[reportIncompatibleMethodOverride]  # asyncio's has more options than are handed on
        self, protocol_factory: Callable[[], Any], host: str | None = None, port: int | None = None, **options: Any
    ) -> asyncio.AbstractServer:
        """Take connections to the machine that asks."""
        assert self.streams, "this world has no connections"
        return await self.streams.listen(protocol_factory, host, port, **options)

    async def getaddrinfo(  # pyright: ignore[reportIncompatibleMethodOverride]  # asyncio's has more options than mean anything here
        self, host: str, port: int, **options: object
    ) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        """Return a machine's name as its address."""
        del options
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]

    # Lives

    def hold(self, life: Life) -> None:
        """Let a life stand still."""
        life.held = True

    def release(self, life: Life) -> None:
        """Let it go on."""
        life.held = False
        if life.ready and not life.listed and not life.dead:
            life.listed = True
            self._waiting.append(life)

    def tasks_of(self, life: Life) -> list[SimTask]:
        """Return the tasks of a life that have not ended, in the order of their creation."""
        return [task for each in life.tasks if (task := each()) is not None and not task.done()]

    def bury(self, life: Life) -> None:
        """End a life as kill -9 does: nothing of it runs any more. What Python unwinds of it reaches nobody."""
        life.dead = True
        if self.streams:
            self.streams.bury(life)
        before, self.current = self.current, life
        for task in self.tasks_of(life):
            _unwind(task)
        life.ready.clear()
        self.current = before

    def _asyncgen_finalizer_hook(self, agen: AsyncGenerator[Any]) -> None:
        """End an abandoned generator: in a life that goes on as asyncio does, else at once."""
        if self.current.dead or self.is_closed():
            with suppress(BaseException):
                agen.aclose().__await__().__next__()
        else:
            self.call_soon(self.create_task, agen.aclose())

    def _write_to_self(self) -> None:
        """Wake nobody: there is one thread."""


def _unwind(task: SimTask) -> None:
    """End a task of a life that has ended; it was destroyed on purpose, and what it says to that reaches nobody."""
    task._log_destroy_pending = False  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]  # asyncio's own switch
    with suppress(BaseException):
        cast("Coroutine[Any, Any, Any]", task.get_coro()).close()


def described(handle: Handle) -> str:
    """Name a callback so that two processes give it the same name."""
    callback: Any = handle._callback  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]  # for people who look at a trace
    task = getattr(callback, "__self__", None)
    if isinstance(task, SimTask):
        return f"task {task.number} {getattr(task.get_coro(), '__qualname__', '')}"
    return str(getattr(callback, "__qualname__", type(callback).__name__))


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep what nobody has caught; the run has failed."""
    error = context.get("exception")
    cast("SimLoop", loop).faults.append(f"{context.get('message')}: {error!r}")
