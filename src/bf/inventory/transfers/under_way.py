"""Transfers under way, and what each has in transit."""

from typing import NamedTuple

from bf.core.tx import Tx
from bf.inventory.errors import TransferNotFound


class UnderWay(NamedTuple):
    """A transfer: two locations, and the units that have left the one and not reached the other, by product."""

    source: int
    destination: int
    in_transit: dict[int, int]


def find_transfer(tx: Tx, code: str) -> UnderWay:
    """Return the transfer under way that a request names; TransferNotFound."""
    row = tx.one("SELECT source, destination FROM transfer WHERE code = ?", code)
    if row is None:
        raise TransferNotFound(field="transfer", transfer=code)
    return UnderWay(row[0], row[1], units_in_transit(tx, code))


def units_in_transit(tx: Tx, code: str) -> dict[int, int]:
    """Return the units that a transfer has in transit, by product and in order; nothing if it is not under way."""
    rows = tx.query("SELECT product, quantity FROM transfer_line WHERE transfer = ? ORDER BY product", code)
    return dict(rows)


def leave_transit(tx: Tx, code: str, product: int, units: int) -> None:
    """Take units out of what a transfer has in transit."""
    if tx.changed(
        "DELETE FROM transfer_line WHERE transfer = ? AND product = ? AND quantity = ?", code, product, units
    ):
        return
    left = tx.changed(
        "UPDATE transfer_line SET quantity = quantity - ? WHERE transfer = ? AND product = ?", units, code, product
    )
    assert left, f"nothing of product {product} is in transit"


def forget_if_empty(tx: Tx, code: str) -> None:
    """Close a transfer that has nothing in transit; its code may be used again."""
    tx.write(
        "DELETE FROM transfer WHERE code = ?1 AND NOT EXISTS (SELECT 1 FROM transfer_line WHERE transfer = ?1)", code
    )
