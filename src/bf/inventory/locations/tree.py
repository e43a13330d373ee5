"""The tree of locations: paths to the root, and how tall everything is."""

from bf.core.tx import Tx
from bf.core.uid import uid_number
from bf.inventory.errors import LocationNotFound
from bf.inventory.limits import LOCATION_DEPTH_MAX

ROOT = 0

Path = tuple[int, ...]
"""A location, what it lies in, and so on; the root is last."""


def find_path(tx: Tx, field: str, uid: str) -> Path:
    """Return the path of the location that a request's `field` names; LocationNotFound."""
    path = _look_up(tx, uid_number(field, uid))
    if path is None:
        raise LocationNotFound(field=field, uid=uid)
    return path


def path_to_root(tx: Tx, location: int) -> Path:
    """Return the path of a location that exists."""
    path = _look_up(tx, location)
    assert path is not None, f"location {location} does not exist"
    assert len(path) <= LOCATION_DEPTH_MAX + 1, f"location {location} lies too deep"
    return path


def raise_heights(tx: Tx, path: Path, height: int) -> None:
    """Note that the first location of a path has something `height` levels below it."""
    for location in path[:-1]:  # the root's height is not kept
        if tx.memo.get(("height", location), 0) >= height:
            return
        tx.memo["height", location] = height
        if not tx.changed("UPDATE location SET height = ?1 WHERE uid = ?2 AND height < ?1", height, location):
            return
        height += 1


def lower_heights(tx: Tx, path: Path) -> None:
    """Note that something left the inside of the first location of a path."""
    for location in path[:-1]:
        row = tx.one(
            """
            SELECT height, coalesce(
                (SELECT max(height) + 1 FROM location WHERE parent = ?1 AND height > 0),
                (SELECT 1 FROM location WHERE parent = ?1 LIMIT 1),
                0)
            FROM location WHERE uid = ?1
            """,
            location,
        )
        assert row is not None, f"location {location} does not exist"
        known, height = row
        if known == height:
            return
        tx.write("UPDATE location SET height = ? WHERE uid = ?", height, location)


def _look_up(tx: Tx, location: int) -> Path | None:
    """Find the path of a location, once in a transaction: appliers that hang one in or elsewhere tell the memo."""
    path: Path | None = tx.memo.get(location)
    if path is None:
        if location == ROOT:
            path = (ROOT,)
        else:
            row = tx.one("SELECT parent FROM location WHERE uid = ?", location)
            if row is None:
                return None
            path = (location, *path_to_root(tx, row[0]))
        tx.memo[location] = path
    return path
