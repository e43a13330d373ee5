"""The rows of a report: which products a page looks at, and what lies of them at its columns.

How products are found decides what a page costs, so each way reads an index in its order and stops:

    all             what lies at each column, by product, side by side     grows with the numbers shown
    by SKU prefix   the catalogue in the order of SKUs                     grows with the products of the prefix
    shortages       the catalogue in the order of uids                     grows with the catalogue
    by products     the products named                                     grows with these

A page looks at a bounded number of products. Where not all of them are shown, it may show few and name a next page.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from bf.core.ports import Row
from bf.core.tx import Tx
from bf.inventory.limits import SKU_CHARS_MAX
from bf.inventory.reports.columns import Column

Cells = dict[int, Row]
"""Product, on hand, reserved and available, by product; one that is not there is not in it."""

LAST_CHAR = "\U0010ffff"

LYING = """
SELECT product, on_hand, reserved, on_hand - reserved FROM stock
WHERE location = ? AND product > ? ORDER BY product LIMIT ?
"""
LYING_OF = """
SELECT product, on_hand, reserved, on_hand - reserved
FROM json_each(?2) CROSS JOIN stock ON location = ?1 AND product = value
"""
PRODUCTS = "SELECT uid, sku FROM json_each(?) CROSS JOIN product ON uid = value ORDER BY uid"
CATALOGUE = "SELECT uid, sku FROM product WHERE uid > ? ORDER BY uid LIMIT ?"
BY_SKU = "SELECT uid, sku FROM product WHERE sku BETWEEN ? AND ? ORDER BY sku LIMIT ?"


class Asked(NamedTuple):
    """Which products a page is about."""

    after: int
    """The last product of the page before; 0 on the first page."""
    most: int
    """How many products it may look at."""
    prefix: str
    products: Sequence[int]
    """Empty: not by products."""
    shortages: bool


class Rows(NamedTuple):
    """Products with their SKUs, in order, and what there is of them at each column."""

    products: Sequence[Row]
    cells: Sequence[Cells]
    more: bool
    """Whether there are more products to look at."""


def read_rows(tx: Tx, columns: Sequence[Column], asked: Asked) -> Rows:
    """Look at the next products of a report."""
    if asked.products or asked.prefix or asked.shortages:
        found = _candidates(tx, asked)
        uids = json.dumps([uid for uid, _ in found[: asked.most]])
        lying = [_cells(tx.query(LYING_OF, column.location, uids)) for column in columns]
        return Rows(found[: asked.most], lying, len(found) > asked.most)
    lying = [_cells(tx.query(LYING, column.location, asked.after, asked.most + 1)) for column in columns]
    uids = sorted(set[int]().union(*lying))
    products = tx.query(PRODUCTS, json.dumps(uids[: asked.most]))
    return Rows(products, lying, len(uids) > asked.most)


def _candidates(tx: Tx, asked: Asked) -> Sequence[Row]:
    """Return the next products of the catalogue, one more than the page may look at."""
    if asked.products:
        named = tx.query(PRODUCTS, json.dumps(asked.products))
        return [(uid, sku) for uid, sku in named if uid > asked.after and sku.startswith(asked.prefix)]
    if asked.prefix:
        before = tx.one("SELECT sku FROM product WHERE uid = ?", asked.after)
        begin = max(asked.prefix, before[0] + "\0") if before else asked.prefix  # the next SKU that there could be
        return tx.query(BY_SKU, begin, asked.prefix + SKU_CHARS_MAX * LAST_CHAR, asked.most + 1)
    return tx.query(CATALOGUE, asked.after, asked.most + 1)


def _cells(rows: Sequence[Row]) -> Cells:
    return {row[0]: row for row in rows}
