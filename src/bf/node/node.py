"""A node: the cells of one machine, opened when they are first called, and closed when others need their place."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from google.protobuf.message import Message

from bf.core.domain import Domain
from bf.core.ports import Answer, Asked, Env, LogError
from bf.core.refusal import Code, Refusal
from bf.node import answers, states
from bf.node.cell import Cell, Derived
from bf.node.decide import FAILED
from bf.node.limits import OPEN_CELLS_MAX, REQUEST_ID_CHARS_MAX
from bf.node.replay import Progress

REOPEN_PAUSE_US = 1_000_000
"""How long a tenant that could not be opened is left alone."""

logger = logging.getLogger("bf.node")


class TenantNotFound(Refusal):
    """A tenant that this node does not have."""

    code = Code.NOT_FOUND
    text = "{field}: no tenant is named {tenant!r}"
    field: str
    tenant: str


class RequestIdTooLong(Refusal):
    """A request id beyond its limit."""

    code = Code.INVALID_ARGUMENT
    text = "{field} has {chars} characters; REQUEST_ID_CHARS_MAX allows {most}"
    field: str
    chars: int
    most: int


class NotOpenedError(LogError):
    """A tenant that could not be opened a moment ago: it is left alone, so that it slows down nobody else."""


class Node:
    """Carries out requests for the tenants of one storage."""

    def __init__(
        self,
        env: Env,
        domain: Domain,
        open_cells_max: int = OPEN_CELLS_MAX,
        domains: Callable[[str], Domain] | None = None,
    ) -> None:
        """Give each tenant the `domain`, or the one that `domains` says for its name."""
        self._env = env
        self.domain = domain
        self._domains = domains
        self._open_cells_max = open_cells_max
        self._erasing: set[str] = set()
        self._opened_us: dict[str, int] = {}
        """By tenant, when it was opened last, or tried to be."""
        self._cells: dict[str, asyncio.Task[Cell]] = {}
        """By tenant, the one that was called last at the end."""
        self.began_us = env.clock.elapsed_us()
        self.requests = 0
        """How many there were since then."""
        self.replays: dict[str, tuple[int, int]] = {}
        """By tenant, how many events its replay has done, and how many there are."""

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request of a tenant, at most once if it has a `request_id`; `actor` says who asks."""
        self.requests += 1
        if len(request_id) > REQUEST_ID_CHARS_MAX:
            return _id_too_long(request_id)
        opened = await self._opened(tenant)
        return opened if isinstance(opened, Answer) else await opened.call(request, request_id, actor)

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Carry out requests in their order, each as if it came by itself, and answer each."""
        self.requests += len(asked)
        long = {at: _id_too_long(name) for at, (_, name) in enumerate(asked) if len(name) > REQUEST_ID_CHARS_MAX}
        opened = await self._opened(tenant)
        if isinstance(opened, Answer):
            return [opened] * len(asked)
        told = iter(await opened.call_all([each for at, each in enumerate(asked) if at not in long], actor))
        return [long.get(at) or next(told) for at in range(len(asked))]

    def domain_of(self, tenant: str) -> Domain:
        """Return what a tenant has: the domain, and perhaps features of its own."""
        return self._domains(tenant) if self._domains else self.domain

    def cells(self) -> dict[str, Cell | None]:
        """Return the cells by tenant; None for one that is being opened, or could not be."""
        return {
            tenant: opening.result() if opening.done() and not _failed(opening) else None
            for tenant, opening in self._cells.items()
        }

    async def stop(self) -> None:
        """Let every cell finish what it has begun."""
        await asyncio.gather(*(self.close(tenant) for tenant in list(self._cells)))

    async def close(self, tenant: str) -> None:
        """Let a tenant's cell finish what it has begun; its next call opens another one."""
        opening = self._cells.get(tenant)
        if opening:
            await _stopped(opening)
            if self._cells.get(tenant) is opening:
                del self._cells[tenant]
                self._opened_us.pop(tenant, None)
                self.replays.pop(tenant, None)

    async def erase(self, tenant: str, erase: Callable[[], None]) -> None:
        """Close a tenant for good: nobody opens it before `erase` has made an end of it."""
        self._erasing.add(tenant)
        try:
            await self.close(tenant)
            erase()
        finally:
            self._erasing.discard(tenant)

    async def cell(self, tenant: str) -> Cell:
        """Return a tenant's cell, opened if it is not; KeyError if there is no such tenant, NotOpenedError."""
        if tenant in self._erasing:
            raise KeyError(tenant)
        opening, now_us = self._cells.pop(tenant, None), self._env.clock.elapsed_us()
        if opening and _never_opened(opening) and now_us - self._opened_us[tenant] < REOPEN_PAUSE_US:
            self._cells[tenant] = opening
            raise NotOpenedError(f"tenant {tenant} could not be opened a moment ago: its fault is in the log")
        if opening is None or _ended(opening):
            self._opened_us[tenant] = now_us
            opening = asyncio.get_running_loop().create_task(self._open(tenant, opening), name=f"open {tenant}")
        self._cells[tenant] = opening
        try:
            return await asyncio.shield(opening)
        except KeyError:  # whoever guesses names fills no memory
            if self._cells.get(tenant) is opening:
                del self._cells[tenant]
                del self._opened_us[tenant]
            raise

    async def _opened(self, tenant: str) -> Cell | Answer:
        """Return a tenant's cell, or what its callers are told instead."""
        try:
            return await self.cell(tenant)
        except KeyError:
            return answers.refused(TenantNotFound(field="tenant", tenant=tenant))
        except NotOpenedError:  # its fault stands in the log already
            return FAILED
        except Exception:
            logger.exception("tenant %s cannot be opened", tenant)
            return FAILED

    async def _open(self, tenant: str, ended: asyncio.Task[Cell] | None) -> Cell:
        damaged = await _stopped(ended) if ended else set[int]()
        await self._make_room()
        storage = self._env.storage
        log = storage.log(tenant)
        home = states.Home(tenant, self.domain_of(tenant), storage, log)
        try:
            await log.sync()  # what a process has written that died before its sync is believed from here on
            choice = await states.choose(home, damaged)
        except BaseException:
            await log.close()
            raise
        self._env.meter.count("cells_opened")
        return Cell(tenant, self._env, log, self._prepared(home, choice.derived), choice.old)

    async def _prepared(self, home: states.Home, found: Derived | None) -> Derived:
        """Bring a state to where its log is, and count what that took."""
        clock, meter = self._env.clock, self._env.meter
        begun_us, before = clock.elapsed_us(), found.state.pos.event if found else 0
        derived = await states.prepare(home, found, self._report(home.tenant))
        if derived is not found:
            before = 0
            meter.count("state_rebuilds")
        meter.count("replay_events", derived.state.pos.event - before)
        meter.observe("replay_seconds", (clock.elapsed_us() - begun_us) / 1e6)
        return derived

    async def _make_room(self) -> None:
        """Close the cells that were not called for longest, of those that nobody waits for."""
        most = 0 if self._env.buggify("cells that nobody waits for are closed") else self._open_cells_max
        too_many = len(self._cells) - most
        for tenant, opening in list(self._cells.items())[: max(0, too_many)]:
            if opening.done() and (_ended(opening) or opening.result().idle):
                await self.close(tenant)

    def _report(self, tenant: str) -> Progress:
        """Note the progress of a replay, and log that of a long one, a line for each tenth."""
        tenths = 0

        def report(done: int, total: int) -> None:
            nonlocal tenths
            self.replays[tenant] = (done, total)
            if 10 * done // total > tenths:
                tenths = 10 * done // total
                logger.info("tenant %s: replayed %s of %s events", tenant, f"{done:,}", f"{total:,}")

        return report


async def _stopped(opening: asyncio.Task[Cell]) -> set[int]:
    """Stop a cell, and return the number of the state that it found to be damaged."""
    await asyncio.wait([opening])
    if _failed(opening):
        return set()
    await opening.result().stop()
    return {opening.result().damaged}


def _id_too_long(request_id: str) -> Answer:
    chars = len(request_id)
    return answers.refused(RequestIdTooLong(field="request-id", chars=chars, most=REQUEST_ID_CHARS_MAX))


def _never_opened(opening: asyncio.Task[Cell]) -> bool:
    return opening.done() and (_failed(opening) or not (opening.result().alive or opening.result().ready))


def _ended(opening: asyncio.Task[Cell]) -> bool:
    return opening.done() and (_failed(opening) or not opening.result().alive)


def _failed(opening: asyncio.Task[Cell]) -> bool:
    return opening.cancelled() or opening.exception() is not None
