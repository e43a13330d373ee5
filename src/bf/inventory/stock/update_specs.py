"""Specs of counting stock."""

from dataclasses import replace

from google.protobuf.message import Message

from bf.core.refusal import MalformedUid
from bf.core.spec import SPEC_NOW_US, Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    AlertRaised,
    Cancelled,
    Fulfilled,
    InventoryUpdated,
    LocationAdded,
    LocationMoved,
    ProductAdded,
    Reserved,
    ScriptInstalled,
)
from bf.inventory.api.requests_pb2 import UpdateInventoryReq, UpdateInventoryResp
from bf.inventory.errors import (
    LocationNotFound,
    NoChange,
    NotAvailable,
    NotOnHand,
    ProductNotFound,
    RootHoldsNothing,
    StockFull,
    TooManyUnits,
)
from bf.inventory.limits import ON_HAND_UNITS_MAX
from bf.inventory.scripts.errors import RefusedByScript, ScriptBeyondLimit, ScriptFailed

STORY = "docs/stories.md#counting-stock"

ROOT, WAREHOUSE, SHELF_1, SHELF_2, YARD, COLA, TEA = (u(number) for number in range(7))
SALE, GIFT = u(7), u(8)

EMPTY_SHELVES = (
    LocationAdded(uid=WAREHOUSE, name="Warehouse", parent=ROOT),
    LocationAdded(uid=SHELF_1, name="Shelf 1", parent=WAREHOUSE),
    LocationAdded(uid=SHELF_2, name="Shelf 2", parent=WAREHOUSE),
    LocationAdded(uid=YARD, name="Yard", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
)

COLA_ON_SHELVES = (
    *EMPTY_SHELVES,
    InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=1, on_hand=1),
)

PROMISED_ABOVE_AND_BELOW = (
    *COLA_ON_SHELVES,
    Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=WAREHOUSE)]),
    Reserved(reservation=GIFT, code="gift", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)]),
)

PROMISED_ABOVE_AND_BELOW_DRAWN = """\
Warehouse    on hand 3  reserved 2    one of them anywhere in it, one on Shelf 1
  Shelf 1    on hand 2  reserved 1
  Shelf 2    on hand 1"""

ALL_PROMISED_ANYWHERE = (
    *COLA_ON_SHELVES,
    Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=3, location=ROOT)]),
)

FULL_OF_COLA = (
    *EMPTY_SHELVES,
    InventoryUpdated(
        location=SHELF_1, product=COLA, on_hand_change=ON_HAND_UNITS_MAX - 1, on_hand=ON_HAND_UNITS_MAX - 1
    ),
    InventoryUpdated(location=YARD, product=COLA, on_hand_change=1, on_hand=1),
)

SCRIPTS = "docs/stories.md#deciding-by-a-script"


def script(body: str) -> ScriptInstalled:
    """Install a function with this body, of which the first line is the second of the script."""
    return ScriptInstalled(hook="update", name="watch", version=1, source=f"function update(change)\n{body}\nend")


def followed(name: str, body: str, on_hand: int, *events: Message, given: tuple[Message, ...] = ()) -> Spec:
    """Say what follows when three colas come to Shelf 1, where there are two."""
    return Spec(
        name=name,
        story=SCRIPTS,
        given=(*COLA_ON_SHELVES, *given, script(body)),
        when=THREE_COLAS_MORE,
        then=UpdateInventoryResp(on_hand=on_hand),
        events=[THREE_COLAS_CAME, *events],
    )


def failed(name: str, body: str, problem: str, line: int = 0) -> Spec:
    """Say what a script is told that decides what cannot be."""
    return Spec(
        name=name,
        story=SCRIPTS,
        given=(*COLA_ON_SHELVES, script(body)),
        when=THREE_COLAS_MORE,
        refused=ScriptFailed(where=f"watch, line {line}" if line else "watch", problem=problem),
    )


THREE_COLAS_MORE = UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=3)
THREE_COLAS_CAME = InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=3, on_hand=5)
FOUR_WENT_ON = (
    InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-4, on_hand=1),
    InventoryUpdated(location=YARD, product=COLA, on_hand_change=4, on_hand=4),
)
NEARLY_FULL = AlertRaised(
    number=1, time_us=SPEC_NOW_US, script="watch", location=SHELF_1, product=COLA, text="nearly full"
)

BY_SCRIPT = [
    followed("a script that answers nothing accepts a change of stock", "", 5),
    followed(
        "a script sees the place, the product, the change, and what lies there before and after",
        """
        assert(change.location.name == "Shelf 1" and change.location.path == "Warehouse/Shelf 1", "place")
        assert(change.sku == "cola" and change.product == "00000000-0000-0000-0000-000000000005", "product")
        assert(change.before == 2 and change.on_hand_change == 3 and change.after == 5, "units")
        assert(on_hand(change.location, change.sku) == 5, "the change has happened already")
        """,
        5,
    ),
    followed(
        "a script lets goods go on to another place",
        'return { move = { to = "Yard", quantity = 4 } }',
        1,
        *FOUR_WENT_ON,
    ),
    followed(
        "a script raises an alert",
        'if change.after > 4 then return { alert = "nearly full" } end',
        5,
        NEARLY_FULL,
    ),
    followed(
        "a script moves goods and raises an alert",
        'return { move = { to = "Yard", quantity = 4 }, alert = "nearly full" }',
        1,
        *FOUR_WENT_ON,
        NEARLY_FULL,
    ),
    followed(
        "alerts are numbered one after the other",
        'return { alert = "nearly full" }',
        5,
        AlertRaised(number=8, time_us=SPEC_NOW_US, script="watch", location=SHELF_1, product=COLA, text="nearly full"),
        given=(AlertRaised(number=7, script="old", location=YARD, product=TEA, text="old"),),
    ),
    Spec(
        name="a script refuses a change of stock with a reason",
        story=SCRIPTS,
        given=(*COLA_ON_SHELVES, script('if change.on_hand_change > 2 then return { refuse = "count again" } end')),
        when=THREE_COLAS_MORE,
        refused=RefusedByScript(script="watch", why="count again"),
    ),
    Spec(
        name="a script cannot move more than lies there",
        story=SCRIPTS,
        given=(*COLA_ON_SHELVES, script('return { move = { to = "Yard", quantity = 6 } }')),
        when=THREE_COLAS_MORE,
        refused=NotOnHand(location=SHELF_1, product=COLA, on_hand=5, asked=6),
    ),
    Spec(
        name="a script cannot move what is promised there",
        story=SCRIPTS,
        given=(
            *COLA_ON_SHELVES,
            Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=2, location=SHELF_1)]),
            script('return { move = { to = "Yard", quantity = 4 } }'),
        ),
        when=THREE_COLAS_MORE,
        refused=NotAvailable(location=SHELF_1, product=COLA, available=3, asked=4),
    ),
    Spec(
        name="a change that cannot be is refused before a script is asked",
        story=SCRIPTS,
        given=(*COLA_ON_SHELVES, script('return { refuse = "count again" }')),
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-3),
        refused=NotOnHand(location=SHELF_1, product=COLA, on_hand=2, asked=3),
    ),
    Spec(
        name="a script that takes more memory than it may refuses its change, and nothing else",
        story=SCRIPTS,
        given=(*COLA_ON_SHELVES, script('local s = "x"\nwhile true do s = s .. s end')),
        when=THREE_COLAS_MORE,
        refused=ScriptBeyondLimit(
            where="watch, line 3", problem="more than 2097152 bytes of memory (script_memory_bytes)"
        ),
    ),
    failed(
        "goods do not go on to where they are",
        "return { move = { to = change.location, quantity = 1 } }",
        "move.to is the root, or where the goods are already",
    ),
    failed(
        "goods do not go on to the root, which holds nothing itself",
        "return { move = { to = ROOT, quantity = 1 } }",
        "move.to is the root, or where the goods are already",
    ),
    failed(
        "what goes on is a number of units",
        'return { move = { to = "Yard" } }',
        "move.quantity is not a positive whole number",
    ),
    failed("an alert is a text", "return { alert = true }", "alert is not a text"),
]


SPECS = [
    Spec(
        name="goods brought to an empty shelf lie there",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=3),
        then=UpdateInventoryResp(on_hand=3),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=3, on_hand=3)],
    ),
    Spec(
        name="a second delivery adds to what lies there",
        story=STORY,
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=3),
        then=UpdateInventoryResp(on_hand=5),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=3, on_hand=5)],
    ),
    Spec(
        name="each product on a shelf is counted by itself",
        story=STORY,
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=TEA, on_hand_change=4),
        then=UpdateInventoryResp(on_hand=4),
        events=[InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=4, on_hand=4)],
    ),
    Spec(
        name="goods on the warehouse's own floor are counted without what is on its shelves",
        story=STORY,
        prose="The answer is about this very place: three units lie on the shelves, five on the floor.",
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=WAREHOUSE, product=COLA, on_hand_change=5),
        then=UpdateInventoryResp(on_hand=5),
        events=[InventoryUpdated(location=WAREHOUSE, product=COLA, on_hand_change=5, on_hand=5)],
    ),
    Spec(
        name="goods taken from a shelf are gone from it",
        story=STORY,
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-1),
        then=UpdateInventoryResp(on_hand=1),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-1, on_hand=1)],
    ),
    Spec(
        name="a shelf can be emptied",
        story=STORY,
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-2),
        then=UpdateInventoryResp(on_hand=0),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-2, on_hand=0)],
    ),
    Spec(
        name="an emptied shelf can be filled again",
        story=STORY,
        given=[*COLA_ON_SHELVES, InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-2, on_hand=0)],
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=1),
        then=UpdateInventoryResp(on_hand=1),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=1, on_hand=1)],
    ),
    Spec(
        name="nobody takes more from a shelf than lies there",
        story=STORY,
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-3),
        refused=NotOnHand(location=SHELF_1, product=COLA, on_hand=2, asked=3),
    ),
    Spec(
        name="nobody takes a product from a shelf where it never lay",
        story=STORY,
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=TEA, on_hand_change=-1),
        refused=NotOnHand(location=SHELF_1, product=TEA, on_hand=0, asked=1),
    ),
    Spec(
        name="what is on the shelves is not taken from the warehouse's own floor",
        story=STORY,
        prose="Goods are counted where they lie: say which shelf.",
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=WAREHOUSE, product=COLA, on_hand_change=-1),
        refused=NotOnHand(location=WAREHOUSE, product=COLA, on_hand=0, asked=1),
    ),
    Spec(
        name="nobody takes what is promised to somebody else",
        story=STORY,
        prose=f"{PROMISED_ABOVE_AND_BELOW_DRAWN}\n\nTaking both from Shelf 1 would break Shelf 1's own promise.",
        given=PROMISED_ABOVE_AND_BELOW,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-2),
        refused=NotAvailable(location=SHELF_1, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="what lies beside a promise may be taken",
        story=STORY,
        prose=f"{PROMISED_ABOVE_AND_BELOW_DRAWN}\n\nOne of Shelf 1 leaves two in the Warehouse, for two promises.",
        given=PROMISED_ABOVE_AND_BELOW,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-1),
        then=UpdateInventoryResp(on_hand=1),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-1, on_hand=1)],
    ),
    Spec(
        name="a promise from anywhere in the warehouse may use the last unit of a shelf",
        story=STORY,
        prose="""\
Warehouse    on hand 2  reserved 2    one of them anywhere in it, one on Shelf 1
  Shelf 1    on hand 2  reserved 1    one unit more than Shelf 1 promises itself: the Warehouse needs it
  Shelf 2    on hand 0""",
        given=[
            *PROMISED_ABOVE_AND_BELOW,
            InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=-1, on_hand=0),
        ],
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-1),
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=0, asked=1),
    ),
    Spec(
        name="a promise from anywhere in the country holds every shelf",
        story=STORY,
        prose="""\
root           on hand 3  reserved 3
  Warehouse    on hand 3
    Shelf 1    on hand 2
    Shelf 2    on hand 1    promised by nobody nearer than the root""",
        given=ALL_PROMISED_ANYWHERE,
        when=UpdateInventoryReq(location=SHELF_2, product=COLA, on_hand_change=-1),
        refused=NotAvailable(location=ROOT, product=COLA, available=0, asked=1),
    ),
    Spec(
        name="a delivery to the yard lets a shelf of the warehouse go",
        story=STORY,
        prose="""\
root           on hand 4  reserved 3
  Warehouse    on hand 3
    Shelf 1    on hand 2
    Shelf 2    on hand 1    may go now
  Yard         on hand 1    covers the promise as well""",
        given=[*ALL_PROMISED_ANYWHERE, InventoryUpdated(location=YARD, product=COLA, on_hand_change=1, on_hand=1)],
        when=UpdateInventoryReq(location=SHELF_2, product=COLA, on_hand_change=-1),
        then=UpdateInventoryResp(on_hand=0),
        events=[InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=-1, on_hand=0)],
    ),
    Spec(
        name="a promise of one product does not hold another product",
        story=STORY,
        given=[
            *PROMISED_ABOVE_AND_BELOW,
            InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=2, on_hand=2),
        ],
        when=UpdateInventoryReq(location=SHELF_1, product=TEA, on_hand_change=-2),
        then=UpdateInventoryResp(on_hand=0),
        events=[InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=-2, on_hand=0)],
    ),
    Spec(
        name="what a customer gave back may be taken",
        story=STORY,
        given=[
            *PROMISED_ABOVE_AND_BELOW,
            Cancelled(reservation=GIFT, items=[Cancelled.Item(product=COLA, location=SHELF_1, released=1)]),
        ],
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-2),
        then=UpdateInventoryResp(on_hand=0),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-2, on_hand=0)],
    ),
    Spec(
        name="what was handed over is not there to be taken again",
        story=STORY,
        given=[
            *PROMISED_ABOVE_AND_BELOW,
            Fulfilled(reservation=GIFT, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1)]),
        ],
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-2),
        refused=NotOnHand(location=SHELF_1, product=COLA, on_hand=1, asked=2),
    ),
    Spec(
        name="goods go along with a moved shelf and are taken where it stands now",
        story=STORY,
        given=[*COLA_ON_SHELVES, LocationMoved(uid=SHELF_1, old_parent=WAREHOUSE, new_parent=YARD)],
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-2),
        then=UpdateInventoryResp(on_hand=0),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-2, on_hand=0)],
    ),
    Spec(
        name="a shelf that moved into a promised yard helps to keep the yard's promise",
        story=STORY,
        prose="""\
Yard         on hand 3  reserved 1    promised while only the yard's own unit lay there
  Shelf 1    on hand 2                moved here afterwards; the yard's own unit is free to go now""",
        given=[
            *COLA_ON_SHELVES,
            InventoryUpdated(location=YARD, product=COLA, on_hand_change=1, on_hand=1),
            Reserved(reservation=SALE, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=YARD)]),
            LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD),
        ],
        when=UpdateInventoryReq(location=YARD, product=COLA, on_hand_change=-1),
        then=UpdateInventoryResp(on_hand=0),
        events=[InventoryUpdated(location=YARD, product=COLA, on_hand_change=-1, on_hand=0)],
    ),
    Spec(
        name="a shelf's promise still holds its goods after the shelf moved",
        story=STORY,
        given=[*PROMISED_ABOVE_AND_BELOW, LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD)],
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-2),
        refused=NotAvailable(location=SHELF_1, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="goods lie at a location, not at the root",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=ROOT, product=COLA, on_hand_change=1),
        refused=RootHoldsNothing(field="location"),
    ),
    Spec(
        name="goods are not brought to a location that nobody built",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=u(99), product=COLA, on_hand_change=1),
        refused=LocationNotFound(field="location", uid=u(99)),
    ),
    Spec(
        name="the uid of a product is no location to bring goods to",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=COLA, product=COLA, on_hand_change=1),
        refused=LocationNotFound(field="location", uid=COLA),
    ),
    Spec(
        name="goods are not brought without saying where",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(product=COLA, on_hand_change=1),
        refused=MalformedUid(field="location", value=""),
    ),
    Spec(
        name="a shelf is counted by its uid, not by its name",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location="Shelf 1", product=COLA, on_hand_change=1),
        refused=MalformedUid(field="location", value="Shelf 1"),
    ),
    Spec(
        name="a uid is written in lower case when counting",
        story=STORY,
        prose="One thing has one name: two spellings of a uid would be two keys for everybody who stores them.",
        given=[LocationAdded(uid=u(10), name="Shelf", parent=ROOT), ProductAdded(uid=u(11), sku="cola")],
        when=UpdateInventoryReq(location="00000000-0000-0000-0000-00000000000A", product=u(11), on_hand_change=1),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-00000000000A"),
    ),
    Spec(
        name="a product that is not in the catalogue cannot be stocked",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=u(99), on_hand_change=1),
        refused=ProductNotFound(field="product", uid=u(99)),
    ),
    Spec(
        name="the uid of a location is no product to be stocked",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=SHELF_2, on_hand_change=1),
        refused=ProductNotFound(field="product", uid=SHELF_2),
    ),
    Spec(
        name="uid 0 is no product to be stocked",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=u(0), on_hand_change=1),
        refused=ProductNotFound(field="product", uid=u(0)),
    ),
    Spec(
        name="goods are not brought without saying which product",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, on_hand_change=1),
        refused=MalformedUid(field="product", value=""),
    ),
    Spec(
        name="a product is counted by its uid, not by its SKU",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product="cola", on_hand_change=1),
        refused=MalformedUid(field="product", value="cola"),
    ),
    Spec(
        name="a count that changes nothing is not a count",
        story=STORY,
        prose="Zero is also what an order says that forgot to say how many.",
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA),
        refused=NoChange(field="on_hand_change"),
    ),
    Spec(
        name="one delivery may be as large as all that a tenant may hold",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=ON_HAND_UNITS_MAX),
        then=UpdateInventoryResp(on_hand=ON_HAND_UNITS_MAX),
        events=[
            InventoryUpdated(
                location=SHELF_1, product=COLA, on_hand_change=ON_HAND_UNITS_MAX, on_hand=ON_HAND_UNITS_MAX
            )
        ],
    ),
    Spec(
        name="one delivery is not larger than all that a tenant may hold",
        story=STORY,
        given=EMPTY_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=ON_HAND_UNITS_MAX + 1),
        refused=TooManyUnits(field="on_hand_change", quantity=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="the largest number that can be written is too large a delivery",
        story=STORY,
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=2**63 - 1),
        refused=TooManyUnits(field="on_hand_change", quantity=2**63 - 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="the smallest number that can be written takes too much",
        story=STORY,
        prose="-2**63 has no positive twin in 64 bits; it must not slip through when its sign is turned.",
        given=COLA_ON_SHELVES,
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-(2**63)),
        refused=TooManyUnits(field="on_hand_change", quantity=-(2**63), most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="deliveries to several places fill a tenant up to its limit",
        story=STORY,
        given=FULL_OF_COLA[:-1],
        when=UpdateInventoryReq(location=YARD, product=COLA, on_hand_change=1),
        then=UpdateInventoryResp(on_hand=1),
        events=[InventoryUpdated(location=YARD, product=COLA, on_hand_change=1, on_hand=1)],
    ),
    Spec(
        name="deliveries to several places do not lift a tenant beyond its limit",
        story=STORY,
        given=FULL_OF_COLA,
        when=UpdateInventoryReq(location=SHELF_2, product=COLA, on_hand_change=1),
        refused=StockFull(product=COLA, on_hand=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="a tenant full of one product has room for another",
        story=STORY,
        given=FULL_OF_COLA,
        when=UpdateInventoryReq(location=SHELF_1, product=TEA, on_hand_change=ON_HAND_UNITS_MAX),
        then=UpdateInventoryResp(on_hand=ON_HAND_UNITS_MAX),
        events=[
            InventoryUpdated(location=SHELF_1, product=TEA, on_hand_change=ON_HAND_UNITS_MAX, on_hand=ON_HAND_UNITS_MAX)
        ],
    ),
    Spec(
        name="a full tenant has room again after goods went",
        story=STORY,
        given=[*FULL_OF_COLA, InventoryUpdated(location=YARD, product=COLA, on_hand_change=-1, on_hand=0)],
        when=UpdateInventoryReq(location=SHELF_2, product=COLA, on_hand_change=1),
        then=UpdateInventoryResp(on_hand=1),
        events=[InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=1, on_hand=1)],
    ),
    Spec(
        name="all that a tenant may hold can be taken at once",
        story=STORY,
        given=[
            *EMPTY_SHELVES,
            InventoryUpdated(
                location=SHELF_1, product=COLA, on_hand_change=ON_HAND_UNITS_MAX, on_hand=ON_HAND_UNITS_MAX
            ),
        ],
        when=UpdateInventoryReq(location=SHELF_1, product=COLA, on_hand_change=-ON_HAND_UNITS_MAX),
        then=UpdateInventoryResp(on_hand=0),
        events=[InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=-ON_HAND_UNITS_MAX, on_hand=0)],
    ),
    *(replace(spec, heavy=True) for spec in BY_SCRIPT),  # an interpreter is made for each
]
