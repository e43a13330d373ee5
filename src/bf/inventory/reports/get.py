"""Get a report: per product, what is on hand, reserved and available at each of its locations, in pages."""

from collections.abc import Sequence

from bf.core.feature import handles
from bf.core.ports import Row
from bf.core.scripts import Script
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import GetReportReq, GetReportResp
from bf.inventory.checks import require_short
from bf.inventory.errors import Negative, TooMany
from bf.inventory.limits import REPORT_CELLS_MAX, REPORT_ROWS_MAX, SCRIPTS_COUNT_MAX, SKU_CHARS_MAX
from bf.inventory.products.catalogue import find_product
from bf.inventory.reports import paging
from bf.inventory.reports.columns import Column, columns_of
from bf.inventory.reports.rows import Asked, Cells, Rows, read_rows
from bf.inventory.scripts.asking import REPORT, ask_report, find_script
from bf.inventory.scripts.decisions import Row as ScriptRow

NOTHING = (0, 0, 0, 0)


@handles(GetReportReq)
def get_report(tx: Tx, req: GetReportReq) -> GetReportResp:
    """Show products with something on hand, or shortages, or those named; all of one moment, and say which."""
    require_short("sku_prefix", req.sku_prefix, "SKU_CHARS_MAX", SKU_CHARS_MAX)
    for field, number in (("least", req.least), ("limit", req.limit)):
        if number < 0:
            raise Negative(field=field, number=number)
    columns = columns_of(tx, req.name)
    scripts = _scripts(tx, req)
    first, after = paging.read(tx, "page", req.page)
    rows = read_rows(tx, columns, Asked(after, _most(req, columns), req.sku_prefix, _products(tx, req), req.least > 0))
    shown = _shown(columns, rows, req)
    more = shown[: req.limit or None]
    resp = GetReportResp(position=tx.position, time_us=tx.now_us, first_position=first)
    resp.products.extend([uid_text(uid) for uid, _ in more])
    resp.skus.extend([sku for _, sku in more])
    _fill(resp, columns, rows.cells, [uid for uid, _ in more])
    for script in scripts:
        resp.computed.add(script=script.name, values=ask_report(tx.scripts, script, _totals(resp)).values)
    if len(more) < len(shown) or rows.more:
        resp.next_page = paging.written(first, (more if len(more) < len(shown) else rows.products)[-1][0])
    return resp


def _scripts(tx: Tx, req: GetReportReq) -> list[Script]:
    if len(req.computed) > SCRIPTS_COUNT_MAX:
        raise TooMany(field="computed", count=len(req.computed), limit="SCRIPTS_COUNT_MAX", most=SCRIPTS_COUNT_MAX)
    return [find_script(tx, f"computed[{at}]", REPORT, name) for at, name in enumerate(req.computed)]


def _totals(resp: GetReportResp) -> list[ScriptRow]:
    """Return what a script sees of each product."""
    total = resp.total
    return [*map(ScriptRow, resp.skus, total.on_hand, total.reserved, total.available)]


def _most(req: GetReportReq, columns: Sequence[Column]) -> int:
    """Return how many products a page looks at; with a filter, more than it may show."""
    most = min(REPORT_ROWS_MAX, REPORT_CELLS_MAX // max(1, len(columns)))
    return most if req.sku_prefix or req.least else min(most, req.limit or most)


def _products(tx: Tx, req: GetReportReq) -> list[int]:
    if len(req.products) > REPORT_ROWS_MAX:
        raise TooMany(field="products", count=len(req.products), limit="REPORT_ROWS_MAX", most=REPORT_ROWS_MAX)
    return sorted({find_product(tx, f"products[{at}]", uid) for at, uid in enumerate(req.products)})


def _shown(columns: Sequence[Column], rows: Rows, req: GetReportReq) -> Sequence[Row]:
    """Leave out products that are not asked for."""
    outer = [cells for column, cells in zip(columns, rows.cells, strict=True) if not column.nested]
    if req.least:
        return [row for row in rows.products if sum(cells.get(row[0], NOTHING)[3] for cells in outer) < req.least]
    if req.sku_prefix and not req.products:
        return [row for row in rows.products if any(row[0] in cells for cells in outer)]
    return rows.products


def _fill(resp: GetReportResp, columns: Sequence[Column], cells: Sequence[Cells], products: Sequence[int]) -> None:
    """Write the numbers column by column: few long lists are made much faster than many short ones."""
    outer: list[GetReportResp.Column] = []
    for column, there in zip(columns, cells, strict=True):
        made = resp.columns.add(location=uid_text(column.location), name=column.name, nested=column.nested)
        if products:
            _, on_hand, reserved, available = zip(*[there.get(product, NOTHING) for product in products], strict=True)
            made.on_hand.extend(on_hand)
            made.reserved.extend(reserved)
            made.available.extend(available)
        if not column.nested:
            outer.append(made)
    none = [0] * len(products)
    resp.total.on_hand.extend(map(sum, zip(none, *(column.on_hand for column in outer), strict=True)))
    resp.total.reserved.extend(map(sum, zip(none, *(column.reserved for column in outer), strict=True)))
    resp.total.available.extend(map(sum, zip(none, *(column.available for column in outer), strict=True)))
