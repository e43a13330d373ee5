"""What scripts may look up about a tenant: an allow list, bounded, and the same for a script's own cases."""

from typing import Protocol

from bf.core.refusal import MalformedUid
from bf.core.scripts import Plain, Reads
from bf.core.tx import Tx
from bf.core.uid import UID_PREFIX, number_of, uid_text
from bf.inventory.errors import LocationNotFound
from bf.inventory.limits import SCRIPT_READ_LOCATIONS_MAX
from bf.inventory.locations.tree import ROOT, Path, find_path, path_to_root
from bf.inventory.stock.totals import units_inside


class World(Protocol):
    """Places and goods; a place is named by its uid, or by names from the root such as `Germany/Berlin`."""

    def find(self, place: str) -> str:
        """Return the uid of a place; LookupError."""
        ...

    def path(self, uid: str) -> str:
        """Return the names of a location that exists, from the root on."""
        ...

    def available(self, place: str, sku: str) -> int:
        """Return how many units can be promised from inside a place; LookupError."""
        ...

    def on_hand(self, place: str, sku: str) -> int:
        """Return how many units lie at a place and everything inside it; LookupError."""
        ...

    def children(self, place: str) -> Plain:
        """Return what lies directly inside a place, by name, each with `uid` and `name`; LookupError."""
        ...

    def tagged(self, tag: str) -> Plain:
        """Return the locations with a tag, in the order of their uids, each with `uid` and `name`; LookupError."""
        ...


def reads_of(world: World) -> Reads:
    """Return what a script may call."""
    return {
        "available": world.available,
        "on_hand": world.on_hand,
        "children": world.children,
        "tagged": world.tagged,
    }


class TenantWorld:
    """A tenant's stock, as of this moment of a transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def find(self, place: str) -> str:
        """Look at the tree."""
        return uid_text(self._path(place)[0])

    def path(self, uid: str) -> str:
        """Look at the tree."""
        inside_out = path_to_root(self._tx, number_of(uid))[:-1]
        return "/".join(self.name(location) for location in reversed(inside_out))

    def name(self, location: int) -> str:
        """Return the name of a location that exists."""
        row = self._tx.one("SELECT name FROM location WHERE uid = ?", location)
        assert row is not None, f"location {location} does not exist"
        return row[0]

    def available(self, place: str, sku: str) -> int:
        """Look at the totals here and of all around it, where promises may count on the same goods."""
        product, free = self._product(sku), list[int]()
        for location in self._path(place):
            on_hand, reserved = units_inside(self._tx, location, product)
            free.append(on_hand - reserved)
        return min(free)

    def on_hand(self, place: str, sku: str) -> int:
        """Look at the totals."""
        return units_inside(self._tx, self._path(place)[0], self._product(sku))[0]

    def children(self, place: str) -> Plain:
        """Look at the tree."""
        return self._places(
            "SELECT uid, name FROM location WHERE parent = ? ORDER BY name LIMIT ?", self._path(place)[0]
        )

    def tagged(self, tag: str) -> Plain:
        """Look at the tags."""
        return self._places(
            """
            SELECT uid, name FROM location_tag JOIN location ON location.uid = location_tag.location
            WHERE tag = ? ORDER BY uid LIMIT ?
            """,
            tag,
        )

    def _places(self, sql: str, of: int | str) -> Plain:
        rows = self._tx.query(sql, of, SCRIPT_READ_LOCATIONS_MAX + 1)
        if len(rows) > SCRIPT_READ_LOCATIONS_MAX:
            raise LookupError(f"more than {SCRIPT_READ_LOCATIONS_MAX} locations (SCRIPT_READ_LOCATIONS_MAX)")
        return [{"uid": uid_text(uid), "name": name} for uid, name in rows]

    def _product(self, sku: str) -> int:
        known = self._tx.memo.get(("sku", sku))
        if known is None:
            row = self._tx.one("SELECT uid FROM product WHERE sku = ?", sku)
            if row is None:
                raise LookupError(f"no product has the SKU {sku!r}")
            known = self._tx.memo["sku", sku] = row[0]
        return known

    def _path(self, place: str) -> Path:
        if place.startswith(UID_PREFIX):
            return self._by_uid(place)
        location = ROOT
        for name in place.split("/") if place else ():
            row = self._tx.one("SELECT uid FROM location WHERE parent = ? AND name = ?", location, name)
            if row is None:
                raise LookupError(f"there is no location {place!r}")
            location = row[0]
        return path_to_root(self._tx, location)

    def _by_uid(self, uid: str) -> Path:
        try:
            return find_path(self._tx, "place", uid)
        except (LocationNotFound, MalformedUid):
            raise LookupError(f"no location has the uid {uid}") from None
