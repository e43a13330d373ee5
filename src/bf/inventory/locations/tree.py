"""The tree of locations: paths to the root, and how tall everything is."""

from collections.abc import Iterable, Sequence

from bf.core.tx import Tx
from bf.core.uid import uid_number
from bf.inventory.errors import LocationNotFound
from bf.inventory.limits import LOCATION_DEPTH_MAX

ROOT = 0


def find_path(tx: Tx, field: str, uid: str) -> list[int]:
    """Return the location that a request's `field` names, what it lies in, and so on; the root is last."""
    location = uid_number(field, uid)
    if location != ROOT and _parent(tx, location) is None:
        raise LocationNotFound(field=field, uid=uid)
    return path_to_root(tx, location)


def path_to_root(tx: Tx, location: int) -> list[int]:
    """Return a location that exists, what it lies in, and so on; the root is last."""
    path = [location]
    while location != ROOT:
        parent = _parent(tx, location)
        assert parent is not None, f"location {location} does not exist"
        path.append(parent)
        location = parent
        assert len(path) <= LOCATION_DEPTH_MAX + 1, f"location {path[0]} lies in a ring"
    return path


def paths_to_root(tx: Tx, locations: Iterable[int]) -> dict[int, list[int]]:
    """Return the path of each location, looked up once however often it is named."""
    paths: dict[int, list[int]] = {}
    for location in locations:
        if location not in paths:
            paths[location] = path_to_root(tx, location)
    return paths


def raise_heights(tx: Tx, path: Sequence[int], height: int) -> None:
    """Note that the first location of a path has something `height` levels below it."""
    for location in path[:-1]:  # the root's height is not kept
        if not tx.changed("UPDATE location SET height = ?1 WHERE uid = ?2 AND height < ?1", height, location):
            return
        height += 1


def lower_heights(tx: Tx, path: Sequence[int]) -> None:
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


def hang(tx: Tx, location: int, parent: int) -> None:
    """Let the paths of this transaction know where a location lies from now on."""
    tx.memo[location] = parent


def _parent(tx: Tx, location: int) -> int | None:
    """Return what a location lies in; None if there is no such location. Looked up once in a transaction."""
    parent = tx.memo.get(location)
    if parent is None:
        row = tx.one("SELECT parent FROM location WHERE uid = ?", location)
        if row is None:
            return None
        parent = tx.memo[location] = row[0]
    return parent
