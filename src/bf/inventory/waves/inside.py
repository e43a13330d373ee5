"""What a wave may hold: reservations that are placed inside its location."""

from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.errors import PlacedOutside
from bf.inventory.locations.tree import path_to_root
from bf.inventory.stock.promises import Lines


def require_inside(tx: Tx, location: int, reservation: str, lines: Lines) -> None:
    """Refuse a reservation with a line that is promised neither at a location nor inside it."""
    for _, place in lines:
        if location not in path_to_root(tx, place):
            raise PlacedOutside(reservation=reservation, place=uid_text(place), location=uid_text(location))
