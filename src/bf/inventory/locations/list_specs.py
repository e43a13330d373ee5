"""Specs of listing locations."""

from functools import reduce

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, LocationMoved, ProductAdded, Reserved
from bf.inventory.api.requests_pb2 import ListLocationsReq, ListLocationsResp
from bf.inventory.errors import LocationNotFound, Negative, TooMuchToShow
from bf.inventory.limits import LISTED_LOCATIONS_MAX, LOCATION_DEPTH_MAX

STORY = "docs/stories.md#looking-at-the-tree"

Loc = ListLocationsResp.Loc

TREE = (
    "    Warehouse      1\n"
    "      Row A        2\n"
    "        Shelf 1    3\n"
    "        Shelf 2    4\n"
    "      Row B        5\n"
    "    Yard           6"
)
WAREHOUSE_AND_YARD = (
    LocationAdded(uid=u(1), name="Warehouse", parent=u(0)),
    LocationAdded(uid=u(2), name="Row A", parent=u(1)),
    LocationAdded(uid=u(3), name="Shelf 1", parent=u(2)),
    LocationAdded(uid=u(4), name="Shelf 2", parent=u(2)),
    LocationAdded(uid=u(5), name="Row B", parent=u(1)),
    LocationAdded(uid=u(6), name="Yard", parent=u(0)),
)
WAREHOUSE = Loc(
    name="Warehouse",
    uid=u(1),
    parent=u(0),
    children=[
        Loc(
            name="Row A",
            uid=u(2),
            parent=u(1),
            children=[Loc(name="Shelf 1", uid=u(3), parent=u(2)), Loc(name="Shelf 2", uid=u(4), parent=u(2))],
        ),
        Loc(name="Row B", uid=u(5), parent=u(1)),
    ],
)
YARD = Loc(name="Yard", uid=u(6), parent=u(0))

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
ALL_BOXES = reduce(
    lambda inner, event: Loc(name=event.name, uid=event.uid, parent=event.parent, children=[inner]),
    BOXES[-2::-1],
    Loc(name=BOXES[-1].name, uid=BOXES[-1].uid, parent=BOXES[-1].parent),
)

# One row and its bins: together as many locations as one answer may show.
FULL_ROW = [
    LocationAdded(uid=u(1), name="Row", parent=u(0)),
    *(LocationAdded(uid=u(number), name=f"Bin {number}", parent=u(1)) for number in range(2, LISTED_LOCATIONS_MAX + 1)),
]
BINS = [Loc(name=f"Bin {number}", uid=u(number), parent=u(1)) for number in range(2, LISTED_LOCATIONS_MAX + 1)]
TOO_FULL_ROW = [
    *FULL_ROW,
    LocationAdded(uid=u(LISTED_LOCATIONS_MAX + 1), name="Bin too many", parent=u(1)),
]

SPECS = [
    Spec(
        name="before anything is built there is nothing to see",
        story=STORY,
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(),
    ),
    Spec(
        name="looking at the root shows everything, but not the root itself",
        story=STORY,
        prose=TREE,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(locs=[WAREHOUSE, YARD]),
    ),
    Spec(
        name="looking at a location shows it with everything inside, and nothing beside it",
        story=STORY,
        prose=TREE,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(1)),
        then=ListLocationsResp(locs=[WAREHOUSE]),
    ),
    Spec(
        name="looking at a location in the middle of the tree says what it lies in",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(2)),
        then=ListLocationsResp(locs=[WAREHOUSE.children[0]]),
    ),
    Spec(
        name="looking at an empty location shows only itself",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(6)),
        then=ListLocationsResp(locs=[YARD]),
    ),
    Spec(
        name="locations are shown in the order of their uids, not of their names",
        story=STORY,
        given=[
            LocationAdded(uid=u(1), name="Zebra hall", parent=u(0)),
            LocationAdded(uid=u(2), name="Apple hall", parent=u(0)),
            LocationAdded(uid=u(3), name="Mango hall", parent=u(0)),
        ],
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(
            locs=[
                Loc(name="Zebra hall", uid=u(1), parent=u(0)),
                Loc(name="Apple hall", uid=u(2), parent=u(0)),
                Loc(name="Mango hall", uid=u(3), parent=u(0)),
            ]
        ),
    ),
    Spec(
        name="shelves that were added later stand behind the older ones of their row",
        story=STORY,
        prose="The rows were built first, then filled in turns; each shelf is shown in its own row.",
        given=[
            LocationAdded(uid=u(1), name="Row A", parent=u(0)),
            LocationAdded(uid=u(2), name="Row B", parent=u(0)),
            LocationAdded(uid=u(3), name="Shelf", parent=u(2)),
            LocationAdded(uid=u(4), name="Shelf", parent=u(1)),
            LocationAdded(uid=u(5), name="Top", parent=u(2)),
        ],
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(
            locs=[
                Loc(name="Row A", uid=u(1), parent=u(0), children=[Loc(name="Shelf", uid=u(4), parent=u(1))]),
                Loc(
                    name="Row B",
                    uid=u(2),
                    parent=u(0),
                    children=[Loc(name="Shelf", uid=u(3), parent=u(2)), Loc(name="Top", uid=u(5), parent=u(2))],
                ),
            ]
        ),
    ),
    Spec(
        name="products and reservations are no places and are not shown",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(locs=[Loc(name="Shelf", uid=u(1), parent=u(0))]),
    ),
    # After moves.
    Spec(
        name="a row that moved is shown where it lies now, with its shelves",
        story=STORY,
        prose=(
            "    Warehouse        1\n"
            "      Row B          5\n"
            "    Yard             6\n"
            "      Row A          2    came from the warehouse\n"
            "        Shelf 1      3\n"
            "        Shelf 2      4"
        ),
        given=[*WAREHOUSE_AND_YARD, LocationMoved(uid=u(2), old_parent=u(1), new_parent=u(6))],
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(
            locs=[
                Loc(name="Warehouse", uid=u(1), parent=u(0), children=[Loc(name="Row B", uid=u(5), parent=u(1))]),
                Loc(
                    name="Yard",
                    uid=u(6),
                    parent=u(0),
                    children=[
                        Loc(
                            name="Row A",
                            uid=u(2),
                            parent=u(6),
                            children=[
                                Loc(name="Shelf 1", uid=u(3), parent=u(2)),
                                Loc(name="Shelf 2", uid=u(4), parent=u(2)),
                            ],
                        )
                    ],
                ),
            ]
        ),
    ),
    Spec(
        name="a shelf that moved in stands between its new neighbours by its uid",
        story=STORY,
        prose="Shelf 2 (4) came to the floor last and is shown between the warehouse (1) and the yard (6).",
        given=[*WAREHOUSE_AND_YARD, LocationMoved(uid=u(4), old_parent=u(2), new_parent=u(0))],
        when=ListLocationsReq(location=u(0), levels=1),
        then=ListLocationsResp(
            locs=[
                Loc(name="Warehouse", uid=u(1), parent=u(0)),
                Loc(name="Shelf 2", uid=u(4), parent=u(0)),
                Loc(name="Yard", uid=u(6), parent=u(0)),
            ]
        ),
    ),
    Spec(
        name="an old warehouse may be shown inside a younger yard",
        story=STORY,
        prose="Uids say when a location was built, not how deep it lies.",
        given=[*WAREHOUSE_AND_YARD, LocationMoved(uid=u(1), old_parent=u(0), new_parent=u(6))],
        when=ListLocationsReq(location=u(6), levels=3),
        then=ListLocationsResp(
            locs=[
                Loc(
                    name="Yard",
                    uid=u(6),
                    parent=u(0),
                    children=[
                        Loc(
                            name="Warehouse",
                            uid=u(1),
                            parent=u(6),
                            children=[
                                Loc(name="Row A", uid=u(2), parent=u(1)),
                                Loc(name="Row B", uid=u(5), parent=u(1)),
                            ],
                        )
                    ],
                )
            ]
        ),
    ),
    Spec(
        name="a shelf that moved away and back again is shown where it stood",
        story=STORY,
        given=[
            *WAREHOUSE_AND_YARD,
            LocationMoved(uid=u(3), old_parent=u(2), new_parent=u(6)),
            LocationMoved(uid=u(3), old_parent=u(6), new_parent=u(2)),
        ],
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(locs=[WAREHOUSE, YARD]),
    ),
    Spec(
        name="a move that does not say where the location came from is shown all the same",
        story=STORY,
        prose="Bundles of other implementations may leave the old parent empty.",
        given=[*WAREHOUSE_AND_YARD, LocationMoved(uid=u(5), new_parent=u(6))],
        when=ListLocationsReq(location=u(6)),
        then=ListLocationsResp(
            locs=[Loc(name="Yard", uid=u(6), parent=u(0), children=[Loc(name="Row B", uid=u(5), parent=u(6))])]
        ),
    ),
    # Levels.
    Spec(
        name="one level below the root is what stands on the floor",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(0), levels=1),
        then=ListLocationsResp(locs=[Loc(name="Warehouse", uid=u(1), parent=u(0)), YARD]),
    ),
    Spec(
        name="two levels below the root are the warehouses and their rows",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(0), levels=2),
        then=ListLocationsResp(
            locs=[
                Loc(
                    name="Warehouse",
                    uid=u(1),
                    parent=u(0),
                    children=[Loc(name="Row A", uid=u(2), parent=u(1)), Loc(name="Row B", uid=u(5), parent=u(1))],
                ),
                YARD,
            ]
        ),
    ),
    Spec(
        name="one level of a location is the location without its inside",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(1), levels=1),
        then=ListLocationsResp(locs=[Loc(name="Warehouse", uid=u(1), parent=u(0))]),
    ),
    Spec(
        name="the levels of a location count from the location, not from the root",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(2), levels=2),
        then=ListLocationsResp(locs=[WAREHOUSE.children[0]]),
    ),
    Spec(
        name="asking for more levels than there are shows all of them",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(0), levels=2**31 - 1),
        then=ListLocationsResp(locs=[WAREHOUSE, YARD]),
    ),
    Spec(
        name="boxes inside boxes are shown down to the deepest level",
        story=STORY,
        given=BOXES,
        when=ListLocationsReq(location=u(0)),
        then=ListLocationsResp(locs=[ALL_BOXES]),
        heavy=True,
    ),
    Spec(
        name="the outermost box is shown with the deepest one",
        story=STORY,
        given=BOXES,
        when=ListLocationsReq(location=u(1)),
        then=ListLocationsResp(locs=[ALL_BOXES]),
        heavy=True,
    ),
    Spec(
        name="fewer than no levels cannot be shown",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(0), levels=-1),
        refused=Negative(field="levels", number=-1),
    ),
    # What cannot be looked at.
    Spec(
        name="a location that nobody built cannot be looked at",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location=u(7)),
        refused=LocationNotFound(field="location", uid=u(7)),
    ),
    Spec(
        name="a product cannot be looked at as if it were a location",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=ListLocationsReq(location=u(2)),
        refused=LocationNotFound(field="location", uid=u(2)),
    ),
    Spec(
        name="a reservation cannot be looked at as if it were a location",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=ListLocationsReq(location=u(3)),
        refused=LocationNotFound(field="location", uid=u(3)),
    ),
    Spec(
        name="looking at everything is asked with the root's uid, not with an empty one",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(),
        refused=MalformedUid(field="location", value=""),
    ),
    Spec(
        name="a location is looked at by its uid, not by its name",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location="Warehouse"),
        refused=MalformedUid(field="location", value="Warehouse"),
    ),
    Spec(
        name="a location's uid with a blank behind it is refused",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location="00000000-0000-0000-0000-000000000001 "),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-000000000001 "),
    ),
    Spec(
        name="a location's uid of a number that no computer counts to is refused",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location="00000000-0000-0000-0000-" + "f" * 400),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-" + "f" * 400),
    ),
    Spec(
        name="a location's uid without its hyphens is refused",
        story=STORY,
        given=WAREHOUSE_AND_YARD,
        when=ListLocationsReq(location="00000000000000000000000000000001"),
        refused=MalformedUid(field="location", value="00000000000000000000000000000001"),
    ),
    # How many.
    Spec(
        name="one location more than an answer may show is refused, not cut off",
        story=STORY,
        given=TOO_FULL_ROW,
        when=ListLocationsReq(location=u(0)),
        refused=TooMuchToShow(
            limit="LISTED_LOCATIONS_MAX",
            most=LISTED_LOCATIONS_MAX,
            remedy="ask for fewer levels, or for a location inside",
        ),
        heavy=True,
    ),
    Spec(
        name="fewer levels make a large tree fit into one answer",
        story=STORY,
        given=TOO_FULL_ROW,
        when=ListLocationsReq(location=u(0), levels=1),
        then=ListLocationsResp(locs=[Loc(name="Row", uid=u(1), parent=u(0))]),
        heavy=True,
    ),
]
