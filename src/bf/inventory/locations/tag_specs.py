"""Specs of tagging locations."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import LocationAdded, LocationMoved, LocationsTagged
from bf.inventory.api.requests_pb2 import TagLocationsReq, TagLocationsResp
from bf.inventory.errors import (
    Blank,
    LocationNotFound,
    NothingAsked,
    RootHoldsNothing,
    TagBothWays,
    TooLong,
    TooMany,
    TooManyTags,
)
from bf.inventory.limits import LOCATION_TAGS_MAX, TAG_CHARS_MAX, TAGGED_LOCATIONS_MAX

STORY = "docs/stories.md#finding-places-by-their-tags"

BOX_1, BOX_2, YARD = u(1), u(2), u(3)

TWO_CONTAINERS = (
    LocationAdded(uid=BOX_1, name="Container 1", parent=u(0)),
    LocationAdded(uid=BOX_2, name="Container 2", parent=u(0)),
    LocationAdded(uid=YARD, name="Yard", parent=u(0)),
)

ONE_IS_TAGGED = (*TWO_CONTAINERS, LocationsTagged(locations=[BOX_1], added=["in transit", "reefer"]))

MANY_TAGS = [f"tag {number}" for number in range(LOCATION_TAGS_MAX)]

SPECS = [
    Spec(
        name="several locations get several tags at once",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1, BOX_2], add=["in transit", "reefer"]),
        then=TagLocationsResp(),
        events=[LocationsTagged(locations=[BOX_1, BOX_2], added=["in transit", "reefer"])],
    ),
    Spec(
        name="one tag takes the place of another in one request",
        story=STORY,
        given=ONE_IS_TAGGED,
        when=TagLocationsReq(locations=[BOX_1], add=["arrived"], remove=["in transit"]),
        then=TagLocationsResp(),
        events=[LocationsTagged(locations=[BOX_1], added=["arrived"], removed=["in transit"])],
    ),
    Spec(
        name="only locations for which a tag changes something are in the event",
        story=STORY,
        given=ONE_IS_TAGGED,
        when=TagLocationsReq(locations=[BOX_1, BOX_2], add=["reefer"]),
        then=TagLocationsResp(),
        events=[LocationsTagged(locations=[BOX_2], added=["reefer"])],
    ),
    Spec(
        name="a tag that is there already and one that is not there change nothing",
        story=STORY,
        given=ONE_IS_TAGGED,
        when=TagLocationsReq(locations=[BOX_1], add=["reefer"], remove=["empty"]),
        then=TagLocationsResp(),
    ),
    Spec(
        name="locations and tags that are named twice count once",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1, BOX_1], add=["reefer", "reefer"], remove=["empty", "empty"]),
        then=TagLocationsResp(),
        events=[LocationsTagged(locations=[BOX_1], added=["reefer"], removed=["empty"])],
    ),
    Spec(
        name="tags stay on a location that moves",
        story=STORY,
        given=(*ONE_IS_TAGGED, LocationMoved(uid=BOX_1, old_parent=u(0), new_parent=YARD)),
        when=TagLocationsReq(locations=[BOX_1], add=["in transit"]),
        then=TagLocationsResp(),
    ),
    Spec(
        name="a tag is not added and removed by one request",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1], add=["full"], remove=["empty", "full"]),
        refused=TagBothWays(field="remove[1]", tag="full"),
    ),
    Spec(
        name="tagging names a location",
        story=STORY,
        when=TagLocationsReq(add=["reefer"]),
        refused=NothingAsked(field="locations"),
    ),
    Spec(
        name="tagging names a tag",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1]),
        refused=NothingAsked(field="add"),
    ),
    Spec(
        name="a tag has something to read",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1], add=["reefer", " "]),
        refused=Blank(field="add[1]"),
    ),
    Spec(
        name="a tag is not longer than its limit",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1], remove=["x" * (TAG_CHARS_MAX + 1)]),
        refused=TooLong(field="remove[0]", chars=TAG_CHARS_MAX + 1, limit="TAG_CHARS_MAX", most=TAG_CHARS_MAX),
    ),
    Spec(
        name="the root has no tags",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1, u(0)], add=["reefer"]),
        refused=RootHoldsNothing(field="locations[1]"),
    ),
    Spec(
        name="what does not exist gets no tag, and neither does anything else in the request",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1, u(9)], add=["reefer"]),
        refused=LocationNotFound(field="locations[1]", uid=u(9)),
    ),
    Spec(
        name="tagging goes by uid, not by name",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=["Yard"], add=["reefer"]),
        refused=MalformedUid(field="locations[0]", value="Yard"),
    ),
    Spec(
        name="a location takes so many tags and not one more",
        story=STORY,
        given=(*TWO_CONTAINERS, LocationsTagged(locations=[BOX_2], added=MANY_TAGS)),
        when=TagLocationsReq(locations=[BOX_1, BOX_2], add=["reefer"]),
        refused=TooManyTags(field="locations[1]", count=LOCATION_TAGS_MAX + 1, most=LOCATION_TAGS_MAX),
    ),
    Spec(
        name="a full location takes a tag for one that it gives away",
        story=STORY,
        given=(*TWO_CONTAINERS, LocationsTagged(locations=[BOX_2], added=MANY_TAGS)),
        when=TagLocationsReq(locations=[BOX_2], add=["reefer"], remove=["tag 7"]),
        then=TagLocationsResp(),
        events=[LocationsTagged(locations=[BOX_2], added=["reefer"], removed=["tag 7"])],
    ),
    Spec(
        name="one request adds no more tags than a location may have",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1], add=[*MANY_TAGS, "reefer"]),
        refused=TooMany(field="add", count=LOCATION_TAGS_MAX + 1, limit="LOCATION_TAGS_MAX", most=LOCATION_TAGS_MAX),
    ),
    Spec(
        name="one request tags no more locations than its limit",
        story=STORY,
        given=TWO_CONTAINERS,
        when=TagLocationsReq(locations=[BOX_1] * (TAGGED_LOCATIONS_MAX + 1), add=["reefer"]),
        refused=TooMany(
            field="locations",
            count=TAGGED_LOCATIONS_MAX + 1,
            limit="TAGGED_LOCATIONS_MAX",
            most=TAGGED_LOCATIONS_MAX,
        ),
    ),
]
