"""The parent of workers: starts them, starts again those that end, hands them connections, and stops them.

It serves no tenant and opens no tenant's file while they run. Each worker is a fresh interpreter: none is forked from a
process that has used encrypted files.
"""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bf.adapters.access.names import tenant_of
from bf.adapters.access.sparing import SparingLog
from bf.adapters.operator.client import NoServerError, ServerGoneError, ask
from bf.adapters.operator.protocol import Progress
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.adapters.workers.channel import Channel, line
from bf.adapters.workers.limits import BACK_OFF_S_MAX, STOPPING_S_MAX
from bf.adapters.workers.share import Share, owner_of
from bf.cli.usage import UsageError
from bf.cli.wiring import Plan
from bf.cli.workers.orders import HIRED, READY, Orders, socket_name
from bf.core.refusal import Code, Refusal

logger = logging.getLogger("bf.workers")

BACK_OFF_S = 0.1
"""The pause before a worker that ended is started again; each one after it is twice as long."""

CALM_S = 60
"""How long a worker has to live until its next end counts as the first."""

LINE_BYTES = 1024 * 1024
"""The longest line of a worker's log that is handed on."""

PROGRAM = "bf.cli.workers.worker"


class WorkerGone(Refusal):
    """An operation for a tenant whose worker has ended."""

    code = Code.UNAVAILABLE
    text = "worker {worker} has ended and is started again: try again in a moment"
    worker: int


@dataclass(slots=True)
class _Worker:
    number: int
    hired: "asyncio.Future[None]"
    came: "asyncio.Future[None]"
    """Done when it could begin, and when it was ready, for the first time."""
    ready: bool = False
    channel: Channel | None = None
    process: asyncio.subprocess.Process | None = None
    life: "asyncio.Task[None] | None" = field(default=None, repr=False)


class Supervisor:
    """The workers of one server."""

    def __init__(self, tenants: DirectoryStorage, plan: Plan) -> None:
        """Serve tenants as a plan says."""
        loop = asyncio.get_running_loop()
        self._tenants = tenants
        self._plan = plan
        numbers = range(1, plan.workers + 1)
        self._crew = [_Worker(number, loop.create_future(), loop.create_future()) for number in numbers]
        self._begin = asyncio.Event()
        self._stop = asyncio.Event()
        self._log = SparingLog(logger)
        self._visits = 0

    @property
    def numbers(self) -> list[int]:
        """The numbers of all workers."""
        return [worker.number for worker in self._crew]

    @property
    def data(self) -> Path:
        """The data directory."""
        return self._tenants.root

    def pid(self, number: int) -> int:
        """Return a worker's number in the system; 0 while it has none."""
        worker = self._crew[number - 1]
        return worker.process.pid if worker.process and worker.ready else 0

    async def hire(self) -> None:
        """Start all workers as far as they need no data directory, so that a take-over need not wait for that."""
        for worker in self._crew:
            worker.life = asyncio.get_running_loop().create_task(self._keep(worker))
        await asyncio.gather(*(worker.hired for worker in self._crew))

    async def begin(self) -> None:
        """Let them have the directory, which is locked, and wait until each is ready; UsageError if one is not."""
        for path in self.data.glob(socket_name(0).replace("0", "*")):  # those of a server that died
            with suppress(OSError):  # what is no socket is in the way of its worker, which says so
                path.unlink()
        self._begin.set()
        await asyncio.gather(*(worker.came for worker in self._crew))

    async def stop(self) -> None:
        """Let all workers finish what was begun; kill those that take too long."""
        self._stop.set()
        self._begin.set()
        self._signal(signal.SIGTERM)
        self._tenants.close()  # the lock stays with each worker until it has closed its tenants
        lives = [worker.life for worker in self._crew if worker.life]
        if lives:
            _, late = await asyncio.wait(lives, timeout=STOPPING_S_MAX)
            if late:
                self._signal(signal.SIGKILL)
                await asyncio.wait(late)
        self._log.flush()

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._crew:
            _signal(worker, number)

    def hand(self, connection: socket.socket, name: str) -> None:
        """Hand a connection to the worker that has the tenant whom the server name means; if there is none, to any."""
        ready = [worker for worker in self._crew if worker.ready]
        if not ready:
            self._log.say("a connection was closed: no worker is ready")
            connection.close()
            return
        tenant = tenant_of(name, self._plan.place.domain)
        chosen = self._crew[owner_of(tenant, len(self._crew)) - 1] if tenant else None
        if chosen is None or not chosen.ready:  # another one says that the tenant is not to be had
            chosen = ready[self._visits % len(ready)]
            self._visits += 1
        if not (chosen.channel and chosen.channel.send(b"visit", connection.detach())):
            self._log.say(f"a connection was closed: worker {chosen.number} takes no more: HANDED_COUNT_MAX")

    async def ask(self, number: int, name: str, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        """Have an operation done by a worker; raises WorkerGone, or as it is refused there."""
        try:
            return await ask(self.data, name, arguments, progress, socket_name=socket_name(number))
        except (NoServerError, ServerGoneError):
            raise WorkerGone(worker=number) from None

    async def _keep(self, worker: _Worker) -> None:
        """Start a worker again and again, until we stop."""
        loop, pause_s = asyncio.get_running_loop(), BACK_OFF_S
        while not self._stop.is_set():
            begun_s = loop.time()
            code = await self._live(worker)
            if self._stop.is_set():
                return
            if not worker.came.done():
                why = f"--workers: worker {worker.number} ended with {code}: its reason is in the log"
                (worker.came if worker.hired.done() else worker.hired).set_exception(UsageError(why))
                return
            self._plan.lookout.meter.count("worker_ends")
            pause_s = BACK_OFF_S if loop.time() - begun_s > CALM_S else pause_s
            logger.error("worker %s ended with %s: it is started again in %s s", worker.number, code, pause_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause_s)
            pause_s = min(2 * pause_s, BACK_OFF_S_MAX)

    async def _live(self, worker: _Worker) -> int | str:
        """Start a worker, and wait for its end; return its exit code, below zero if it was a signal, or why not."""
        ours, theirs = line()
        share = Share(worker.number, len(self._crew))
        try:
            with theirs:
                worker.process = process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-m", PROGRAM, str(share.number), str(share.count)),  # numbers for people who look at processes
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    limit=LINE_BYTES,
                    start_new_session=True,  # Ctrl-C is for the parent, which lets them finish
                )
        except OSError as error:  # the system has no room for it, for now
            ours.close()
            return error.strerror or type(error).__name__
        plan = self._plan
        orders = Orders(share, self.data, plan.place, plan.lookout.watching, plan.policy, plan.log)
        worker.channel = Channel(ours, lambda message, _file: self._hear(worker, message), lambda: _gone(worker))
        await self._begin.wait()
        if self._stop.is_set():
            _signal(worker, signal.SIGTERM)
        else:
            worker.channel.send(orders.written(), self._tenants.share_lock())
        try:
            await _hand_on(process)
            return await process.wait()
        finally:
            worker.channel.close()
            _gone(worker)

    def _hear(self, worker: _Worker, message: bytes) -> None:
        """Note that a worker can begin, or that it is ready, and introduce it to the others."""
        if message == HIRED:
            if not worker.hired.done():
                worker.hired.set_result(None)
            return
        assert message == READY, f"a worker says {message}"
        worker.ready = True
        if worker.came.done():
            logger.info("worker %s is ready again", worker.number)
        else:
            worker.came.set_result(None)
        for other in self._crew:
            if other is not worker and other.ready:
                _introduce(worker, other)
                _introduce(other, worker)


def _introduce(asker: _Worker, owner: _Worker) -> None:
    """Let one worker ask another."""
    asking, answering = socket.socketpair()
    for worker, message, end in (
        (owner, f"answer {asker.number}", answering),
        (asker, f"ask {owner.number}", asking),
    ):
        assert worker.channel, "who is ready has a line"
        worker.channel.send(message.encode(), end.detach())


def _gone(worker: _Worker) -> None:
    worker.ready = False


def _signal(worker: _Worker, number: signal.Signals) -> None:
    if worker.process:
        with suppress(ProcessLookupError):
            worker.process.send_signal(number)


async def _hand_on(process: asyncio.subprocess.Process) -> None:
    """Write a worker's log into ours, each line whole, until its end."""
    assert process.stderr, "it was asked for"
    while True:
        try:
            text = await process.stderr.readline()
        except ValueError:  # a line beyond its limit
            continue
        if not text:
            return
        sys.stderr.buffer.write(text)
        sys.stderr.buffer.flush()
