"""The world of a script's case: a few places with goods, as the case gives them."""

from bf.core.scripts import Plain
from bf.core.uid import UID_PREFIX, uid_text

Stock = dict[str, dict[str, int]]
"""Units by path and SKU."""


class CaseWorld:
    """Places are numbered in the order of their paths, products after them."""

    def __init__(self, stock: Stock, tagged: dict[str, list[str]]) -> None:
        self.stock = stock
        self._tagged = tagged
        paths = {
            "/".join(names[:count]) for path in stock for names in [path.split("/")] for count in range(len(names) + 1)
        }
        self._paths = sorted(paths)
        self._skus = sorted({sku for units in stock.values() for sku in units})

    def find(self, place: str) -> str:
        """Look among the given places."""
        return uid_text(self._paths.index(self._path(place)))

    def path(self, uid: str) -> str:
        """Look among the given places."""
        return self._path(uid)

    def product(self, sku: str) -> str:
        """Return the uid of a product; LookupError."""
        if sku not in self._skus:
            raise LookupError(f"no product has the SKU {sku!r}")
        return uid_text(len(self._paths) + self._skus.index(sku))

    def available(self, place: str, sku: str) -> int:
        """Add up: nothing is reserved in a case."""
        return self.on_hand(place, sku)

    def on_hand(self, place: str, sku: str) -> int:
        """Add up what lies at a place and inside it."""
        self.product(sku)
        path = self._path(place)
        return sum(
            units.get(sku, 0) for other, units in self.stock.items() if not path or f"{other}/".startswith(f"{path}/")
        )

    def children(self, place: str) -> Plain:
        """Look among the given places."""
        path = self._path(place)
        return [self._shown(other) for other in self._paths if other and other.rpartition("/")[0] == path]

    def tagged(self, tag: str) -> Plain:
        """Look among the given tags."""
        return [self._shown(path) for path in sorted(self._path(place) for place in self._tagged.get(tag, []))]

    def _path(self, place: str) -> str:
        if place in self._paths:
            return place
        for number, path in enumerate(self._paths):
            if place.startswith(UID_PREFIX) and place == uid_text(number):
                return path
        raise LookupError(f"there is no location {place!r}")

    def _shown(self, path: str) -> Plain:
        return {"uid": self.find(path), "name": path.rpartition("/")[2]}
