"""Specs of adding locations."""

from functools import reduce

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    Cancelled,
    InventoryUpdated,
    LocationAdded,
    LocationMoved,
    ProductAdded,
    Reserved,
)
from bf.inventory.api.requests_pb2 import AddLocationsReq, AddLocationsResp
from bf.inventory.errors import Blank, LocationNotFound, NameTaken, NothingAsked, TooDeep, TooLong, TooMany
from bf.inventory.limits import ADDED_LOCATIONS_MAX, LOCATION_DEPTH_MAX, NAME_CHARS_MAX

STORY = "docs/stories.md#building-a-warehouse"

Loc = AddLocationsReq.Loc
Added = AddLocationsResp.Loc

WAREHOUSE = LocationAdded(uid=u(1), name="Warehouse", parent=u(0))

SHELF_WITH_A_SALE = (
    LocationAdded(uid=u(1), name="Shelf", parent=u(0)),
    ProductAdded(uid=u(2), sku="cola"),
    InventoryUpdated(location=u(1), product=u(2), on_hand_change=10, on_hand=10),
    Reserved(reservation=u(3), code="sale", items=[Reserved.Item(product=u(2), quantity=7, location=u(1))]),
)

# Boxes inside boxes: box 1 stands on the floor, box 2 in box 1, and so on, as deep as allowed.
BOXES = [
    LocationAdded(uid=u(number), name=f"Box {number}", parent=u(number - 1))
    for number in range(1, LOCATION_DEPTH_MAX + 1)
]
ALL_BOXES = reduce(lambda inner, event: Loc(name=event.name, locs=[inner]), BOXES[-2::-1], Loc(name=BOXES[-1].name))
ALL_BOXES_ADDED = reduce(
    lambda inner, event: Added(name=event.name, uid=event.uid, parent=event.parent, locs=[inner]),
    BOXES[-2::-1],
    Added(name=BOXES[-1].name, uid=BOXES[-1].uid, parent=BOXES[-1].parent),
)

# 10 zones of 9 racks of 10 bins: 10 + 90 + 900 = 1,000 locations. A rack takes 11 uids, a zone 1 + 9 * 11 = 100.
ZONE_UIDS = range(1, 1_001, 100)
RACK_UIDS = range(1, 100, 11)
BIN_UIDS = range(1, 11)

SPECS = [
    Spec(
        name="a location is added under the root",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Warehouse")]),
        then=AddLocationsResp(locs=[Added(name="Warehouse", uid=u(1), parent=u(0))]),
        events=[LocationAdded(uid=u(1), name="Warehouse", parent=u(0))],
    ),
    Spec(
        name="a location is added inside another one",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent=u(1), locs=[Loc(name="Shelf")]),
        then=AddLocationsResp(locs=[Added(name="Shelf", uid=u(2), parent=u(1))]),
        events=[LocationAdded(uid=u(2), name="Shelf", parent=u(1))],
    ),
    Spec(
        name="new locations are numbered in the order in which the planner writes them",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Yard"), Loc(name="Dock"), Loc(name="Hall")]),
        then=AddLocationsResp(
            locs=[
                Added(name="Yard", uid=u(1), parent=u(0)),
                Added(name="Dock", uid=u(2), parent=u(0)),
                Added(name="Hall", uid=u(3), parent=u(0)),
            ]
        ),
        events=[
            LocationAdded(uid=u(1), name="Yard", parent=u(0)),
            LocationAdded(uid=u(2), name="Dock", parent=u(0)),
            LocationAdded(uid=u(3), name="Hall", parent=u(0)),
        ],
    ),
    Spec(
        name="a whole warehouse is laid out at once, and the answer is nested as the request",
        story=STORY,
        prose=(
            "Numbers are given depth-first, parents before what is inside them:\n"
            "\n"
            "    Warehouse      1\n"
            "      Row A        2\n"
            "        Shelf 1    3\n"
            "        Shelf 2    4\n"
            "      Row B        5\n"
            "    Yard           6"
        ),
        when=AddLocationsReq(
            parent=u(0),
            locs=[
                Loc(
                    name="Warehouse",
                    locs=[Loc(name="Row A", locs=[Loc(name="Shelf 1"), Loc(name="Shelf 2")]), Loc(name="Row B")],
                ),
                Loc(name="Yard"),
            ],
        ),
        then=AddLocationsResp(
            locs=[
                Added(
                    name="Warehouse",
                    uid=u(1),
                    parent=u(0),
                    locs=[
                        Added(
                            name="Row A",
                            uid=u(2),
                            parent=u(1),
                            locs=[
                                Added(name="Shelf 1", uid=u(3), parent=u(2)),
                                Added(name="Shelf 2", uid=u(4), parent=u(2)),
                            ],
                        ),
                        Added(name="Row B", uid=u(5), parent=u(1)),
                    ],
                ),
                Added(name="Yard", uid=u(6), parent=u(0)),
            ]
        ),
        events=[
            LocationAdded(uid=u(1), name="Warehouse", parent=u(0)),
            LocationAdded(uid=u(2), name="Row A", parent=u(1)),
            LocationAdded(uid=u(3), name="Shelf 1", parent=u(2)),
            LocationAdded(uid=u(4), name="Shelf 2", parent=u(2)),
            LocationAdded(uid=u(5), name="Row B", parent=u(1)),
            LocationAdded(uid=u(6), name="Yard", parent=u(0)),
        ],
    ),
    Spec(
        name="nested shelves are added inside a row that stands already",
        story=STORY,
        given=[WAREHOUSE, LocationAdded(uid=u(2), name="Row", parent=u(1))],
        when=AddLocationsReq(parent=u(2), locs=[Loc(name="Shelf", locs=[Loc(name="Bin")])]),
        then=AddLocationsResp(
            locs=[
                Added(name="Shelf", uid=u(3), parent=u(2), locs=[Added(name="Bin", uid=u(4), parent=u(3))]),
            ]
        ),
        events=[
            LocationAdded(uid=u(3), name="Shelf", parent=u(2)),
            LocationAdded(uid=u(4), name="Bin", parent=u(3)),
        ],
    ),
    Spec(
        name="locations, products and reservations share one counter",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Yard")]),
        then=AddLocationsResp(locs=[Added(name="Yard", uid=u(4), parent=u(0))]),
        events=[LocationAdded(uid=u(4), name="Yard", parent=u(0))],
    ),
    Spec(
        name="the uid of a cancelled reservation is not given to a new location",
        story=STORY,
        given=[
            *SHELF_WITH_A_SALE,
            Cancelled(reservation=u(3), items=[Cancelled.Item(product=u(2), location=u(1), released=7)]),
        ],
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Yard")]),
        then=AddLocationsResp(locs=[Added(name="Yard", uid=u(4), parent=u(0))]),
        events=[LocationAdded(uid=u(4), name="Yard", parent=u(0))],
    ),
    Spec(
        name="after the ninth location comes location a",
        story=STORY,
        prose="Uids count in lower-case hexadecimal digits.",
        given=[LocationAdded(uid=u(number), name=f"Row {number}", parent=u(0)) for number in range(1, 10)],
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Row 10")]),
        then=AddLocationsResp(
            locs=[Added(name="Row 10", uid="00000000-0000-0000-0000-00000000000a", parent=u(0))],
        ),
        events=[LocationAdded(uid="00000000-0000-0000-0000-00000000000a", name="Row 10", parent=u(0))],
    ),
    Spec(
        name="locations are added to a pallet that has moved",
        story=STORY,
        given=[
            WAREHOUSE,
            LocationAdded(uid=u(2), name="Pallet", parent=u(0)),
            LocationMoved(uid=u(2), old_parent=u(0), new_parent=u(1)),
        ],
        when=AddLocationsReq(parent=u(2), locs=[Loc(name="Box")]),
        then=AddLocationsResp(locs=[Added(name="Box", uid=u(3), parent=u(2))]),
        events=[LocationAdded(uid=u(3), name="Box", parent=u(2))],
    ),
    # Where: the parent.
    Spec(
        name="locations cannot be added inside a location that nobody built",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent=u(2), locs=[Loc(name="Shelf")]),
        refused=LocationNotFound(field="parent", uid=u(2)),
    ),
    Spec(
        name="locations cannot be added inside a location that the same request is about to build",
        story=STORY,
        prose="What lies inside a new location is nested in it; a uid is known only when the answer is there.",
        when=AddLocationsReq(parent=u(1), locs=[Loc(name="Warehouse"), Loc(name="Shelf")]),
        refused=LocationNotFound(field="parent", uid=u(1)),
    ),
    Spec(
        name="locations cannot be added inside a product",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=AddLocationsReq(parent=u(2), locs=[Loc(name="Bin")]),
        refused=LocationNotFound(field="parent", uid=u(2)),
    ),
    Spec(
        name="locations cannot be added inside a reservation",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=AddLocationsReq(parent=u(3), locs=[Loc(name="Bin")]),
        refused=LocationNotFound(field="parent", uid=u(3)),
    ),
    Spec(
        name="locations are not added to the root by leaving the parent out",
        story=STORY,
        prose="The root has a uid as everything else; an empty one is more often forgotten than meant.",
        when=AddLocationsReq(locs=[Loc(name="Warehouse")]),
        refused=MalformedUid(field="parent", value=""),
    ),
    Spec(
        name="the parent of new locations is given by its uid, not by its name",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="Warehouse", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="Warehouse"),
    ),
    Spec(
        name="the parent of new locations is given by its whole uid, not by its number",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="1", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="1"),
    ),
    Spec(
        name="a parent's uid with a digit too few is refused",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-00000000001", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000-00000000001"),
    ),
    Spec(
        name="a parent's uid with a zero too many is refused",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-0000000000001", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000-0000000000001"),
    ),
    Spec(
        name="a parent's uid in capital letters is refused",
        story=STORY,
        prose="Location a is there; but a uid is written in one way only, so that equal uids are equal texts.",
        given=[LocationAdded(uid=u(number), name=f"Row {number}", parent=u(0)) for number in range(1, 11)],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-00000000000A", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000-00000000000A"),
    ),
    Spec(
        name="a parent's uid with a plus sign is refused",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-+00000000001", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000-+00000000001"),
    ),
    Spec(
        name="a parent's uid with a minus sign is refused",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000--00000000001", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000--00000000001"),
    ),
    Spec(
        name="a parent's uid beyond the largest number is refused",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-1000000000000", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000-1000000000000"),
    ),
    Spec(
        name="a parent's uid with the largest number is a uid, but nobody built it",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-ffffffffffff", locs=[Loc(name="Shelf")]),
        refused=LocationNotFound(field="parent", uid="00000000-0000-0000-0000-ffffffffffff"),
    ),
    Spec(
        name="a parent's uid with blanks instead of zeros is refused",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-           1", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000-           1"),
    ),
    Spec(
        name="a parent's uid in digits of another script is refused",
        story=STORY,
        prose="U+0661 is the Arabic-Indic digit one.",
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="00000000-0000-0000-0000-00000000000\u0661", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="00000000-0000-0000-0000-00000000000\u0661"),
    ),
    Spec(
        name="a parent's uid of another system is refused",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent="6ba7b810-9dad-11d1-80b4-000000000001", locs=[Loc(name="Shelf")]),
        refused=MalformedUid(field="parent", value="6ba7b810-9dad-11d1-80b4-000000000001"),
    ),
    # What: the names.
    Spec(
        name="a request for locations names at least one",
        story=STORY,
        when=AddLocationsReq(parent=u(0)),
        refused=NothingAsked(field="locs"),
    ),
    Spec(
        name="a location without a name is refused",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc()]),
        refused=Blank(field="locs[0].name"),
    ),
    Spec(
        name="a location's name of blanks and tabs only is refused",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name=" \t\r\n")]),
        refused=Blank(field="locs[0].name"),
    ),
    Spec(
        name="a location's name of wide and unbreakable blanks only is refused",
        story=STORY,
        prose="U+00A0 no-break space, U+2003 em space and U+3000 ideographic space show nothing on a sign either.",
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="\u00a0\u2003\u3000")]),
        refused=Blank(field="locs[0].name"),
    ),
    Spec(
        name="a location's name may be as long as its limit",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="x" * NAME_CHARS_MAX)]),
        then=AddLocationsResp(locs=[Added(name="x" * NAME_CHARS_MAX, uid=u(1), parent=u(0))]),
        events=[LocationAdded(uid=u(1), name="x" * NAME_CHARS_MAX, parent=u(0))],
    ),
    Spec(
        name="a location's name one character beyond its limit is refused",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="x" * (NAME_CHARS_MAX + 1))]),
        refused=TooLong(field="locs[0].name", chars=NAME_CHARS_MAX + 1, limit="NAME_CHARS_MAX", most=NAME_CHARS_MAX),
    ),
    Spec(
        name="the length of a location's name is counted in characters, not in bytes",
        story=STORY,
        prose="Each of these takes four bytes in UTF-8.",
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="📦" * NAME_CHARS_MAX)]),
        then=AddLocationsResp(locs=[Added(name="📦" * NAME_CHARS_MAX, uid=u(1), parent=u(0))]),
        events=[LocationAdded(uid=u(1), name="📦" * NAME_CHARS_MAX, parent=u(0))],
    ),
    Spec(
        name="two locations at one place cannot have one name",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Warehouse")]),
        refused=NameTaken(field="locs[0].name", name="Warehouse", parent=u(0)),
    ),
    Spec(
        name="a name cannot stand twice side by side in one request for locations",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Shelf"), Loc(name="Yard"), Loc(name="Shelf")]),
        refused=NameTaken(field="locs[2].name", name="Shelf", parent=u(0)),
    ),
    Spec(
        name="every row may have a shelf of the same name",
        story=STORY,
        prose="    Row A\n      Shelf 1\n    Row B\n      Shelf 1",
        given=[
            LocationAdded(uid=u(1), name="Row A", parent=u(0)),
            LocationAdded(uid=u(2), name="Shelf 1", parent=u(1)),
            LocationAdded(uid=u(3), name="Row B", parent=u(0)),
        ],
        when=AddLocationsReq(parent=u(3), locs=[Loc(name="Shelf 1")]),
        then=AddLocationsResp(locs=[Added(name="Shelf 1", uid=u(4), parent=u(3))]),
        events=[LocationAdded(uid=u(4), name="Shelf 1", parent=u(3))],
    ),
    Spec(
        name="a location may be called like the one that it lies in",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Box", locs=[Loc(name="Box")])]),
        then=AddLocationsResp(
            locs=[Added(name="Box", uid=u(1), parent=u(0), locs=[Added(name="Box", uid=u(2), parent=u(1))])]
        ),
        events=[LocationAdded(uid=u(1), name="Box", parent=u(0)), LocationAdded(uid=u(2), name="Box", parent=u(1))],
    ),
    Spec(
        name="a location's name in capital letters is another name",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="WAREHOUSE")]),
        then=AddLocationsResp(locs=[Added(name="WAREHOUSE", uid=u(2), parent=u(0))]),
        events=[LocationAdded(uid=u(2), name="WAREHOUSE", parent=u(0))],
    ),
    Spec(
        name="blanks around a location's name belong to it",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(parent=u(0), locs=[Loc(name=" Warehouse ")]),
        then=AddLocationsResp(locs=[Added(name=" Warehouse ", uid=u(2), parent=u(0))]),
        events=[LocationAdded(uid=u(2), name=" Warehouse ", parent=u(0))],
    ),
    Spec(
        name="an accent written as a character of its own makes another location's name",
        story=STORY,
        prose="U+00E9 against e and U+0301: they look alike, and nothing is normalized behind the planner's back.",
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Caf\u00e9"), Loc(name="Cafe\u0301")]),
        then=AddLocationsResp(
            locs=[Added(name="Caf\u00e9", uid=u(1), parent=u(0)), Added(name="Cafe\u0301", uid=u(2), parent=u(0))]
        ),
        events=[
            LocationAdded(uid=u(1), name="Caf\u00e9", parent=u(0)),
            LocationAdded(uid=u(2), name="Cafe\u0301", parent=u(0)),
        ],
    ),
    Spec(
        name="a location's name may be written in any script, or in pictures",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="倉庫", locs=[Loc(name="מדף", locs=[Loc(name="📦")])])]),
        then=AddLocationsResp(
            locs=[
                Added(
                    name="倉庫",
                    uid=u(1),
                    parent=u(0),
                    locs=[
                        Added(name="מדף", uid=u(2), parent=u(1), locs=[Added(name="📦", uid=u(3), parent=u(2))]),
                    ],
                )
            ]
        ),
        events=[
            LocationAdded(uid=u(1), name="倉庫", parent=u(0)),
            LocationAdded(uid=u(2), name="מדף", parent=u(1)),
            LocationAdded(uid=u(3), name="📦", parent=u(2)),
        ],
    ),
    Spec(
        name="the name of a pallet that moved away is free again",
        story=STORY,
        given=[
            WAREHOUSE,
            LocationAdded(uid=u(2), name="Pallet", parent=u(0)),
            LocationMoved(uid=u(2), old_parent=u(0), new_parent=u(1)),
        ],
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Pallet")]),
        then=AddLocationsResp(locs=[Added(name="Pallet", uid=u(3), parent=u(0))]),
        events=[LocationAdded(uid=u(3), name="Pallet", parent=u(0))],
    ),
    Spec(
        name="the name of a pallet that moved in is taken",
        story=STORY,
        given=[
            WAREHOUSE,
            LocationAdded(uid=u(2), name="Pallet", parent=u(0)),
            LocationMoved(uid=u(2), old_parent=u(0), new_parent=u(1)),
        ],
        when=AddLocationsReq(parent=u(1), locs=[Loc(name="Pallet")]),
        refused=NameTaken(field="locs[0].name", name="Pallet", parent=u(1)),
    ),
    # All or nothing.
    Spec(
        name="a blank name deep inside refuses the whole request, good siblings included",
        story=STORY,
        prose=(
            "The refusal comes from below, and what follows it is fine:\n"
            "\n"
            "    Warehouse\n"
            "      Row A\n"
            "      Row B\n"
            "        (blank)    here it stops\n"
            "      Row C\n"
            "    Yard"
        ),
        when=AddLocationsReq(
            parent=u(0),
            locs=[
                Loc(
                    name="Warehouse",
                    locs=[Loc(name="Row A"), Loc(name="Row B", locs=[Loc(name="")]), Loc(name="Row C")],
                ),
                Loc(name="Yard"),
            ],
        ),
        refused=Blank(field="locs[0].locs[1].locs[0].name"),
    ),
    Spec(
        name="a name twice on a nested shelf refuses the whole request",
        story=STORY,
        when=AddLocationsReq(
            parent=u(0),
            locs=[Loc(name="Shelf", locs=[Loc(name="Bin"), Loc(name="Bin")]), Loc(name="Yard")],
        ),
        refused=NameTaken(field="locs[0].locs[1].name", name="Bin", parent=u(1)),
    ),
    Spec(
        name="a nested name beyond its limit refuses the whole request",
        story=STORY,
        when=AddLocationsReq(
            parent=u(0),
            locs=[Loc(name="Shelf", locs=[Loc(name="x" * (NAME_CHARS_MAX + 1))]), Loc(name="Yard")],
        ),
        refused=TooLong(
            field="locs[0].locs[0].name", chars=NAME_CHARS_MAX + 1, limit="NAME_CHARS_MAX", most=NAME_CHARS_MAX
        ),
    ),
    Spec(
        name="a name taken at the end of a request refuses the nested locations before it",
        story=STORY,
        given=[WAREHOUSE],
        when=AddLocationsReq(
            parent=u(0), locs=[Loc(name="Yard", locs=[Loc(name="Row"), Loc(name="Gate")]), Loc(name="Warehouse")]
        ),
        refused=NameTaken(field="locs[1].name", name="Warehouse", parent=u(0)),
    ),
    # How deep and how many.
    Spec(
        name="boxes may lie inside boxes down to the deepest level",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[ALL_BOXES]),
        then=AddLocationsResp(locs=[ALL_BOXES_ADDED]),
        events=BOXES,
        heavy=True,
    ),
    Spec(
        name="a box below the deepest level refuses all the boxes around it",
        story=STORY,
        when=AddLocationsReq(parent=u(0), locs=[Loc(name="Box 0", locs=[ALL_BOXES])]),
        refused=TooDeep(
            field="locs[0]." * LOCATION_DEPTH_MAX + "locs", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX
        ),
        heavy=True,
    ),
    Spec(
        name="the deepest level is filled step by step too",
        story=STORY,
        given=BOXES[:-1],
        when=AddLocationsReq(parent=u(LOCATION_DEPTH_MAX - 1), locs=[Loc(name="Letter")]),
        then=AddLocationsResp(locs=[Added(name="Letter", uid=u(LOCATION_DEPTH_MAX), parent=u(LOCATION_DEPTH_MAX - 1))]),
        events=[LocationAdded(uid=u(LOCATION_DEPTH_MAX), name="Letter", parent=u(LOCATION_DEPTH_MAX - 1))],
        heavy=True,
    ),
    Spec(
        name="nothing can be added inside a location on the deepest level",
        story=STORY,
        given=BOXES,
        when=AddLocationsReq(parent=u(LOCATION_DEPTH_MAX), locs=[Loc(name="Letter")]),
        refused=TooDeep(field="locs", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a nested location that would lie below the deepest level refuses the one around it",
        story=STORY,
        given=BOXES[:-1],
        when=AddLocationsReq(
            parent=u(LOCATION_DEPTH_MAX - 1),
            locs=[Loc(name="Envelope"), Loc(name="Folder", locs=[Loc(name="Letter")])],
        ),
        refused=TooDeep(field="locs[1].locs", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="nothing can be added inside a pallet that moved to the deepest level",
        story=STORY,
        given=[
            *BOXES[:-1],
            LocationAdded(uid=u(LOCATION_DEPTH_MAX), name="Pallet", parent=u(0)),
            LocationMoved(uid=u(LOCATION_DEPTH_MAX), old_parent=u(0), new_parent=u(LOCATION_DEPTH_MAX - 1)),
        ],
        when=AddLocationsReq(parent=u(LOCATION_DEPTH_MAX), locs=[Loc(name="Letter")]),
        refused=TooDeep(field="locs", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a thousand nested locations are laid out in one request",
        story=STORY,
        when=AddLocationsReq(
            parent=u(0),
            locs=[
                Loc(
                    name=f"Zone {zone}",
                    locs=[
                        Loc(name=f"Rack {rack}", locs=[Loc(name=f"Bin {one}") for one in BIN_UIDS])
                        for rack in RACK_UIDS
                    ],
                )
                for zone in ZONE_UIDS
            ],
        ),
        then=AddLocationsResp(
            locs=[
                Added(
                    name=f"Zone {zone}",
                    uid=u(zone),
                    parent=u(0),
                    locs=[
                        Added(
                            name=f"Rack {rack}",
                            uid=u(zone + rack),
                            parent=u(zone),
                            locs=[
                                Added(name=f"Bin {one}", uid=u(zone + rack + one), parent=u(zone + rack))
                                for one in BIN_UIDS
                            ],
                        )
                        for rack in RACK_UIDS
                    ],
                )
                for zone in ZONE_UIDS
            ]
        ),
        events=[
            event
            for zone in ZONE_UIDS
            for event in (
                LocationAdded(uid=u(zone), name=f"Zone {zone}", parent=u(0)),
                *(
                    event
                    for rack in RACK_UIDS
                    for event in (
                        LocationAdded(uid=u(zone + rack), name=f"Rack {rack}", parent=u(zone)),
                        *(
                            LocationAdded(uid=u(zone + rack + one), name=f"Bin {one}", parent=u(zone + rack))
                            for one in BIN_UIDS
                        ),
                    )
                ),
            )
        ],
        heavy=True,
    ),
    Spec(
        name="nested locations count towards the limit of one request",
        story=STORY,
        when=AddLocationsReq(
            parent=u(0),
            locs=[Loc(name="Row", locs=[Loc(name=f"Bin {one}") for one in range(1, ADDED_LOCATIONS_MAX + 1)])],
        ),
        refused=TooMany(
            field="locs", count=ADDED_LOCATIONS_MAX + 1, limit="ADDED_LOCATIONS_MAX", most=ADDED_LOCATIONS_MAX
        ),
        heavy=True,
    ),
]
