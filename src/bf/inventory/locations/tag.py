"""Tag locations: give them words of the retailer's own by which they are found again."""

from collections.abc import Sequence

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of
from bf.inventory.api.events_pb2 import LocationsTagged
from bf.inventory.api.requests_pb2 import TagLocationsReq, TagLocationsResp
from bf.inventory.checks import require_items, require_text
from bf.inventory.errors import NothingAsked, RootHoldsNothing, TagBothWays, TooMany, TooManyTags
from bf.inventory.limits import LOCATION_TAGS_MAX, TAG_CHARS_MAX, TAGGED_LOCATIONS_MAX
from bf.inventory.locations.tree import ROOT, find_path


@handles(TagLocationsReq)
def tag_locations(tx: Tx, req: TagLocationsReq) -> TagLocationsResp:
    """Name in the event only the locations for which something changes."""
    require_items("locations", req.locations, "TAGGED_LOCATIONS_MAX", TAGGED_LOCATIONS_MAX)
    if not req.add and not req.remove:
        raise NothingAsked(field="add")
    _require_tags("add", req.add)
    _require_tags("remove", req.remove)
    added, removed = dict.fromkeys(req.add), dict.fromkeys(req.remove)
    for number, tag in enumerate(req.remove):
        if tag in added:
            raise TagBothWays(field=f"remove[{number}]", tag=tag)
    changing: dict[str, None] = {}
    for number, uid in enumerate(req.locations):
        before = _tags_of(tx, f"locations[{number}]", uid)
        after = (before | added.keys()) - removed.keys()
        if len(after) > LOCATION_TAGS_MAX:
            raise TooManyTags(field=f"locations[{number}]", count=len(after), most=LOCATION_TAGS_MAX)
        if after != before:
            changing[uid] = None
    if changing:
        tx.apply(LocationsTagged(locations=changing, added=added, removed=removed))
    return TagLocationsResp()


@applies(LocationsTagged)
def locations_tagged(tx: Tx, event: LocationsTagged) -> None:
    """Put the tags on and take them off."""
    for location in map(number_of, event.locations):
        for tag in event.added:
            tx.write("INSERT INTO location_tag VALUES (?, ?) ON CONFLICT DO NOTHING", location, tag)
        for tag in event.removed:
            tx.write("DELETE FROM location_tag WHERE location = ? AND tag = ?", location, tag)


def _require_tags(field: str, tags: Sequence[str]) -> None:
    if len(tags) > LOCATION_TAGS_MAX:
        raise TooMany(field=field, count=len(tags), limit="LOCATION_TAGS_MAX", most=LOCATION_TAGS_MAX)
    for number, tag in enumerate(tags):
        require_text(f"{field}[{number}]", tag, "TAG_CHARS_MAX", TAG_CHARS_MAX)


def _tags_of(tx: Tx, field: str, uid: str) -> set[str]:
    location = find_path(tx, field, uid)[0]
    if location == ROOT:
        raise RootHoldsNothing(field=field)
    return {tag for (tag,) in tx.query("SELECT tag FROM location_tag WHERE location = ?", location)}
