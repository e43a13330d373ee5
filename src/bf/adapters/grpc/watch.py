"""WatchReport: a report, and then the rows of it that change, as a stream of messages.

Rules of this file:
1. A watcher is told which products were touched, and asks for their newest numbers when its reader has read what it was
   sent. So nothing queues up behind a slow reader.
2. It asks as its caller would, by ordinary queries; so it works wherever calls are carried out, in other workers too.
3. What changed while the pages of the first part were read comes right after them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing, contextmanager
from functools import partial
from typing import Any, cast

from grpclib.const import Cardinality, Handler
from grpclib.server import Stream

from bf.adapters.access.gate import Caller, Gate, Visit, told
from bf.adapters.front.limits import REQUEST_S_MAX, WATCHERS_COUNT_MAX
from bf.adapters.front.under_way import Stopping, UnderWay
from bf.adapters.grpc.api.watching_pb2 import DESCRIPTOR, WatchReportReq, WatchReportResp
from bf.adapters.grpc.call import Metadata, Unary, admit, error_of, in_time, send
from bf.adapters.grpc.codec import parsed, read_body
from bf.adapters.grpc.rows import Asking, RefusedError, watch_report
from bf.core.domain import Domain
from bf.core.ports import Calls
from bf.core.refusal import Code, Refusal
from bf.inventory.api.requests_pb2 import GetReportReq

REPORTS = DESCRIPTOR.services_by_name["ReportService"]


class TooManyWatchers(Refusal):
    """One watcher more than a tenant may have."""

    code = Code.RESOURCE_EXHAUSTED
    text = "{count} calls watch reports of this tenant already; WATCHERS_COUNT_MAX allows {most}"
    count: int
    most: int


class Watching:
    """Lets callers watch reports."""

    def __init__(self, domain: Domain, calls: Calls, gate: Gate, under_way: UnderWay) -> None:
        self._domain = domain
        self._calls = calls
        self._gate = gate
        self._under_way = under_way
        self._watchers = Counter[str]()

    def __mapping__(self) -> dict[str, Handler]:
        """Return what grpclib asks of a service: a handler for each path."""
        return self.mapping(Visit())

    def mapping(self, visit: Visit) -> dict[str, Handler]:
        """Return a handler for each path, for the calls of one connection."""

        async def watch(stream: Stream[Any, Any]) -> None:
            let_in = partial(admit, self._gate, visit, cast("Metadata", stream.metadata), GetReportReq)
            try:
                caller = let_in()
                body = await in_time(read_body(stream), REQUEST_S_MAX, "REQUEST_S_MAX")
                request = parsed(body, WatchReportReq)
                with self._place(caller.tenant):
                    messages = watch_report(Asking(self._calls, caller), request)
                    await self._until_stopping(_tell(stream, messages, let_in))
            except Refusal as refusal:
                raise error_of(told(refusal), self._domain.name) from None
            except RefusedError as refused:
                raise error_of(refused.answer, self._domain.name) from None

        path = f"/{REPORTS.full_name}/WatchReport"
        return {path: Handler(watch, Cardinality.UNARY_STREAM, WatchReportReq, WatchReportResp)}

    def unary(self, visit: Visit) -> dict[str, Unary]:
        """Return nothing: a watcher is told many things."""
        del visit
        return {}

    @contextmanager
    def _place(self, tenant: str) -> Generator[None]:
        if self._watchers[tenant] >= WATCHERS_COUNT_MAX:
            raise TooManyWatchers(count=self._watchers[tenant], most=WATCHERS_COUNT_MAX)
        self._watchers[tenant] += 1
        try:
            yield
        finally:
            self._watchers[tenant] -= 1
            if not self._watchers[tenant]:
                del self._watchers[tenant]

    async def _until_stopping(self, tell: Coroutine[Any, Any, None]) -> None:
        """Tell what changes until the server stops, the report is dropped or the reader goes."""
        loop = asyncio.get_running_loop()
        telling = loop.create_task(tell)
        stopping = loop.create_task(self._under_way.stopping.wait())
        try:
            await asyncio.wait([telling, stopping], return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
            raise Stopping
        finally:
            telling.cancel()
            stopping.cancel()
            await asyncio.wait([telling, stopping])


async def _tell(
    stream: Stream[Any, Any], messages: AsyncGenerator[WatchReportResp], let_in: Callable[[], Caller]
) -> None:
    async with aclosing(messages):
        async for message in messages:
            let_in()  # a token may have been revoked meanwhile
            await send(stream, message.SerializeToString())
