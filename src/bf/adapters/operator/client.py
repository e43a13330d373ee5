"""The operator's end of the channel: send an order, hear of its progress, and get what came of it."""

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from bf.adapters.operator.limits import REPLY_BYTES_MAX
from bf.adapters.operator.protocol import SOCKET, Progress, line_of, read_object, socket_path
from bf.core.refusal import Code, Told


class NoServerError(Exception):
    """Nobody listens on the data directory's socket; nothing was asked."""


class ServerGoneError(Exception):
    """The server went before it had answered."""


async def ask(
    data: Path, name: str, arguments: Mapping[str, Any], progress: Progress, *, socket_name: str = SOCKET
) -> Mapping[str, Any]:
    """Have an operation done by the server on a data directory; cancelled there if this is cancelled.

    `socket_name` is that of one of its workers. Raises Told if it is refused, NoServerError, ServerGoneError.
    """
    try:
        reader, writer = await _connect(data, socket_name)
    except OSError as error:
        raise NoServerError(f"no server listens on {data}: {error.strerror}") from error
    try:
        writer.write(line_of({"do": name, **arguments}))
        while line := await reader.readline():
            reply = read_object(line) or {}
            if "progress" in reply:
                progress(reply["progress"])
            else:
                return _result(reply)
    except (OSError, ValueError) as error:
        raise ServerGoneError(f"the server on {data} has gone: {type(error).__name__}") from error
    finally:
        writer.transport.abort()  # the end of the connection is what cancels the work
    raise ServerGoneError(f"the server on {data} has gone before it answered")


def _result(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    if "done" in reply:
        return reply["done"]
    refusal = cast("Mapping[str, str]", reply.get("refused", {}))
    raise Told(
        code=Code.FAILED_PRECONDITION,
        message=refusal.get("message", "the server's answer cannot be read; is it of another release?"),
        name=refusal.get("reason", ""),
    )


async def _connect(data: Path, socket_name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(0)
    try:
        with socket_path(data, socket_name) as path:
            await asyncio.get_running_loop().sock_connect(connection, path)
        return await asyncio.open_unix_connection(sock=connection, limit=REPLY_BYTES_MAX)
    except BaseException:
        connection.close()
        raise
