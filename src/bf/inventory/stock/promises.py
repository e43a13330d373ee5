"""Open reservations and their lines."""

from bf.core.tx import Tx
from bf.core.uid import uid_number
from bf.inventory.errors import ReservationNotFound
from bf.inventory.locations.tree import path_to_root
from bf.inventory.stock.totals import promise

Lines = dict[tuple[int, int], int]
"""Units by product and location."""


def find_lines(tx: Tx, uid: str) -> Lines:
    """Return what the open reservation of a request promises, in order; ReservationNotFound."""
    lines = lines_of(tx, uid_number("reservation", uid))
    if not lines:
        raise ReservationNotFound(uid=uid)
    return lines


def lines_of(tx: Tx, reservation: int) -> Lines:
    """Return what a reservation promises, in order; nothing if it is not open."""
    rows = tx.query(
        "SELECT product, location, quantity FROM reservation_line WHERE reservation = ? ORDER BY product, location",
        reservation,
    )
    return {(product, location): quantity for product, location, quantity in rows}


def promise_line(tx: Tx, reservation: int, product: int, location: int, quantity: int) -> None:
    """Promise units from anywhere inside a location, on top of what the reservation promises there."""
    tx.write(
        """
        INSERT INTO reservation_line VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (reservation, product, location) DO UPDATE SET quantity = quantity + ?4
        """,
        reservation,
        product,
        location,
        quantity,
    )
    promise(tx, path_to_root(tx, location), product, quantity)


def close(tx: Tx, reservation: int) -> None:
    """Give back everything that a reservation promises and forget it."""
    lines = lines_of(tx, reservation)
    tx.memo.setdefault("touched", set()).update(product for product, _ in lines)  # an event names only what is taken
    for (product, location), quantity in lines.items():
        promise(tx, path_to_root(tx, location), product, -quantity)
    tx.write("DELETE FROM reservation_line WHERE reservation = ?", reservation)
    tx.write("DELETE FROM reservation WHERE uid = ?", reservation)
