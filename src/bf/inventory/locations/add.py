"""Add locations, nested to any depth: all of them or none."""

from collections.abc import Iterable, Sequence

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of
from bf.inventory.api.events_pb2 import LocationAdded
from bf.inventory.api.requests_pb2 import AddLocationsReq, AddLocationsResp
from bf.inventory.checks import require_text
from bf.inventory.errors import NameTaken, NothingAsked, TooDeep, TooMany
from bf.inventory.limits import ADDED_LOCATIONS_MAX, LOCATION_DEPTH_MAX, NAME_CHARS_MAX
from bf.inventory.locations.tree import find_path, path_to_root, raise_heights


@handles(AddLocationsReq)
def add_locations(tx: Tx, req: AddLocationsReq) -> AddLocationsResp:
    """Number the locations depth-first, parents before children; the answer mirrors the request's tree."""
    depth = len(find_path(tx, "parent", req.parent))
    if not req.locs:
        raise NothingAsked(field="locs")
    count = _count(req.locs)
    if count > ADDED_LOCATIONS_MAX:
        raise TooMany(field="locs", count=count, limit="ADDED_LOCATIONS_MAX", most=ADDED_LOCATIONS_MAX)
    return AddLocationsResp(locs=_add_inside(tx, req.parent, depth, "locs", req.locs))


@applies(LocationAdded)
def location_added(tx: Tx, event: LocationAdded) -> None:
    """Hang the location into the tree."""
    path = path_to_root(tx, number_of(event.parent))
    uid = tx.created(event.uid)
    tx.write("INSERT INTO location (uid, name, parent) VALUES (?, ?, ?)", uid, event.name, path[0])
    tx.memo[uid] = (uid, *path)
    raise_heights(tx, path, 1)


def _count(locs: Sequence[AddLocationsReq.Loc]) -> int:
    return len(locs) + sum(_count(loc.locs) for loc in locs if loc.locs)


def _add_inside(
    tx: Tx, parent: str, depth: int, field: str, locs: Iterable[AddLocationsReq.Loc]
) -> list[AddLocationsResp.Loc]:
    if depth > LOCATION_DEPTH_MAX:
        raise TooDeep(field=field, depth=depth, most=LOCATION_DEPTH_MAX)
    added: list[AddLocationsResp.Loc] = []
    for number, loc in enumerate(locs):
        here = f"{field}[{number}]"
        uid = _add(tx, parent, f"{here}.name", loc.name)
        inside = _add_inside(tx, uid, depth + 1, f"{here}.locs", loc.locs) if loc.locs else None
        added.append(AddLocationsResp.Loc(name=loc.name, uid=uid, parent=parent, locs=inside))
    return added


def _add(tx: Tx, parent: str, field: str, name: str) -> str:
    require_text(field, name, "NAME_CHARS_MAX", NAME_CHARS_MAX)
    if tx.one("SELECT 1 FROM location WHERE parent = ? AND name = ?", number_of(parent), name):
        raise NameTaken(field=field, name=name, parent=parent)
    uid = tx.next_uid()
    tx.apply(LocationAdded(uid=uid, name=name, parent=parent))
    return uid
