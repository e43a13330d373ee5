"""Specs of listing locations by a tag."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import LocationAdded, LocationMoved, LocationsTagged
from bf.inventory.api.requests_pb2 import ListTaggedReq, ListTaggedResp
from bf.inventory.errors import Blank, Negative, TooLong, TooMuchToShow
from bf.inventory.limits import LISTED_LOCATIONS_MAX, TAG_CHARS_MAX

STORY = "docs/stories.md#finding-places-by-their-tags"
Item = ListTaggedResp.Item

PORT, BOX_1, BOX_2, BOX_3 = (u(number) for number in range(1, 5))

CONTAINERS = (
    LocationAdded(uid=PORT, name="Port", parent=u(0)),
    LocationAdded(uid=BOX_1, name="Container 1", parent=PORT),
    LocationAdded(uid=BOX_2, name="Container 2", parent=PORT),
    LocationAdded(uid=BOX_3, name="Container 3", parent=u(0)),
    LocationsTagged(locations=[BOX_3, BOX_1, BOX_2], added=["container"]),
    LocationsTagged(locations=[BOX_2], added=["reefer"]),
)

SPECS = [
    Spec(
        name="locations with a tag are listed in the order of their uids, wherever they lie",
        story=STORY,
        given=CONTAINERS,
        when=ListTaggedReq(tag="container"),
        then=ListTaggedResp(
            items=[
                Item(uid=BOX_1, name="Container 1", parent=PORT),
                Item(uid=BOX_2, name="Container 2", parent=PORT),
                Item(uid=BOX_3, name="Container 3", parent=u(0)),
            ]
        ),
    ),
    Spec(
        name="a tagged location is listed where it lies now",
        story=STORY,
        given=(*CONTAINERS, LocationMoved(uid=BOX_2, old_parent=PORT, new_parent=BOX_3)),
        when=ListTaggedReq(tag="reefer"),
        then=ListTaggedResp(items=[Item(uid=BOX_2, name="Container 2", parent=BOX_3)]),
    ),
    Spec(
        name="a tag that was taken off is not listed",
        story=STORY,
        given=(*CONTAINERS, LocationsTagged(locations=[BOX_2], removed=["reefer"])),
        when=ListTaggedReq(tag="reefer"),
        then=ListTaggedResp(),
    ),
    Spec(
        name="tags are told apart to the letter",
        story=STORY,
        given=CONTAINERS,
        when=ListTaggedReq(tag="Container"),
        then=ListTaggedResp(),
    ),
    Spec(
        name="tagged locations are leafed through in pages",
        story=STORY,
        given=CONTAINERS,
        when=ListTaggedReq(tag="container", after=BOX_1, limit=1),
        then=ListTaggedResp(items=[Item(uid=BOX_2, name="Container 2", parent=PORT)]),
    ),
    Spec(
        name="nobody lists locations by no tag",
        story=STORY,
        given=CONTAINERS,
        when=ListTaggedReq(),
        refused=Blank(field="tag"),
    ),
    Spec(
        name="nobody lists locations by a tag that nobody may have",
        story=STORY,
        when=ListTaggedReq(tag="x" * (TAG_CHARS_MAX + 1)),
        refused=TooLong(field="tag", chars=TAG_CHARS_MAX + 1, limit="TAG_CHARS_MAX", most=TAG_CHARS_MAX),
    ),
    Spec(
        name="a page of tagged locations begins after a uid, not after a name",
        story=STORY,
        when=ListTaggedReq(tag="reefer", after="Container 1"),
        refused=MalformedUid(field="after", value="Container 1"),
    ),
    Spec(
        name="a page of tagged locations has no negative length",
        story=STORY,
        when=ListTaggedReq(tag="reefer", limit=-1),
        refused=Negative(field="limit", number=-1),
    ),
    Spec(
        name="more tagged locations than one answer may show are asked for in pages",
        story=STORY,
        given=[
            event
            for number in range(1, LISTED_LOCATIONS_MAX + 2)
            for event in (
                LocationAdded(uid=u(number), name=f"{number}", parent=u(0)),
                LocationsTagged(locations=[u(number)], added=["bin"]),
            )
        ],
        when=ListTaggedReq(tag="bin"),
        refused=TooMuchToShow(
            limit="LISTED_LOCATIONS_MAX", most=LISTED_LOCATIONS_MAX, remedy="ask in pages with `after` and `limit`"
        ),
        heavy=True,
    ),
]
