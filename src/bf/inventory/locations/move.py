"""Move a location, with everything inside it, under another one."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import LocationMoved
from bf.inventory.api.requests_pb2 import MoveLocationReq, MoveLocationResp
from bf.inventory.errors import BadMove, NameTaken, TooDeep, Uncovered
from bf.inventory.limits import LOCATION_DEPTH_MAX
from bf.inventory.locations.tree import Path, find_path, lower_heights, path_to_root, raise_heights


@handles(MoveLocationReq)
def move_location(tx: Tx, req: MoveLocationReq) -> MoveLocationResp:
    """Refuse what would bend the tree or break a promise; moving to where it lies already changes nothing."""
    old_path = find_path(tx, "uid", req.uid)
    new_path = find_path(tx, "new_parent", req.new_parent)
    if old_path[0] in new_path:  # also covers the root and the location itself
        raise BadMove(uid=req.uid, into=req.new_parent)
    if old_path[1] != new_path[0]:
        _require_room(tx, req, len(new_path))
        _require_promises_kept(tx, old_path, new_path)
        tx.apply(LocationMoved(uid=req.uid, old_parent=uid_text(old_path[1]), new_parent=req.new_parent))
    return MoveLocationResp()


@applies(LocationMoved)
def location_moved(tx: Tx, event: LocationMoved) -> None:
    """Hang the location in elsewhere; what is inside it counts there now, and no longer where it was."""
    location, new_parent = number_of(event.uid), number_of(event.new_parent)
    old_path = path_to_root(tx, location)[1:]
    new_path = path_to_root(tx, new_parent)
    assert location not in new_path, f"location {location} would lie inside itself"
    row = tx.one("SELECT height FROM location WHERE uid = ?", location)
    assert row is not None, f"location {location} does not exist"
    tx.write("UPDATE location SET parent = ? WHERE uid = ?", new_parent, location)
    tx.memo.clear()  # it knows the paths of what is inside
    lower_heights(tx, old_path)
    raise_heights(tx, new_path, row[0] + 1)
    for gaining in _without(new_path, old_path):
        tx.write(
            """
            INSERT INTO stock SELECT ?1, product, 0, on_hand, reserved FROM stock WHERE location = ?2
            ON CONFLICT (location, product) DO UPDATE
            SET on_hand = on_hand + excluded.on_hand, reserved = reserved + excluded.reserved
            """,
            gaining,
            location,
        )
    for losing in _without(old_path, new_path):
        tx.write(
            """
            UPDATE stock SET (on_hand, reserved) = (
                SELECT stock.on_hand - moved.on_hand, stock.reserved - moved.reserved
                FROM stock AS moved WHERE moved.location = ?2 AND moved.product = stock.product)
            WHERE location = ?1 AND product IN (SELECT product FROM stock WHERE location = ?2)
            """,
            losing,
            location,
        )
        tx.write(
            """
            DELETE FROM stock
            WHERE location = ?1 AND on_hand = 0 AND product IN (SELECT product FROM stock WHERE location = ?2)
            """,
            losing,
            location,
        )


def _require_room(tx: Tx, req: MoveLocationReq, depth: int) -> None:
    row = tx.one("SELECT name, height FROM location WHERE uid = ?", number_of(req.uid))
    assert row is not None, f"location {req.uid} does not exist"
    name, height = row
    if depth + height > LOCATION_DEPTH_MAX:
        raise TooDeep(field="uid", depth=depth + height, most=LOCATION_DEPTH_MAX)
    if tx.one("SELECT 1 FROM location WHERE parent = ? AND name = ?", number_of(req.new_parent), name):
        raise NameTaken(field="uid", name=name, parent=req.new_parent)


def _require_promises_kept(tx: Tx, old_path: Path, new_path: Path) -> None:
    location = old_path[0]
    for losing in _without(old_path[1:], new_path):
        row = tx.one(
            """
            SELECT moved.product FROM stock AS moved CROSS JOIN stock AS held
            ON held.location = ?2 AND held.product = moved.product
            WHERE moved.location = ?1 AND held.on_hand - moved.on_hand < held.reserved - moved.reserved
            LIMIT 1
            """,
            location,
            losing,
        )
        if row:
            raise Uncovered(uid=uid_text(location), product=uid_text(row[0]), location=uid_text(losing))


def _without(path: Path, other: Path) -> Path:
    return tuple(location for location in path if location not in other)
