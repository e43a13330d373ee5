"""What a watcher of a report is told: the whole of it, then the rows that changed, then perhaps the whole again."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from itertools import compress

from google.protobuf.message import Message

from bf.adapters.access.gate import Caller, told
from bf.adapters.grpc.api.watching_pb2 import WatchReportReq, WatchReportResp
from bf.core.api.changes_pb2 import ChangesReq, ChangesResp
from bf.core.ports import Answer, Calls
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import GetLocInventoryReq, GetLocInventoryResp, GetReportReq, GetReportResp
from bf.inventory.domain import INVENTORY
from bf.inventory.limits import REPORT_ROWS_MAX
from bf.inventory.reports.errors import ReportNotFound
from bf.inventory.reports.touched import touched_by

TOLD_ROWS_COUNT_MAX = 100_000
"""Of how many rows a watcher remembers what it told last; one that it has forgotten may be told again unchanged."""

Columns = Sequence[tuple[str, str, bool]]


class RefusedError(Exception):
    """A watcher's question that was refused: so is the call."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message)
        self.answer = answer


class Asking:
    """A caller's questions."""

    def __init__(self, calls: Calls, caller: Caller) -> None:
        self._calls = calls
        self._caller = caller

    async def page(self, request: GetReportReq) -> GetReportResp:
        """Ask for a page; RefusedError."""
        return GetReportResp.FromString(await self._ask(request))

    async def changes(self, request: ChangesReq) -> ChangesResp:
        """Wait for changes; RefusedError at the end of the cell."""
        return ChangesResp.FromString(await self._ask(request))

    async def inside(self, location: str) -> GetLocInventoryResp:
        """Ask what lies inside a location: one product more than a page may have, if there are so many."""
        return GetLocInventoryResp.FromString(
            await self._ask(GetLocInventoryReq(location=location, limit=REPORT_ROWS_MAX + 1))
        )

    async def _ask(self, request: Message) -> bytes:
        answer = await self._calls.call(self._caller.tenant, request, "", self._caller.actor)
        if answer.code:
            raise RefusedError(answer)
        return answer.response


class _Told:
    """The numbers that were told last, each row as a hash of them."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._all = True
        """Whether none was forgotten, so that a row which is not here is one of nothing."""

    def news(self, page: GetReportResp) -> list[bool]:
        """Say of each row whether its numbers differ from what was told, and remember them."""
        lists = [numbers for column in page.columns for numbers in (column.on_hand, column.reserved)]
        differs: list[bool] = []
        for at, product in enumerate(page.products):
            row = tuple([numbers[at] for numbers in lists])
            before = self._rows.pop(product, None)
            is_nothing = not any(row)
            differs.append(before != hash(row) if before is not None else not (is_nothing and self._all))
            if not is_nothing:
                self._rows[product] = hash(row)
        while len(self._rows) > TOLD_ROWS_COUNT_MAX:
            del self._rows[next(iter(self._rows))]
            self._all = False
        return differs


class _AnewError(Exception):
    """What was told cannot be told on: the report begins anew."""


async def watch_report(asking: Asking, request: WatchReportReq) -> AsyncGenerator[WatchReportResp]:
    """Yield messages for ever; RefusedError if there is no such report, or none any more."""
    await asking.page(GetReportReq(name=request.name, limit=1))
    while True:
        with suppress(_AnewError):
            async for message in _Round(asking, request).messages():
                yield message


class _Round:
    """The whole of a report, and what changes in it until it has to be told anew."""

    def __init__(self, asking: Asking, request: WatchReportReq) -> None:
        self._asking = asking
        self._name = request.name
        self._prefix = request.sku_prefix
        self._told = _Told()
        self._columns: Columns | None = None

    async def messages(self) -> AsyncGenerator[WatchReportResp]:
        """Yield the pages of the whole, then rows that changed; _AnewError."""
        known, following, begins = (await self._asking.changes(ChangesReq(begin=True))).event, "", True
        while begins or following:
            page = await self._page(GetReportReq(page=following))
            following, page.next_page = page.next_page, ""
            self._told.news(page)
            yield WatchReportResp(page=page, begins=begins, known_position=0 if following else known)
            begins = False
        while True:
            changes = await self._asking.changes(ChangesReq(after=known))
            known = changes.event
            async for page, is_last in self._changed(changes):
                yield WatchReportResp(page=page, known_position=known if is_last else 0)

    async def _changed(self, changes: ChangesResp) -> AsyncGenerator[tuple[GetReportResp, bool]]:
        """Yield the rows that changed, a page at a time, and whether it is the last one."""
        if changes.gap:
            raise _AnewError
        found = touched_by(event for each in changes.events for event in _read(each))
        if self._name in found.dropped:
            raise RefusedError(told(ReportNotFound(field="name", name=self._name)))
        if found.places:
            await self._page(GetReportReq(limit=1))
        named = found.products | set(map(uid_text, changes.touched))
        products = sorted(named | await self._inside(found.moved))
        for at in range(0, len(products), REPORT_ROWS_MAX):
            following, begins = "", True
            while begins or following:
                asked = products[at : at + REPORT_ROWS_MAX]
                page = await self._page(GetReportReq(products=asked, page=following))
                following, page.next_page, begins = page.next_page, "", False
                rows = self._told.news(page)
                if any(rows):
                    yield only(page, rows), not following and at + REPORT_ROWS_MAX >= len(products)

    async def _inside(self, moved: Iterable[str]) -> set[str]:
        """Return which products lie in locations that were moved; _AnewError if they are too many to name."""
        products: set[str] = set()
        for location in sorted(moved):
            items = (await self._asking.inside(location)).items
            products.update(item.product for item in items)
            if len(items) > REPORT_ROWS_MAX:
                raise _AnewError
        return products

    async def _page(self, request: GetReportReq) -> GetReportResp:
        """Ask for a page; _AnewError if the report covers other locations than before."""
        request.name, request.sku_prefix = self._name, self._prefix
        page = await self._asking.page(request)
        columns = [(column.location, column.name, column.nested) for column in page.columns]
        if self._columns is None:
            self._columns = columns
        if columns != self._columns:
            raise _AnewError
        return page


def _read(event: ChangesResp.Event) -> Sequence[Message]:
    """Read an event of the domain; those of packages change no stock."""
    return INVENTORY.read_event(event.type, event.body, INVENTORY.version) if event.type in INVENTORY.events else ()


def only(page: GetReportResp, rows: Sequence[bool]) -> GetReportResp:
    """Leave out the other rows of a page."""
    if all(rows):
        return page
    for column in (*page.columns, page.total):
        for numbers in (column.on_hand, column.reserved, column.available):
            numbers[:] = list(compress(numbers, rows))
    page.products[:] = list(compress(page.products, rows))
    page.skus[:] = list(compress(page.skus, rows))
    return page
