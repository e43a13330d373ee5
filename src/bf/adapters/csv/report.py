"""Reports as CSV: a line for each product, three numbers for each location, then the totals, then what scripts say."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

from bf.inventory.api.requests_pb2 import GetReportResp

KINDS = ("on hand", "reserved", "available")


def titles(page: GetReportResp) -> list[str]:
    """Name the columns after the locations; those of one name, and the root that has none, by their uids too."""
    names = Counter(column.name for column in page.columns)
    return [
        column.name if column.name and names[column.name] == 1 else f"{column.name} {column.location}".strip()
        for column in page.columns
    ]


def header(page: GetReportResp) -> list[str]:
    """Return the first line of a report."""
    numbers = [f"{title} {kind}" for title in [*titles(page), "total"] for kind in KINDS]
    return ["sku", "product", *numbers, *(computed.script for computed in page.computed)]


def rows(page: GetReportResp) -> Iterator[Sequence[str | int]]:
    """Yield a line for each product of a page."""
    columns = [*page.columns, page.total]
    numbers = [each for column in columns for each in (column.on_hand, column.reserved, column.available)]
    values = [computed.values for computed in page.computed]
    yield from zip(page.skus, page.products, *numbers, *values, strict=True)


def written(lines: Iterator[Sequence[str | int]] | Sequence[Sequence[str | int]]) -> str:
    """Write lines as CSV, RFC 4180."""
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def csv_of(page: GetReportResp) -> str:
    """Write a page with its header."""
    return written([header(page), *rows(page)])
