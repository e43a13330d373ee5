"""Orders in the columns of the "Online Retail" data (UCI Machine Learning Repository, doi.org/10.24432/C5BW33).

One line is one item of an invoice. The real data has bare CR line ends, returns (invoice numbers that start with C),
corrections (negative quantities on other invoices), services (POST, BANK CHARGES …) and codes in either case.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
GOODS = re.compile(r"\d{5}[A-Z]*|DCGS.*")
NUMBER = re.compile(r"[+-]?[0-9]{1,20}")
QUANTITY_MAX = 10**9


class Kind(Enum):
    """What a line means for the stock."""

    SALE = auto()
    RETURN = auto()
    CORRECTION = auto()
    SERVICE = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One item: `units` is always positive, `kind` says which way they go."""

    kind: Kind
    invoice: str
    sku: str
    units: int
    customer: str
    country: str


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that cannot be read, and why."""

    number: int
    reason: str


class NotOrdersError(Exception):
    """The file has other columns."""


def decode(body: bytes) -> str:
    """Read the file's text: UTF-8, or else Windows-1252, in which the whole data set was published."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def read(text: str) -> Iterator[Line | Damage]:
    """Yield what each line after the header says; NotOrdersError if columns are missing.

    An item never spans lines, so that a quote which is left open costs one line and not the rest of the file.
    """
    lines = io.StringIO(text, newline=None)
    try:
        header = _cells(next(lines, ""))
    except csv.Error as error:
        raise NotOrdersError(f"the first line is no CSV: {error}") from error
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise NotOrdersError(f"the first line names no column {', '.join(missing)}")
    places = [header.index(column) for column in COLUMNS]
    for number, line in enumerate(lines, 2):
        try:
            row = _cells(line)
        except csv.Error as error:
            yield Damage(number, f"is no CSV: {error}")
            continue
        if row:
            yield _line(number, row, len(header), places)


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], strict=True), list[str]())


def _line(number: int, row: list[str], width: int, places: list[int]) -> Line | Damage:
    if len(row) != width:
        return Damage(number, f"has {len(row)} columns instead of {width}")
    invoice, code, _, quantity, _, _, customer, country = (row[place].strip() for place in places)
    if not invoice or not code:
        return Damage(number, f"{'StockCode' if invoice else 'InvoiceNo'} is blank")
    if not NUMBER.fullmatch(quantity):
        return Damage(number, f"Quantity is not a number: {quantity!r}")
    units = int(quantity)
    if units == 0 or abs(units) > QUANTITY_MAX:
        return Damage(number, f"Quantity is {units}")
    sku = code.upper()
    return Line(_kind(invoice, sku, units), invoice, sku, abs(units), customer, country)


def _kind(invoice: str, sku: str, units: int) -> Kind:
    if not GOODS.fullmatch(sku):
        return Kind.SERVICE
    if units > 0:
        return Kind.SALE
    return Kind.RETURN if invoice[:1] in "Cc" else Kind.CORRECTION
