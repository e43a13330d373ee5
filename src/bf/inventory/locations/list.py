"""List a location with everything inside it; the root is not listed itself."""

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.requests_pb2 import ListLocationsReq, ListLocationsResp
from bf.inventory.errors import Negative, TooMuchToShow
from bf.inventory.limits import LISTED_LOCATIONS_MAX, LOCATION_DEPTH_MAX
from bf.inventory.locations.tree import ROOT, find_path

Loc = ListLocationsResp.Loc


@handles(ListLocationsReq)
def list_locations(tx: Tx, req: ListLocationsReq) -> ListLocationsResp:
    """Show as many levels as asked, siblings in the order of their uids."""
    location = find_path(tx, "location", req.location)[0]
    if req.levels < 0:
        raise Negative(field="levels", number=req.levels)
    rows = tx.query(
        OF_ROOT if location == ROOT else OF_ONE, location, req.levels or LOCATION_DEPTH_MAX, LISTED_LOCATIONS_MAX + 1
    )
    if len(rows) > LISTED_LOCATIONS_MAX:
        raise TooMuchToShow(
            limit="LISTED_LOCATIONS_MAX",
            most=LISTED_LOCATIONS_MAX,
            remedy="ask for fewer levels, or for a location inside",
        )
    resp = ListLocationsResp()
    shown: dict[int, Loc] = {}
    for uid, name, parent in rows:  # parents come before their children
        siblings = shown[parent].children if parent in shown else resp.locs
        shown[uid] = siblings.add(name=name, uid=uid_text(uid), parent=uid_text(parent))
    return resp


OF_ONE = """
WITH RECURSIVE inside (uid, name, parent, level) AS (
    SELECT uid, name, parent, 1 FROM location WHERE uid = ?1
    UNION ALL
    SELECT location.uid, location.name, location.parent, level + 1
    FROM inside CROSS JOIN location ON location.parent = inside.uid
    WHERE level < ?2
    ORDER BY 4, 1
)
SELECT uid, name, parent FROM inside LIMIT ?3
"""
OF_ROOT = OF_ONE.replace("WHERE uid = ?1", "WHERE parent = ?1")
