"""A node: the cells of one machine, opened when they are first called."""

import asyncio
import logging

from google.protobuf.message import Message

from bf.core.domain import Domain
from bf.core.limits import REQUEST_ID_CHARS_MAX
from bf.core.ports import Answer, Env
from bf.core.refusal import Code, Refusal
from bf.node import answers, cell, replay

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


class Node:
    """Carries out requests for the tenants of one storage."""

    def __init__(self, env: Env, domain: Domain) -> None:
        self._env = env
        self._domain = domain
        self._cells: dict[str, asyncio.Task[cell.Cell]] = {}

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request of a tenant, at most once if it has a `request_id`; `actor` says who asks."""
        if len(request_id) > REQUEST_ID_CHARS_MAX:
            chars = len(request_id)
            return answers.refused(RequestIdTooLong(field="request-id", chars=chars, most=REQUEST_ID_CHARS_MAX))
        try:
            opened = await self._cell(tenant)
        except KeyError:
            return answers.refused(TenantNotFound(field="tenant", tenant=tenant))
        except Exception:
            logger.exception("tenant %s cannot be opened", tenant)
            return cell.FAILED
        return await opened.call(request, request_id, actor)

    async def open_all(self) -> None:
        """Open every tenant, one after the other; one that cannot be opened stops no other."""
        for tenant in self._env.storage.tenants():
            await self._try(tenant)

    async def _try(self, tenant: str) -> None:
        try:
            await self._cell(tenant)
        except Exception:
            logger.exception("tenant %s cannot be opened", tenant)

    async def stop(self) -> None:
        """Let every cell finish what it has begun."""
        cells, self._cells = self._cells, {}
        for opening in cells.values():
            await asyncio.wait([opening])
            if not opening.cancelled() and not opening.exception():
                await opening.result().stop()

    async def _cell(self, tenant: str) -> cell.Cell:
        opening = self._cells.get(tenant)
        if opening is None or _ended(opening):
            opening = asyncio.get_running_loop().create_task(self._open(tenant, opening), name=f"open {tenant}")
            self._cells[tenant] = opening
        try:
            return await asyncio.shield(opening)
        except KeyError:  # whoever guesses names fills no memory
            if self._cells.get(tenant) is opening:
                del self._cells[tenant]
            raise

    async def _open(self, tenant: str, ended: asyncio.Task[cell.Cell] | None) -> cell.Cell:
        if ended and not ended.cancelled() and not ended.exception():
            await ended.result().stop()
        storage = self._env.storage
        log = storage.log(tenant)
        try:
            state = await replay.open_state(tenant, self._domain, storage, log, _report(tenant))
        except BaseException:
            await log.close()
            raise
        return cell.Cell(tenant, self._env.clock, log, state)


def _ended(opening: asyncio.Task[cell.Cell]) -> bool:
    if not opening.done():
        return False
    return opening.cancelled() or opening.exception() is not None or not opening.result().alive


def _report(tenant: str) -> replay.Progress:
    """Log the progress of a long replay, a line for each tenth."""
    tenths = 0

    def report(done: int, total: int) -> None:
        nonlocal tenths
        if 10 * done // total > tenths:
            tenths = 10 * done // total
            logger.info("tenant %s: replayed %s of %s events", tenant, f"{done:,}", f"{total:,}")

    return report
