"""What a page of a report costs in a small tenant and in a large one, in process, the tenants in turn.

    python bench/reports.py [--size 100000] [--quick] [--json]

The large tenant has so many locations (zones of ten rows of ten shelves of ten bins), a tenth as many products, and ten
times as many rows of stock; the small one has 12,000 locations. A cell is a product at a location of the report.
"""

import statistics
from collections.abc import Iterator
from functools import partial
from random import Random

from google.protobuf.message import Message

from bf.adapters.sqlite.database import empty_state
from bf.core.spec import SPEC_NOW_US
from bf.core.uid import uid_text
from bf.inventory.api.events_pb2 import InventoryUpdated, ProductAdded, ReportDefined
from bf.inventory.api.requests_pb2 import GetReportReq, GetReportResp
from bf.inventory.domain import INVENTORY
from figures import FACT, LESS, Figure, Size, run_bench, seconds_of
from tenants import tree

SMALL = 12_000
LARGE = 100_000
DELIVERIES = 2.6
"""For each location; each fills a row of stock at about four levels."""

TURNS, BLOCK = 8, 5
"""How often it is a tenant's turn, and how many pages it is then asked for."""

PAGES = {
    "1 location, 1,000 products": GetReportReq(name="root", limit=1_000),
    "10 locations, 100 products": GetReportReq(name="10", limit=100),
    "100 locations, 10 products": GetReportReq(name="100", limit=10),
    "10 locations, 1,000 products": GetReportReq(name="10", limit=1_000),
    "10 locations, 100 SKUs that begin alike": GetReportReq(name="10", sku_prefix="sku 0000"),
    "10 locations, 100 shortages": GetReportReq(name="10", least=10**9, limit=100),
}


class Tenant:
    """A tree with stock spread over all of it, and reports of some of its rows and of the root."""

    def __init__(self, locations: int) -> None:
        self.state = empty_state(INVENTORY)
        self.state.begin()
        self.state.replay(self._events(locations), SPEC_NOW_US)
        self.state.keep(self.state.pos)
        self.state.commit()

    def _events(self, locations: int) -> Iterator[Message]:
        rows = list[str]()
        zones = set[str]()
        for added in tree(locations):
            yield added
            if added.parent == uid_text(0):
                zones.add(added.uid)
            elif added.parent in zones:
                rows.append(added.uid)
        products = [uid_text(locations + 1 + number) for number in range(max(1_000, locations // 10))]
        for number, product in enumerate(products):
            yield ProductAdded(uid=product, sku=f"sku {number:06}")
        chance = Random(1)  # noqa: S311  # the same tenant each time
        for row in [*rows[:100], *(uid_text(chance.randint(1, locations)) for _ in range(int(locations * DELIVERIES)))]:
            product = chance.choice(products)
            yield InventoryUpdated(location=row, product=product, on_hand_change=9, on_hand=9)
        for row in rows[:10]:
            for product in products[:1_000]:
                yield InventoryUpdated(location=row, product=product, on_hand_change=9, on_hand=9)
        yield ReportDefined(name="root", locations=[uid_text(0)])
        yield ReportDefined(name="10", locations=rows[:10])
        yield ReportDefined(name="100", locations=rows[:100])

    def page(self, request: GetReportReq) -> GetReportResp:
        """Answer a request for a page."""
        response = self.state.execute(request, SPEC_NOW_US).response
        assert isinstance(response, GetReportResp)
        return response


def pages(locations: int) -> Iterator[Figure]:
    """Yield the median time of each page in the large tenant, for each cell, and against the small one."""
    large, small = Tenant(max(SMALL, locations)), Tenant(SMALL)
    (rows,) = large.state.database.execute("SELECT count(*) FROM stock").fetchone() or (0,)
    yield Figure("rows of stock", rows, "rows", FACT)
    for name, request in PAGES.items():
        times: dict[Tenant, list[float]] = {large: [], small: []}
        for _ in range(TURNS):
            for tenant, took in times.items():
                ask = partial(tenant.page, request)
                took += [1_000 * seconds_of(ask) for _ in range(BLOCK)]
        shown = large.page(request)
        cells = len(shown.products) * len(shown.columns)
        median, least = statistics.median(times[large]), min(times[large])
        yield Figure(f"{name}, {cells:,} cells", median, "ms", LESS)
        yield Figure(f"{name}, {cells:,} cells, the fastest", least, "ms", FACT)
        yield Figure(f"{name}, large by small", median / statistics.median(times[small]), "ratio", LESS)


if __name__ == "__main__":
    run_bench(__doc__, {"pages": pages}, Size("locations", usual=LARGE, quick=SMALL))
