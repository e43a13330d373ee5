"""What lies where and what is promised, kept as totals along the path from a location to the root.

The rule that must hold after every event, for every product and location: reserved inside <= on hand inside.
"""

from collections.abc import Iterable, Mapping

from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.errors import NotAvailable, NotOnHand, StockFull
from bf.inventory.limits import ON_HAND_UNITS_MAX
from bf.inventory.locations.tree import ROOT, Path


def units_here(tx: Tx, location: int, product: int) -> int:
    """Return how many units lie at this very location."""
    row = tx.one("SELECT here FROM stock WHERE location = ? AND product = ?", location, product)
    return row[0] if row else 0


def require_here(tx: Tx, location: int, product: int, units: int) -> int:
    """Refuse to take more than lies at this very location; return how many units would be left."""
    here = units_here(tx, location, product)
    if here < units:
        raise NotOnHand(location=uid_text(location), product=uid_text(product), on_hand=here, asked=units)
    return here - units


def require_room(tx: Tx, product: int, units: int) -> None:
    """Refuse units beyond what a tenant may hold of a product."""
    on_hand, _ = units_inside(tx, ROOT, product)
    if on_hand + units > ON_HAND_UNITS_MAX:
        raise StockFull(product=uid_text(product), on_hand=on_hand + units, most=ON_HAND_UNITS_MAX)


def units_inside(tx: Tx, location: int, product: int) -> tuple[int, int]:
    """Return on hand and reserved, at a location and everything inside it."""
    row = tx.one("SELECT on_hand, reserved FROM stock WHERE location = ? AND product = ?", location, product)
    return (row[0], row[1]) if row else (0, 0)


def require_available(tx: Tx, path: Iterable[int], product: int, units: int) -> None:
    """Refuse to take or promise more than is free at any location of a path."""
    for location in path:
        on_hand, reserved = units_inside(tx, location, product)
        if on_hand - reserved < units:
            raise NotAvailable(
                location=uid_text(location), product=uid_text(product), available=on_hand - reserved, asked=units
            )


def require_all_available(tx: Tx, promises: Mapping[tuple[Path, int], int]) -> None:
    """Refuse promises, by path and product, that are too many together: what they lie in has to have all of them."""
    asked: dict[tuple[int, int], int] = {}
    for (path, product), units in promises.items():
        for location in path:
            asked[location, product] = asked.get((location, product), 0) + units
    for (location, product), units in asked.items():
        require_available(tx, (location,), product, units)


def put(tx: Tx, path: Iterable[int], product: int, units: int) -> None:
    """Lay units down at the first location of a path."""
    here = units
    for location in path:
        tx.write(
            """
            INSERT INTO stock VALUES (?1, ?2, ?3, ?4, 0)
            ON CONFLICT (location, product) DO UPDATE SET here = here + ?3, on_hand = on_hand + ?4
            """,
            location,
            product,
            here,
            units,
        )
        here = 0


def take(tx: Tx, path: Iterable[int], product: int, units: int) -> None:
    """Take units away from the first location of a path; rows of nothing go too."""
    here, emptied = units, True
    for location in path:
        taken = tx.changed(
            "UPDATE stock SET here = here - ?3, on_hand = on_hand - ?4 WHERE location = ?1 AND product = ?2",
            location,
            product,
            here,
            units,
        )
        assert taken, f"nothing of product {product} lies inside location {location}"
        if emptied:  # only what holds nothing but an empty location can be empty
            emptied = tx.changed(
                "DELETE FROM stock WHERE location = ? AND product = ? AND on_hand = 0", location, product
            )
        here = 0


def promise(tx: Tx, path: Iterable[int], product: int, units: int) -> None:
    """Promise units from inside the first location of a path; negative units give a promise back."""
    for location in path:
        promised = tx.changed(
            "UPDATE stock SET reserved = reserved + ?3 WHERE location = ?1 AND product = ?2", location, product, units
        )
        assert promised, f"nothing of product {product} lies inside location {location}"
