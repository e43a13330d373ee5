"""Taking a data directory over from the server that runs on it, as at an upgrade: callers notice a short pause."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Mapping
from typing import Any

from bf.adapters.operator.client import NoServerError, ServerGoneError, ask
from bf.adapters.operator.handover import receiving, send
from bf.adapters.operator.protocol import Operation, Progress
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.cli.usage import UsageError
from bf.core.domain import Domain
from bf.core.refusal import Code, Refusal
from bf.node.replay import unwatched
from bf.node.takeover import prepare

logger = logging.getLogger("bf.takeover")

PATIENCE_S = 30
"""How long the server before may take to finish what it has begun."""

ANSWER_S = 0.01
"""How long the server before waits with its end, so that its answer gets out."""

PAUSE_S = 0.002
"""How long to wait before looking again whether it has ended."""


class HandoverFailed(Refusal):
    """A server that could not hand its socket over; it goes on."""

    code = Code.UNAVAILABLE
    text = "the listening socket could not be handed over: {why}"
    why: str


async def take_over(tenants: DirectoryStorage, domain_of: Callable[[str], Domain]) -> socket.socket | None:
    """Make this release's states, then get lock and listening socket from the server before; None if there is none."""
    for tenant in tenants.tenants():
        if await prepare(tenants, domain_of(tenant), tenant, unwatched):
            logger.info("tenant %s: its state for this release is ready", tenant)
    listening = None
    async with receiving(tenants.root) as (name, receive):
        try:
            await ask(tenants.root, "hand_over", {"to": name}, _unwatched)
            listening = await receive()
        except NoServerError:
            logger.info("there is no server to take over from")
        except (Refusal, ServerGoneError, TimeoutError) as error:
            raise UsageError(f"--take-over: the server that runs here does not hand over: {error}") from error
    await _lock(tenants)
    for tenant in tenants.tenants():
        tenants.adopt_next(tenant)
    return listening


def hand_over(tenants: DirectoryStorage, listening: socket.socket) -> Operation:
    """Return the operation that gives the listening socket to the next server and ends this one."""

    async def operation(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        del progress
        try:
            send(tenants.root, str(arguments.get("to", "")), listening)
        except OSError as error:
            raise HandoverFailed(why=error.strerror or type(error).__name__) from error
        asyncio.get_running_loop().call_later(ANSWER_S, signal.raise_signal, signal.SIGTERM)
        return {}

    return operation


async def _lock(tenants: DirectoryStorage) -> None:
    held = StorageError()
    for _ in range(int(PATIENCE_S / PAUSE_S)):
        try:
            return tenants.lock()
        except StorageError as error:
            held = error
        await asyncio.sleep(PAUSE_S)
    raise UsageError(f"--take-over: {held}") from held


def _unwatched(progress: Mapping[str, Any]) -> None:
    """Take no notice of the progress."""
