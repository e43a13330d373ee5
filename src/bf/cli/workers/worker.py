"""One worker of `bf serve --workers`: a node for its share of the tenants, started by the parent and by nobody else.

Its standard input is its end of the line to the parent. The first message says what to do, and carries the lock of the
data directory. Those that follow carry connections, and the sockets to the other workers.
"""

import asyncio
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from google.protobuf.message import Message

from bf.adapters.logs.writing import write_logs
from bf.adapters.machine.clock import MachineClock
from bf.adapters.metrics.joining import said
from bf.adapters.operator.protocol import Operation, Progress
from bf.adapters.operator.server import OperatorSocket
from bf.adapters.workers.channel import NOTHING, Channel, read
from bf.adapters.workers.forwarding import WAITING, Answering, Asking, SharedCalls
from bf.cli.front import OpenFront
from bf.cli.listening import stop_signal
from bf.cli.lookout import Lookout
from bf.cli.packages import domains_of
from bf.cli.serve import unraisable_logged
from bf.cli.usage import UsageError
from bf.cli.wiring import running, started, storage
from bf.cli.workers.orders import HIRED, READY, Orders, socket_name
from bf.core.api.changes_pb2 import ChangesReq
from bf.core.ports import Calls

logger = logging.getLogger("bf.workers")

STDIN = 0
FAILED = 1


def main() -> int:
    """Work until the parent says stop, or has gone."""
    end = socket.socket(fileno=os.dup(STDIN))
    with suppress(OSError):  # the parent has gone, as it reads next
        end.send(HIRED)
    message, lock = read(end)
    if lock == NOTHING:
        return FAILED
    orders = Orders.read(message)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the keys and names of every open tenant
    write_logs(orders.log)
    try:
        with unraisable_logged():
            asyncio.run(_work(orders, end, lock))
    except UsageError as error:
        print(f"worker {orders.share.number}: {error}", file=sys.stderr)
        return FAILED
    return 0


class _Lines:
    """The sockets to the other workers, by their numbers."""

    def __init__(self) -> None:
        self.owners: dict[int, Asking] = {}
        self.askers: dict[int, Answering] = {}
        self._connecting = set[asyncio.Task[Any]]()

    def connect(self, line: Asking | Answering, connection: socket.socket) -> None:
        """Let a line speak on a socket."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_unix_connection(lambda: line, sock=connection))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def close(self) -> None:
        """Send what is still to be said."""
        await asyncio.gather(*(line.close() for line in (*self.owners.values(), *self.askers.values())))


async def _work(orders: Orders, end: socket.socket, lock: int) -> None:
    tenants = storage(orders.data, orders.share.has)
    tenants.hold_lock(lock)
    lookout, clock, lines, stop = Lookout(orders.watching), MachineClock(), _Lines(), stop_signal()
    async with running(tenants, lookout.meter, policy=orders.policy, serving=True) as (node, operations):
        ours = lookout.carried_out(node, clock)
        calls = lookout.taken_in(SharedCalls(orders.share, ours, lines.owners.get), clock)
        domains = domains_of(tenants.root)
        front = OpenFront(tenants.root, tenants.folder, calls, orders.place, lookout.meter, domains=domains)
        tell = {"metrics": _metrics(lookout)}
        name = socket_name(orders.share.number)
        operator = OperatorSocket(tenants.root, {**operations, **tell}, name, level=logging.DEBUG)
        await started(operator, tenants)
        channel = Channel(end, _hearing(front, lines, ours, {**domains.all.requests, WAITING: ChangesReq}), _orphaned)
        channel.send(READY)
        await stop.wait()
        await operator.stop()
        await front.stop()
        await lines.close()
        await lookout.stop()
    channel.close()


def _hearing(
    front: OpenFront, lines: _Lines, ours: Calls, requests: Mapping[str, type[Message]]
) -> Callable[[bytes, int], None]:
    def hear(message: bytes, file: int) -> None:
        """Take what the parent hands over."""
        word, _, number = message.decode().partition(" ")
        if file == NOTHING:
            logger.error("too many files are open: a connection to %s was lost", word)
            return
        connection = socket.socket(fileno=file)
        if word == "visit":
            front.take(connection)
        elif word == "ask":
            lines.owners[int(number)] = Asking()
            lines.connect(lines.owners[int(number)], connection)
        else:
            assert word == "answer", f"the parent says {word}"
            lines.askers[int(number)] = Answering(ours, requests, front.under_way)
            lines.connect(lines.askers[int(number)], connection)

    return hear


def _metrics(lookout: Lookout) -> Operation:
    async def tell(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        del arguments, progress
        return {"pid": os.getpid(), "families": said(lookout.families())}

    return tell


def _orphaned() -> None:
    """End at once, as by kill -9: whoever is alone with its tenants would keep the next server from them."""
    signal.raise_signal(signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
