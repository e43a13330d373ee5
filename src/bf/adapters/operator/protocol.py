"""What operators and a node say to each other: one JSON object a line.

A connection carries one operation. The operator sends one line and keeps its end open; the end of what it sends, before
the last line of the answer, cancels the operation.

operator   {"do": "compact", "tenant": "acme"}
node       {"progress": {"what": "replaying the baseline", "done": 5000, "total": 90000}}     any number of these
node       {"done": {...}}   or   {"refused": {"reason": "TenantNotFound", "message": "...", "field": "tenant"}}
"""

import json
import os
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from bf.adapters.operator.limits import ORDER_BYTES_MAX, ORDER_S_MAX
from bf.core.refusal import Code, Refusal

SOCKET = "operator.sock"

Progress = Callable[[Mapping[str, Any]], None]
"""Called with `what` is being done, how much of it is `done`, and the `total`; 0 if nobody knows."""

Operation = Callable[[Mapping[str, Any], Progress], Awaitable[Mapping[str, Any]]]
"""Does what its arguments say; raises a Refusal for what it does not do. It may be cancelled."""


class NoOrder(Refusal):
    """A line that asks for nothing."""

    code = Code.INVALID_ARGUMENT
    text = 'this is no order; send one JSON object in a line: {{"do": "status"}}'


class OrderTooLong(Refusal):
    """A line beyond its limit."""

    code = Code.RESOURCE_EXHAUSTED
    text = f"an order has at most {ORDER_BYTES_MAX} bytes: ORDER_BYTES_MAX"


class OrderTooSlow(Refusal):
    """A line that did not come in time."""

    code = Code.DEADLINE_EXCEEDED
    text = f"no order came within {ORDER_S_MAX} seconds: ORDER_S_MAX"


class UnknownOperation(Refusal):
    """An operation that this node does not know."""

    code = Code.UNIMPLEMENTED
    text = "{field}: there is no operation {name!r}; there are: {known}"
    field: str
    name: str
    known: str


class TooManyOperators(Refusal):
    """One connection more than there may be."""

    code = Code.RESOURCE_EXHAUSTED
    text = "{most} operators are connected already: CONNECTIONS_COUNT_MAX; try again later"
    most: int


class Stopping(Refusal):
    """An operation that was under way, or was asked for, when the server stopped."""

    code = Code.UNAVAILABLE
    text = "the server is stopping: the operation was cancelled"


class Fault(Refusal):
    """An operation that failed in a way that nobody had thought of."""

    code = Code.INTERNAL
    text = "a fault of ours; it is in the server's log"


def line_of(message: Mapping[str, Any]) -> bytes:
    """Write a message as a line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def refused(refusal: Refusal) -> dict[str, Any]:
    """Say a refusal."""
    told = {"reason": refusal.reason, "message": str(refusal), "field": refusal.facts.get("field", "")}
    return {"refused": told}


def read_order(line: bytes) -> tuple[str, dict[str, Any]]:
    """Read an operation's name and arguments; raises NoOrder."""
    order = read_object(line)
    name = order.pop("do", None) if order else None
    if order is None or not isinstance(name, str):
        raise NoOrder
    return name, order


def read_object(line: bytes) -> dict[str, Any] | None:
    """Read a JSON object; None if a line is something else."""
    try:
        message: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", message) if isinstance(message, dict) else None


@contextmanager
def socket_path(data: Path, name: str = SOCKET) -> Generator[str]:
    """Yield a path for a socket of a data directory that is short enough for the system, as long as this is open."""
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{name}"
    finally:
        os.close(folder)
