"""Specs of moving a location."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    Cancelled,
    Fulfilled,
    InventoryUpdated,
    LocationAdded,
    LocationMoved,
    ProductAdded,
    Reserved,
)
from bf.inventory.api.requests_pb2 import MoveLocationReq, MoveLocationResp
from bf.inventory.errors import BadMove, LocationNotFound, NameTaken, TooDeep, Uncovered
from bf.inventory.limits import LOCATION_DEPTH_MAX

STORY = "docs/stories.md#moving-things-around"

TREE = (
    "    North        1\n"
    "      Shelf      2\n"
    "        Pallet   3\n"
    "          Box    4\n"
    "    South        5\n"
    "      Shelf      6"
)
TWO_WAREHOUSES = (
    LocationAdded(uid=u(1), name="North", parent=u(0)),
    LocationAdded(uid=u(2), name="Shelf", parent=u(1)),
    LocationAdded(uid=u(3), name="Pallet", parent=u(2)),
    LocationAdded(uid=u(4), name="Box", parent=u(3)),
    LocationAdded(uid=u(5), name="South", parent=u(0)),
    LocationAdded(uid=u(6), name="Shelf", parent=u(5)),
)
PALLET_MOVED_SOUTH = (*TWO_WAREHOUSES, LocationMoved(uid=u(3), old_parent=u(2), new_parent=u(5)))

SHELF_WITH_A_SALE = (
    LocationAdded(uid=u(1), name="Shelf", parent=u(0)),
    ProductAdded(uid=u(2), sku="cola"),
    InventoryUpdated(location=u(1), product=u(2), on_hand_change=10, on_hand=10),
    Reserved(reservation=u(3), code="sale", items=[Reserved.Item(product=u(2), quantity=7, location=u(1))]),
)

# A pit: level 1 lies under the root, level 2 in level 1, and so on; one more level is allowed below it.
PIT_BOTTOM = LOCATION_DEPTH_MAX - 1
PIT = [
    LocationAdded(uid=u(number), name=f"Level {number}", parent=u(number - 1)) for number in range(1, PIT_BOTTOM + 1)
]
PALLET, BOX, BAG, CRATE = (u(PIT_BOTTOM + 1), u(PIT_BOTTOM + 2), u(PIT_BOTTOM + 3), u(PIT_BOTTOM + 4))
PIT_AND_EMPTY_PALLET = (*PIT, LocationAdded(uid=PALLET, name="Pallet", parent=u(0)))
PIT_AND_PALLET_WITH_BOX = (*PIT_AND_EMPTY_PALLET, LocationAdded(uid=BOX, name="Box", parent=PALLET))
PALLET_DRAWING = "    Pallet\n      Box\n        Bag\n      Crate"
PIT_AND_FULL_PALLET = (
    *PIT_AND_PALLET_WITH_BOX,
    LocationAdded(uid=BAG, name="Bag", parent=BOX),
    LocationAdded(uid=CRATE, name="Crate", parent=PALLET),
)

COUNTRY_DRAWING = (
    "    Country        1\n"
    "      North        2\n"
    "        Shelf A    3\n"
    "          Pallet   4    5 cola\n"
    "        Shelf B    5\n"
    "      South        6\n"
    "    Abroad         7"
)
COUNTRY, NORTH, SHELF_A, COLA_PALLET, SHELF_B, SOUTH, ABROAD, COLA, TEA = (u(number) for number in range(1, 10))
PALLET_OF_COLA = (
    LocationAdded(uid=COUNTRY, name="Country", parent=u(0)),
    LocationAdded(uid=NORTH, name="North", parent=COUNTRY),
    LocationAdded(uid=SHELF_A, name="Shelf A", parent=NORTH),
    LocationAdded(uid=COLA_PALLET, name="Pallet", parent=SHELF_A),
    LocationAdded(uid=SHELF_B, name="Shelf B", parent=NORTH),
    LocationAdded(uid=SOUTH, name="South", parent=COUNTRY),
    LocationAdded(uid=ABROAD, name="Abroad", parent=u(0)),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
    InventoryUpdated(location=COLA_PALLET, product=COLA, on_hand_change=5, on_hand=5),
)
PROMISED_AT_SHELF_A = Reserved(
    reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=5, location=SHELF_A)]
)
PROMISED_IN_NORTH = Reserved(
    reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=5, location=NORTH)]
)
PROMISED_IN_THE_COUNTRY = Reserved(
    reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=5, location=COUNTRY)]
)
PROMISED_IN_SOUTH = Reserved(
    reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=5, location=SOUTH)]
)
COLA_AT_SHELF_B = InventoryUpdated(location=SHELF_B, product=COLA, on_hand_change=5, on_hand=5)
COLA_PALLET_MOVED_SOUTH = LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=SOUTH)

SPECS = [
    Spec(
        name="a pallet moves from one shelf to another",
        story=STORY,
        prose=TREE,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(3), new_parent=u(6)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(3), old_parent=u(2), new_parent=u(6))],
    ),
    Spec(
        name="a pallet may be put down on the floor",
        story=STORY,
        prose="The floor is the root: everything may lie there.",
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(3), new_parent=u(0)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(3), old_parent=u(2), new_parent=u(0))],
    ),
    Spec(
        name="a warehouse may move into another one",
        story=STORY,
        prose="The tree has any shape: nothing says that a location is a warehouse, a shelf or a box, but its name.",
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(5), new_parent=u(1)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(5), old_parent=u(0), new_parent=u(1))],
    ),
    Spec(
        name="a box may move up, out of its pallet and beside it",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(4), new_parent=u(2)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(4), old_parent=u(3), new_parent=u(2))],
    ),
    Spec(
        name="a shelf may move down, into a pallet on the shelf beside it",
        story=STORY,
        given=[*TWO_WAREHOUSES, LocationAdded(uid=u(7), name="Small shelf", parent=u(1))],
        when=MoveLocationReq(uid=u(7), new_parent=u(3)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(7), old_parent=u(1), new_parent=u(3))],
    ),
    Spec(
        name="a pallet takes everything inside it along",
        story=STORY,
        prose="The box lies in South now, so South cannot be put into the box; nobody had to move the box itself.",
        given=PALLET_MOVED_SOUTH,
        when=MoveLocationReq(uid=u(5), new_parent=u(4)),
        refused=BadMove(uid=u(5), into=u(4)),
    ),
    Spec(
        name="a box on a pallet that left is no longer inside the old shelf",
        story=STORY,
        given=PALLET_MOVED_SOUTH,
        when=MoveLocationReq(uid=u(2), new_parent=u(4)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(2), old_parent=u(1), new_parent=u(4))],
    ),
    Spec(
        name="a pallet that moved can move back",
        story=STORY,
        given=PALLET_MOVED_SOUTH,
        when=MoveLocationReq(uid=u(3), new_parent=u(2)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(3), old_parent=u(5), new_parent=u(2))],
    ),
    Spec(
        name="where a pallet came from is known even if the last move did not say",
        story=STORY,
        prose="Bundles of other implementations may leave the old parent empty.",
        given=[*TWO_WAREHOUSES, LocationMoved(uid=u(3), new_parent=u(5))],
        when=MoveLocationReq(uid=u(3), new_parent=u(6)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(3), old_parent=u(5), new_parent=u(6))],
    ),
    # Moves that change nothing.
    Spec(
        name="moving a pallet to where it lies already changes nothing",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(3), new_parent=u(2)),
        then=MoveLocationResp(),
    ),
    Spec(
        name="moving a warehouse to the floor that it stands on changes nothing",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(1), new_parent=u(0)),
        then=MoveLocationResp(),
    ),
    Spec(
        name="moving a promised pallet to where it lies already changes nothing",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_AT_SHELF_A],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=SHELF_A),
        then=MoveLocationResp(),
    ),
    # Moves that would bend the tree.
    Spec(
        name="the root does not move",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(0), new_parent=u(1)),
        refused=BadMove(uid=u(0), into=u(1)),
    ),
    Spec(
        name="the root does not move into itself",
        story=STORY,
        when=MoveLocationReq(uid=u(0), new_parent=u(0)),
        refused=BadMove(uid=u(0), into=u(0)),
    ),
    Spec(
        name="a shelf does not move into itself",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(2), new_parent=u(2)),
        refused=BadMove(uid=u(2), into=u(2)),
    ),
    Spec(
        name="a shelf does not move into its own pallet",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(2), new_parent=u(3)),
        refused=BadMove(uid=u(2), into=u(3)),
    ),
    Spec(
        name="a warehouse does not move into a box deep inside it",
        story=STORY,
        prose=TREE,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(1), new_parent=u(4)),
        refused=BadMove(uid=u(1), into=u(4)),
    ),
    # What moves, and where to.
    Spec(
        name="a location that nobody built does not move",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(7), new_parent=u(1)),
        refused=LocationNotFound(field="uid", uid=u(7)),
    ),
    Spec(
        name="nothing moves into a location that nobody built",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(3), new_parent=u(7)),
        refused=LocationNotFound(field="new_parent", uid=u(7)),
    ),
    Spec(
        name="even the root cannot be asked to move into a location that nobody built",
        story=STORY,
        when=MoveLocationReq(uid=u(0), new_parent=u(1)),
        refused=LocationNotFound(field="new_parent", uid=u(1)),
    ),
    Spec(
        name="a product does not move as if it were a location",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=MoveLocationReq(uid=u(2), new_parent=u(1)),
        refused=LocationNotFound(field="uid", uid=u(2)),
    ),
    Spec(
        name="nothing moves into a reservation",
        story=STORY,
        given=SHELF_WITH_A_SALE,
        when=MoveLocationReq(uid=u(1), new_parent=u(3)),
        refused=LocationNotFound(field="new_parent", uid=u(3)),
    ),
    Spec(
        name="a move says what moves",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(new_parent=u(1)),
        refused=MalformedUid(field="uid", value=""),
    ),
    Spec(
        name="a move says where to",
        story=STORY,
        prose="An empty destination is not the floor: the root has a uid as everything else.",
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(3)),
        refused=MalformedUid(field="new_parent", value=""),
    ),
    Spec(
        name="what moves is given by its uid, not by its name",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid="Pallet", new_parent=u(1)),
        refused=MalformedUid(field="uid", value="Pallet"),
    ),
    Spec(
        name="a destination's uid with a plus sign is refused",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(3), new_parent="00000000-0000-0000-0000-+00000000006"),
        refused=MalformedUid(field="new_parent", value="00000000-0000-0000-0000-+00000000006"),
    ),
    Spec(
        name="a destination's uid with a minus sign is refused",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(3), new_parent="00000000-0000-0000-0000--00000000006"),
        refused=MalformedUid(field="new_parent", value="00000000-0000-0000-0000--00000000006"),
    ),
    Spec(
        name="a destination's uid in capital letters is refused",
        story=STORY,
        given=[LocationAdded(uid=u(number), name=f"Row {number}", parent=u(0)) for number in range(1, 11)],
        when=MoveLocationReq(uid=u(1), new_parent="00000000-0000-0000-0000-00000000000A"),
        refused=MalformedUid(field="new_parent", value="00000000-0000-0000-0000-00000000000A"),
    ),
    # Names at the destination.
    Spec(
        name="a shelf does not move to where another one has its name",
        story=STORY,
        prose="South has a shelf named Shelf; the one from North stays.",
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(2), new_parent=u(5)),
        refused=NameTaken(field="uid", name="Shelf", parent=u(5)),
    ),
    Spec(
        name="a pallet does not move to where a pallet of its name moved before",
        story=STORY,
        given=[*PALLET_MOVED_SOUTH, LocationAdded(uid=u(7), name="Pallet", parent=u(2))],
        when=MoveLocationReq(uid=u(7), new_parent=u(5)),
        refused=NameTaken(field="uid", name="Pallet", parent=u(5)),
    ),
    Spec(
        name="a pallet moves to where a pallet of its name has left",
        story=STORY,
        given=[*PALLET_MOVED_SOUTH, LocationAdded(uid=u(7), name="Pallet", parent=u(0))],
        when=MoveLocationReq(uid=u(7), new_parent=u(2)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(7), old_parent=u(0), new_parent=u(2))],
    ),
    Spec(
        name="a shelf may move into a location of its own name",
        story=STORY,
        given=TWO_WAREHOUSES,
        when=MoveLocationReq(uid=u(2), new_parent=u(6)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(2), old_parent=u(1), new_parent=u(6))],
    ),
    Spec(
        name="a name deeper inside the destination is not in the way",
        story=STORY,
        prose="The name is taken in the row inside South, not in South itself.",
        given=[
            LocationAdded(uid=u(1), name="Shelf", parent=u(0)),
            LocationAdded(uid=u(2), name="South", parent=u(0)),
            LocationAdded(uid=u(3), name="Row", parent=u(2)),
            LocationAdded(uid=u(4), name="Shelf", parent=u(3)),
        ],
        when=MoveLocationReq(uid=u(1), new_parent=u(2)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(1), old_parent=u(0), new_parent=u(2))],
    ),
    Spec(
        name="a shelf may move beside one whose name differs in capital letters only",
        story=STORY,
        given=[*TWO_WAREHOUSES, LocationAdded(uid=u(7), name="SHELF", parent=u(1))],
        when=MoveLocationReq(uid=u(7), new_parent=u(5)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(7), old_parent=u(1), new_parent=u(5))],
    ),
    # How deep.
    Spec(
        name="an empty pallet may move to the deepest level",
        story=STORY,
        given=PIT_AND_EMPTY_PALLET,
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=PALLET, old_parent=u(0), new_parent=u(PIT_BOTTOM))],
        heavy=True,
    ),
    Spec(
        name="a pallet does not move to where its box would lie below the deepest level",
        story=STORY,
        given=PIT_AND_PALLET_WITH_BOX,
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a pallet may move to where its box lies on the deepest level",
        story=STORY,
        given=PIT_AND_PALLET_WITH_BOX,
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=PALLET, old_parent=u(0), new_parent=u(PIT_BOTTOM - 1))],
        heavy=True,
    ),
    Spec(
        name="nothing moves into a location on the deepest level",
        story=STORY,
        given=[*PIT_AND_PALLET_WITH_BOX, LocationMoved(uid=BOX, old_parent=PALLET, new_parent=u(PIT_BOTTOM))],
        when=MoveLocationReq(uid=PALLET, new_parent=BOX),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="the deepest thing on a pallet decides how deep it may move",
        story=STORY,
        prose=PALLET_DRAWING,
        given=PIT_AND_FULL_PALLET,
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a pallet whose only box left may move to the deepest level",
        story=STORY,
        given=[*PIT_AND_PALLET_WITH_BOX, LocationMoved(uid=BOX, old_parent=PALLET, new_parent=u(0))],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=PALLET, old_parent=u(0), new_parent=u(PIT_BOTTOM))],
        heavy=True,
    ),
    Spec(
        name="a pallet may move one level deeper after its tallest box left",
        story=STORY,
        prose="The box took the bag along; only the crate is left.\n\n" + PALLET_DRAWING,
        given=[*PIT_AND_FULL_PALLET, LocationMoved(uid=BOX, old_parent=PALLET, new_parent=u(0))],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=PALLET, old_parent=u(0), new_parent=u(PIT_BOTTOM - 1))],
        heavy=True,
    ),
    Spec(
        name="what is left on a pallet still counts after its tallest box left",
        story=STORY,
        prose="The box took the bag along; the crate is left.\n\n" + PALLET_DRAWING,
        given=[*PIT_AND_FULL_PALLET, LocationMoved(uid=BOX, old_parent=PALLET, new_parent=u(0))],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a bag that left a box on a pallet makes room for the whole pallet",
        story=STORY,
        prose="The pallet is as tall as what is deepest in it, however many levels below it leaves.",
        given=[*PIT_AND_FULL_PALLET, LocationMoved(uid=BAG, old_parent=BOX, new_parent=u(0))],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=PALLET, old_parent=u(0), new_parent=u(PIT_BOTTOM - 1))],
        heavy=True,
    ),
    Spec(
        name="a crate that left beside a taller box makes no room",
        story=STORY,
        prose=PALLET_DRAWING,
        given=[*PIT_AND_FULL_PALLET, LocationMoved(uid=CRATE, old_parent=PALLET, new_parent=u(0))],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a bag that changes boxes on one pallet leaves the pallet as tall as it was",
        story=STORY,
        given=[*PIT_AND_FULL_PALLET, LocationMoved(uid=BAG, old_parent=BOX, new_parent=CRATE)],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a box that gave its bag to a crate may move one level deeper",
        story=STORY,
        given=[*PIT_AND_FULL_PALLET, LocationMoved(uid=BAG, old_parent=BOX, new_parent=CRATE)],
        when=MoveLocationReq(uid=BOX, new_parent=u(PIT_BOTTOM)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=BOX, old_parent=PALLET, new_parent=u(PIT_BOTTOM))],
        heavy=True,
    ),
    Spec(
        name="a box that came back makes its pallet tall again",
        story=STORY,
        given=[
            *PIT_AND_PALLET_WITH_BOX,
            LocationMoved(uid=BOX, old_parent=PALLET, new_parent=u(0)),
            LocationMoved(uid=BOX, old_parent=u(0), new_parent=PALLET),
        ],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a bag put into a box makes the pallet around it taller",
        story=STORY,
        given=[
            *PIT_AND_PALLET_WITH_BOX,
            LocationAdded(uid=BAG, name="Bag", parent=u(0)),
            LocationMoved(uid=BAG, old_parent=u(0), new_parent=BOX),
        ],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="a box with a bag in it makes the pallet that it came to two levels taller",
        story=STORY,
        given=[
            *PIT_AND_EMPTY_PALLET,
            LocationAdded(uid=BOX, name="Box", parent=u(0)),
            LocationAdded(uid=BAG, name="Bag", parent=BOX),
            LocationMoved(uid=BOX, old_parent=u(0), new_parent=PALLET),
        ],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM - 1)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    Spec(
        name="the bottom of a pit may come up to the floor",
        story=STORY,
        given=PIT,
        when=MoveLocationReq(uid=u(PIT_BOTTOM), new_parent=u(0)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(PIT_BOTTOM), old_parent=u(PIT_BOTTOM - 1), new_parent=u(0))],
        heavy=True,
    ),
    Spec(
        name="a move that is both too deep and to a taken name is refused as too deep",
        story=STORY,
        given=[*PIT_AND_PALLET_WITH_BOX, LocationAdded(uid=BAG, name="Pallet", parent=u(PIT_BOTTOM))],
        when=MoveLocationReq(uid=PALLET, new_parent=u(PIT_BOTTOM)),
        refused=TooDeep(field="uid", depth=LOCATION_DEPTH_MAX + 1, most=LOCATION_DEPTH_MAX),
        heavy=True,
    ),
    # Promises on the way.
    Spec(
        name="a pallet that nobody was promised moves with its goods",
        story=STORY,
        prose=COUNTRY_DRAWING,
        given=PALLET_OF_COLA,
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD)],
    ),
    Spec(
        name="goods that are promised at a shelf do not leave it on a pallet",
        story=STORY,
        prose="Even to the next shelf: the customer was promised goods from this one.\n\n" + COUNTRY_DRAWING,
        given=[*PALLET_OF_COLA, PROMISED_AT_SHELF_A],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=SHELF_B),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=SHELF_A),
    ),
    Spec(
        name="a pallet moves between two shelves of the warehouse that promised its goods",
        story=STORY,
        prose="The promise is kept from anywhere inside North.\n\n" + COUNTRY_DRAWING,
        given=[*PALLET_OF_COLA, PROMISED_IN_NORTH],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=SHELF_B),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=SHELF_B)],
    ),
    Spec(
        name="a pallet is put down in the aisle of the warehouse that promised its goods",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_IN_NORTH],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=NORTH),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=NORTH)],
    ),
    Spec(
        name="goods that are promised at a warehouse do not leave it on a pallet",
        story=STORY,
        prose=COUNTRY_DRAWING,
        given=[*PALLET_OF_COLA, PROMISED_IN_NORTH],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=SOUTH),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=NORTH),
    ),
    Spec(
        name="goods that are promised at a warehouse do not leave it with a whole shelf",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_IN_NORTH],
        when=MoveLocationReq(uid=SHELF_A, new_parent=SOUTH),
        refused=Uncovered(uid=SHELF_A, product=COLA, location=NORTH),
    ),
    Spec(
        name="a pallet changes warehouses inside the country that promised its goods",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_IN_THE_COUNTRY],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=SOUTH),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=SOUTH)],
    ),
    Spec(
        name="goods that are promised in a country do not leave it on a pallet",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_IN_THE_COUNTRY],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=COUNTRY),
    ),
    Spec(
        name="goods that are promised from anywhere in the world move freely",
        story=STORY,
        given=[
            *PALLET_OF_COLA,
            Reserved(reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=5, location=u(0))]),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD)],
    ),
    Spec(
        name="a promise from a pallet travels with it",
        story=STORY,
        given=[
            *PALLET_OF_COLA,
            Reserved(
                reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=5, location=COLA_PALLET)]
            ),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD)],
    ),
    Spec(
        name="a promise from a shelf travels with the shelf, pallets and all",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_AT_SHELF_A],
        when=MoveLocationReq(uid=SHELF_A, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=SHELF_A, old_parent=NORTH, new_parent=ABROAD)],
    ),
    Spec(
        name="a pallet may leave when the goods that stay keep the promise",
        story=STORY,
        prose="5 cola are promised in North; 5 leave on the pallet and 5 stay at Shelf B.",
        given=[*PALLET_OF_COLA, COLA_AT_SHELF_B, PROMISED_IN_NORTH],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD)],
    ),
    Spec(
        name="a pallet stays when the goods without it are one unit short of the promise",
        story=STORY,
        prose="6 cola are promised in North; 5 would leave on the pallet and 5 would stay at Shelf B.",
        given=[
            *PALLET_OF_COLA,
            COLA_AT_SHELF_B,
            Reserved(reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=6, location=NORTH)]),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=NORTH),
    ),
    Spec(
        name="a pallet that is promised in part stays for the warehouse's own promise",
        story=STORY,
        prose="Of the 5 cola 3 are promised from the pallet, which travel along, and 2 from anywhere in North.",
        given=[
            *PALLET_OF_COLA,
            Reserved(
                reservation=u(10),
                code="sale",
                items=[
                    Reserved.Item(product=COLA, quantity=3, location=COLA_PALLET),
                    Reserved.Item(product=COLA, quantity=2, location=NORTH),
                ],
            ),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=NORTH),
    ),
    Spec(
        name="the innermost promise that a move would break is the one that is told",
        story=STORY,
        given=[
            *PALLET_OF_COLA,
            Reserved(
                reservation=u(10),
                code="sale",
                items=[
                    Reserved.Item(product=COLA, quantity=1, location=COUNTRY),
                    Reserved.Item(product=COLA, quantity=1, location=NORTH),
                    Reserved.Item(product=COLA, quantity=1, location=SHELF_A),
                ],
            ),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=SHELF_A),
    ),
    Spec(
        name="a promise of tea does not hold a pallet of cola",
        story=STORY,
        given=[
            *PALLET_OF_COLA,
            InventoryUpdated(location=SHELF_B, product=TEA, on_hand_change=1, on_hand=1),
            Reserved(reservation=u(10), code="sale", items=[Reserved.Item(product=TEA, quantity=1, location=NORTH)]),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD)],
    ),
    Spec(
        name="one promised product holds a pallet of several",
        story=STORY,
        given=[
            *PALLET_OF_COLA,
            InventoryUpdated(location=COLA_PALLET, product=TEA, on_hand_change=1, on_hand=1),
            Reserved(reservation=u(10), code="sale", items=[Reserved.Item(product=TEA, quantity=1, location=NORTH)]),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        refused=Uncovered(uid=COLA_PALLET, product=TEA, location=NORTH),
    ),
    Spec(
        name="an empty shelf moves out of a warehouse that has promised all its goods",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_IN_NORTH],
        when=MoveLocationReq(uid=SHELF_B, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=SHELF_B, old_parent=NORTH, new_parent=ABROAD)],
    ),
    Spec(
        name="a cancelled promise does not hold a pallet",
        story=STORY,
        given=[
            *PALLET_OF_COLA,
            PROMISED_IN_NORTH,
            Cancelled(reservation=u(10), items=[Cancelled.Item(product=COLA, location=NORTH, released=5)]),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD)],
    ),
    Spec(
        name="a promise that was kept does not hold what is left on a pallet",
        story=STORY,
        prose="3 of the 5 cola were promised in North and handed over; 2 are left and free.",
        given=[
            *PALLET_OF_COLA,
            Reserved(reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=3, location=NORTH)]),
            Fulfilled(
                reservation=u(10), items=[Fulfilled.Item(product=COLA, location=COLA_PALLET, removed=3, on_hand=2)]
            ),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD)],
    ),
    Spec(
        name="goods that came on a pallet can be promised, and hold it then",
        story=STORY,
        given=[*PALLET_OF_COLA, COLA_PALLET_MOVED_SOUTH, PROMISED_IN_SOUTH],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=SHELF_A),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=SOUTH),
    ),
    Spec(
        name="goods that left on a pallet no longer cover the old warehouse's promises",
        story=STORY,
        prose="North keeps 5 cola at Shelf B, all promised; the 5 on the pallet count for South now.",
        given=[*PALLET_OF_COLA, COLA_AT_SHELF_B, COLA_PALLET_MOVED_SOUTH, PROMISED_IN_NORTH],
        when=MoveLocationReq(uid=SHELF_B, new_parent=ABROAD),
        refused=Uncovered(uid=SHELF_B, product=COLA, location=NORTH),
    ),
    Spec(
        name="goods that left on a pallet are gone even if the move did not say from where",
        story=STORY,
        prose="Bundles of other implementations may leave the old parent empty.",
        given=[
            *PALLET_OF_COLA,
            COLA_AT_SHELF_B,
            LocationMoved(uid=COLA_PALLET, new_parent=SOUTH),
            PROMISED_IN_NORTH,
        ],
        when=MoveLocationReq(uid=SHELF_B, new_parent=ABROAD),
        refused=Uncovered(uid=SHELF_B, product=COLA, location=NORTH),
    ),
    Spec(
        name="goods that came home on a pallet count for the whole country",
        story=STORY,
        prose="They went abroad, came back into South and were promised from anywhere in the country.",
        given=[
            *PALLET_OF_COLA,
            LocationMoved(uid=COLA_PALLET, old_parent=SHELF_A, new_parent=ABROAD),
            LocationMoved(uid=COLA_PALLET, old_parent=ABROAD, new_parent=SOUTH),
            PROMISED_IN_THE_COUNTRY,
        ],
        when=MoveLocationReq(uid=SOUTH, new_parent=ABROAD),
        refused=Uncovered(uid=SOUTH, product=COLA, location=COUNTRY),
    ),
    Spec(
        name="goods that came on a pallet under promise do not cover another promise",
        story=STORY,
        prose=(
            "The pallet's 5 cola are promised from the pallet, so the 4 promised from South lie in the crate:\n"
            "\n"
            "    South       on hand 9  reserved 9\n"
            "      Pallet    on hand 5  reserved 5\n"
            "      Crate     on hand 4"
        ),
        given=[
            *PALLET_OF_COLA,
            Reserved(
                reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=5, location=COLA_PALLET)]
            ),
            LocationAdded(uid=u(11), name="Crate", parent=SOUTH),
            InventoryUpdated(location=u(11), product=COLA, on_hand_change=4, on_hand=4),
            COLA_PALLET_MOVED_SOUTH,
            Reserved(reservation=u(12), code="gift", items=[Reserved.Item(product=COLA, quantity=4, location=SOUTH)]),
        ],
        when=MoveLocationReq(uid=u(11), new_parent=ABROAD),
        refused=Uncovered(uid=u(11), product=COLA, location=SOUTH),
    ),
    Spec(
        name="goods on a pallet add up with those of its new warehouse",
        story=STORY,
        prose="South has 4 cola of its own and 5 on the pallet; a promise of 4 lets the pallet go on.",
        given=[
            *PALLET_OF_COLA,
            InventoryUpdated(location=SOUTH, product=COLA, on_hand_change=4, on_hand=4),
            COLA_PALLET_MOVED_SOUTH,
            Reserved(reservation=u(10), code="sale", items=[Reserved.Item(product=COLA, quantity=4, location=SOUTH)]),
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=COLA_PALLET, old_parent=SOUTH, new_parent=ABROAD)],
    ),
    Spec(
        name="a promise that needs a pallet's goods and its new warehouse's holds the pallet",
        story=STORY,
        prose="South has 4 cola of its own and 5 on the pallet; 5 are promised.",
        given=[
            *PALLET_OF_COLA,
            InventoryUpdated(location=SOUTH, product=COLA, on_hand_change=4, on_hand=4),
            COLA_PALLET_MOVED_SOUTH,
            PROMISED_IN_SOUTH,
        ],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=ABROAD),
        refused=Uncovered(uid=COLA_PALLET, product=COLA, location=SOUTH),
    ),
    Spec(
        name="a name taken at the destination is told before a promise that would break",
        story=STORY,
        given=[*PALLET_OF_COLA, PROMISED_IN_NORTH, LocationAdded(uid=u(11), name="Pallet", parent=SOUTH)],
        when=MoveLocationReq(uid=COLA_PALLET, new_parent=SOUTH),
        refused=NameTaken(field="uid", name="Pallet", parent=SOUTH),
    ),
]
