"""Mutants: each takes one safeguard away, so that it can be seen whether anybody would miss it.

A green campaign means only as much as this: how many seeds it takes until the loss of each safeguard is noticed, and by
which invariant. Mutants exist in the process that tries them and nowhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import apsw

from bf.core.ports import START, Batch, ConflictError, Pos, UnknownOutcomeError
from bf.core.state import State
from bf.node import cell, replay, states
from bf.sim import log, remote
from bf.sim.draw import draw
from bf.sim.mutant import Mutant
from bf.sim.rule_mutants import RULE_MUTANTS
from bf.sim.world import World


@dataclass(frozen=True, slots=True)
class Noticed:
    """How a mutant was noticed, if it was."""

    mutant: Mutant
    seeds: int
    """How many were tried."""
    invariant: str = ""
    what: str = ""


@contextmanager
def applied(mutant: Mutant) -> Generator[None]:
    """Take a safeguard away until the end of the block."""
    before = [(*_place(path), worse) for path, worse in mutant.patches]
    try:
        for place, name, _, worse in before:
            setattr(place, name, worse)
        yield
    finally:
        for place, name, real, _ in before:
            if real is None:
                delattr(place, name)  # it was a builtin that a module's own name had hidden
            else:
                setattr(place, name, real)


def _place(path: str) -> tuple[Any, str, Any]:
    """Return what holds something, its name there, and what it is; None if it is a builtin there."""
    module, _, names = path.partition(":")
    place: Any = import_module(module)
    *holders, name = names.split(".")
    for holder in holders:
        place = getattr(place, holder)
    return place, name, getattr(place, name, None)


def _real(path: str) -> Any:
    return _place(path)[2]


def hunt(mutant: Mutant, seeds_max: int) -> Noticed:
    """Try seeds until one notices that a safeguard is missing."""
    with applied(mutant):
        for seed in range(seeds_max):
            violation = World(draw(mutant.scenario, seed)).run().violation
            if violation:
                return Noticed(mutant, seed + 1, violation.invariant, violation.what)
    return Noticed(mutant, seeds_max)


def table(seeds_max: int, told: Callable[[Noticed], None]) -> list[Noticed]:
    """Hunt every mutant; `told` hears of each as it ends."""
    found: list[Noticed] = []
    for mutant in MUTANTS:
        found.append(hunt(mutant, seeds_max))
        told(found[-1])
    return found


# What is put in the place of safeguards


async def _nothing(*_words: object, **_names: object) -> None:
    """Do nothing, and say that it is done."""


async def _append_anyway(self: log.SimLog, expected: Pos, events: int, body: bytes) -> Pos:
    """Append whatever position is expected."""
    records = self.records
    async with records.writing, records.locked():
        pos = Pos(expected.event + events, expected.batch + 1)
        try:
            at = records.write(Batch(pos, body))
            await self.synced(at)
        except OSError as error:
            raise UnknownOutcomeError(f"{records.path}: {error.strerror}") from error
        records.keep(Batch(pos, body))
    return pos


async def _append_and_believe(self: log.SimLog, expected: Pos, events: int, body: bytes) -> Pos:
    """Say yes, whatever the disk says."""
    try:
        return await _APPEND(self, expected, events, body)
    except UnknownOutcomeError:
        return Pos(expected.event + events, expected.batch + 1)


async def _append_later(self: log.SimLog, expected: Pos, events: int, body: bytes) -> Pos:
    """Say yes, and write afterwards."""
    asyncio.get_running_loop().create_task(_quietly(_APPEND(self, expected, events, body)))
    return Pos(expected.event + events, expected.batch + 1)


async def _quietly(append: Any) -> None:
    with suppress(ConflictError, UnknownOutcomeError):
        await append


async def _read_loosely(self: log.SimLog, after: Pos) -> AsyncIterator[Batch]:
    """Read what is there, and take no notice of what is not."""
    records = self.records
    if after == START:
        for part in records.parts:
            yield part
    for batch in list(records.batches):
        if batch.pos.batch > max(after.batch, records.base.batch):
            yield batch


def _settle_anyway(state: State, batch: Batch) -> int:
    """Replay a batch, and believe what the log says about its position."""
    try:
        return _REPLAY(state, batch)
    except replay.NotReplayableError:
        state.pos = batch.pos
        return 1


async def _prove_nothing(self: Any, view: State, draft: Any) -> Any:
    """Make a state of the baseline, and compare nothing."""
    digest_of = self._digest
    self._digest = _same
    try:
        return await _PROVE(self, view, draft)
    finally:
        self._digest = digest_of


async def _same(_state: State) -> str:
    return "the same"


def _shorter_baseline(view: State) -> Iterator[Any]:
    """Forget the last event of a baseline."""
    for part in _PARTS(view):
        if part.baseline.last and part.commits and len(part.commits[0].events) > 1:
            del part.commits[0].events[-1]
        yield part


class _NoLock:
    """A lock that locks nothing."""

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_error: object) -> None:
        pass

    def locked(self) -> bool:
        return False


async def _at_once(_cell: cell.Cell, work: Callable[[], Any]) -> Any:
    """Do it now, whatever batch is under way."""
    return await work()


async def _choose_unseen(home: states.Home, damaged: Any) -> states.Choice:
    """Take the newest state, whatever it says about itself."""
    del damaged
    for number in reversed(home.storage.databases(home.tenant)):
        database = home.storage.database(home.tenant, number)
        try:
            return states.Choice(cell.Derived(number, State(database, home.domain)), None)
        except apsw.Error:  # there are no tables in it
            database.close()
    return states.Choice(None, None)


async def _append_again(self: remote.LogMachine, tenant: str, expected: Pos, events: int, body: bytes) -> Pos:
    """Append whatever comes, as often as it comes."""
    opened = await self.log(tenant)
    await opened.append(await opened.head(), events, body)
    return Pos(expected.event + events, expected.batch + 1)


async def _append_and_guess(self: remote.RemoteLog, expected: Pos, events: int, body: bytes) -> Pos:
    """Take silence for a yes."""
    try:
        return await _SEND(self, expected, events, body)
    except UnknownOutcomeError:
        return Pos(expected.event + events, expected.batch + 1)


def _forget_uid(state: State, batch: Batch, baseline: Any) -> None:
    _SETTLE(state, batch, baseline)
    if baseline.last:
        state.last_uid -= 1


def _no_answer(*_words: object) -> None:
    """Know nothing, and do nothing."""


def _one(_request: object) -> int:
    """Tell no request from another."""
    return 1


def _nowhere(*_words: object) -> bytes:
    """Name no place."""
    return b""


def _the_first(now_us: int, _before_us: int) -> int:
    """Believe the clock."""
    return now_us


_APPEND = log.SimLog.append
_SEND = remote.RemoteLog.append
_REPLAY = replay.replay
_PROVE = _real("bf.node.compact:_Compaction._prove")
_PARTS = _real("bf.node.compact:_parts")
_SETTLE = _real("bf.node.replay:_settle")

MUTANTS = (
    Mutant(
        "a batch is synced before it is acknowledged", "adapters/*/log.py", [("bf.sim.log:SimLog.synced", _nothing)]
    ),
    Mutant("nobody is answered before the log says yes", "node/cell.py", [("bf.sim.log:SimLog.append", _append_later)]),
    Mutant(
        "an unknown outcome is not a yes",
        "node/cell.py",
        [("bf.sim.log:SimLog.append", _append_and_believe)],
        "flaky-disk",
    ),
    Mutant(
        "an append expects its position",
        "adapters/*/log.py",
        [("bf.sim.log:SimLog.append", _append_anyway)],
        "two-servers",
    ),
    Mutant(
        "a log is synced before it is believed",
        "node/node.py",
        [("bf.sim.log:SimLog.sync", _nothing)],
        "restart-storm",
    ),
    Mutant(
        "a draft is synced before it is published",
        "node/compact.py",
        [("bf.sim.log:SimLog.sync", _nothing)],
        "compaction-under-fire",
    ),
    Mutant("first answers are looked up", "node/answers.py", [("bf.node.answers:first_answer", _no_answer)]),
    Mutant("an id serves one request", "node/answers.py", [("bf.node.answers:digest_of", _one)]),
    Mutant("a refused request is taken back", "core/state.py", [("bf.core.state:State._take_back", _no_answer)]),
    Mutant(
        "a batch's place is sealed with it",
        "adapters/crypto/log.py",
        [("bf.adapters.crypto.log:SealedLog._context", _nowhere)],
        "key-rotation",
    ),
    Mutant("positions read are dense", "adapters/*/log.py", [("bf.sim.log:SimLog.read", _read_loosely)], "flaky-disk"),
    Mutant(
        "replay counts events, and positions are dense",
        "node/replay.py",
        [("bf.sim.log:SimLog.read", _read_loosely), ("bf.node.replay:replay", _settle_anyway)],
        "flaky-disk",
    ),
    Mutant(
        "a baseline is proved, and it is right",
        "node/compact.py",
        [("bf.node.compact:_Compaction._prove", _prove_nothing), ("bf.node.compact:_parts", _shorter_baseline)],
        "compaction-under-fire",
    ),
    Mutant(
        "a baseline keeps the newest uid",
        "node/replay.py",
        [("bf.node.replay:_settle", _forget_uid)],
        "compaction-under-fire",
    ),
    Mutant("one change of a cell at a time", "node/cell.py", [("asyncio:Lock", _NoLock)], "compaction-under-fire"),
    Mutant(
        "log and state are exchanged between two batches",
        "node/cell.py",
        [("bf.node.cell:Cell.exclusively", _at_once)],
        "compaction-under-fire",
    ),
    Mutant(
        "a state's past is looked at before it is used",
        "node/states.py",
        [("bf.node.states:choose", _choose_unseen)],
        "schema-upgrade",
    ),
    Mutant("a commit's time is never before the last one's", "node/decide.py", [("bf.node.decide:max", _the_first)]),
    Mutant("a queue is bounded", "node/queue.py", [("bf.node.queue:QUEUE_REQUESTS_MAX", 1 << 60)], "flood"),
    Mutant(
        "what was sent twice is in the log once",
        "sim/remote.py",
        [("bf.sim.remote:LogMachine.append", _append_again)],
        "remote-log",
    ),
    Mutant(
        "silence is not a yes", "sim/remote.py", [("bf.sim.remote:RemoteLog.append", _append_and_guess)], "remote-log"
    ),
    Mutant(
        "a published name is synced",
        "adapters/*/storage.py",
        [("bf.sim.disk:Disk.sync_folder", _nothing)],
        "compaction-under-fire",
    ),
    *RULE_MUTANTS,
)
"""Every safeguard that is taken away, where it is, and in which scenario it is looked for."""
