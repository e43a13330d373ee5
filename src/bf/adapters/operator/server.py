"""The node's end of the operator's channel: a socket in the data directory, for the owner of the server and root."""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.operator.limits import (
    CONNECTIONS_COUNT_MAX,
    ORDER_BYTES_MAX,
    ORDER_S_MAX,
    PROGRESS_MS_MIN,
    UNREAD_S_MAX,
)
from bf.adapters.operator.protocol import (
    SOCKET,
    Fault,
    NoOrder,
    Operation,
    OrderTooLong,
    OrderTooSlow,
    Stopping,
    TooManyOperators,
    UnknownOperation,
    line_of,
    read_order,
    refused,
    socket_path,
)
from bf.adapters.sqlite.storage import StorageError
from bf.core.ports import LogError
from bf.core.refusal import Refusal

logger = logging.getLogger("bf.operator")

ROOT_UID = 0
PRIVATE = 0o600
CREDENTIALS = struct.Struct("3i")
"""Linux's ucred: process, user, group."""


class OperatorSocket:
    """Lets operators have work done by a running node."""

    def __init__(
        self, data: Path, operations: Mapping[str, Operation], name: str = SOCKET, *, level: int = logging.INFO
    ) -> None:
        """Listen at a file of this name in the data directory, and log operations at a level."""
        self._data = data
        self._name = name
        self._level = level
        self._operations = operations
        self._server: asyncio.Server | None = None
        self._visits = set[asyncio.Task[None]]()
        self._stopping = False
        self._file = 0
        """The number of the socket's file."""

    async def start(self) -> None:
        """Listen; the caller holds the directory's lock, so a socket that lies there is dead. Raises OSError."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(listening.fileno(), PRIVATE)  # before it has a name: it is never open to others
            with socket_path(self._data, self._name) as path:
                (self._data / self._name).unlink(missing_ok=True)
                listening.bind(path)
            self._file = (self._data / self._name).stat().st_ino
            self._server = await asyncio.start_unix_server(self._visit, sock=listening, limit=ORDER_BYTES_MAX)
        except BaseException:
            listening.close()
            raise

    async def stop(self) -> None:
        """Cancel what is under way, say so, and take the socket away."""
        self._stopping = True
        if self._server is None:
            return
        self._server.close()
        with suppress(OSError):
            if (self._data / self._name).stat().st_ino == self._file:  # another server may have put its own there
                (self._data / self._name).unlink()
        for visit in self._visits:
            visit.cancel()
        if self._visits:
            await asyncio.wait(self._visits)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task, "asyncio runs each visit in a task"
        self._visits.add(task)
        try:
            uid = _peer_uid(writer)
            if uid not in {ROOT_UID, os.geteuid()}:
                logger.warning("uid %s is no operator here; the connection was closed", uid)
                return
            try:
                await _say(writer, await self._answer(reader, writer, uid))
            except asyncio.CancelledError:
                await _say(writer, refused(Stopping()))
        finally:
            self._visits.discard(task)
            _close(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: int) -> Mapping[str, Any]:
        """Carry out what an operator asks for; return the last line."""
        try:
            if self._stopping:
                raise Stopping
            if len(self._visits) > CONNECTIONS_COUNT_MAX:
                raise TooManyOperators(most=CONNECTIONS_COUNT_MAX)
            name, arguments = read_order(await _line(reader))
            if name not in self._operations:
                raise UnknownOperation(field="do", name=name, known=", ".join(sorted(self._operations)))
        except Refusal as refusal:
            logger.warning("uid %s sent an order that was refused: %s", uid, refusal.reason)
            return refused(refusal)
        what = f"{name} {arguments['tenant']!r:.70}" if "tenant" in arguments else name
        logger.log(self._level, "uid %s: %s: begun", uid, what)
        work = asyncio.ensure_future(self._operations[name](arguments, _Reports(writer)))
        reply = await _unless_gone(work, reader)
        logger.log(self._level, "uid %s: %s: %s", uid, what, _outcome(reply))
        return reply


async def _unless_gone(work: "asyncio.Future[Mapping[str, Any]]", reader: asyncio.StreamReader) -> Mapping[str, Any]:
    """Return what became of the work; it is cancelled if the operator goes, says more than one line, or we stop."""
    gone = asyncio.ensure_future(_gone(reader))
    stopped = False
    try:
        await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        stopped = True
    gone.cancel()
    work.cancel()
    await asyncio.wait([work, gone])
    if not work.cancelled():
        return _reply(work)
    return refused(Stopping()) if stopped else {"cancelled": {}}


async def _gone(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        await reader.read(1)


def _reply(work: "asyncio.Future[Mapping[str, Any]]") -> Mapping[str, Any]:
    error = work.exception()
    if error is None:
        return {"done": work.result()}
    if isinstance(error, Refusal):
        return refused(error)
    if isinstance(error, (LogError, StorageError, KeyringError)):  # their sentences are ours and say what to do
        return {"refused": {"reason": type(error).__name__, "message": str(error), "field": ""}}
    logger.error("an operation failed", exc_info=error)
    return refused(Fault())


def _outcome(reply: Mapping[str, Any]) -> str:
    (outcome,) = reply
    return f"refused: {reply['refused']['reason']}" if outcome == "refused" else outcome


class _Reports:
    """Lines of progress: not too many, and none to an operator who does not read."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._next_s = 0.0

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Tell how far an operation is."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_s or self._writer.transport.get_write_buffer_size():
            return
        self._next_s = now_s + PROGRESS_MS_MIN / 1_000
        self._writer.write(line_of({"progress": progress}))


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Read the line that asks for something."""
    try:
        async with asyncio.timeout(ORDER_S_MAX):
            return await reader.readline()
    except ValueError:  # what asyncio makes of a line beyond its limit
        raise OrderTooLong from None
    except TimeoutError:
        raise OrderTooSlow from None
    except OSError:
        raise NoOrder from None


async def _say(writer: asyncio.StreamWriter, reply: Mapping[str, Any]) -> None:
    """Send the last line, and wait until it was read, but not for ever."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(UNREAD_S_MAX):
            writer.write(line_of(reply))
            writer.transport.set_write_buffer_limits(0)
            await writer.drain()


def _close(writer: asyncio.StreamWriter) -> None:
    """Close at once: what was not read by now is not waited for."""
    writer.close() if not writer.transport.get_write_buffer_size() else writer.transport.abort()


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    connected: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = CREDENTIALS.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size))
    return uid
