"""Specs of promising goods."""

from dataclasses import replace

from google.protobuf.message import Message

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    Cancelled,
    Fulfilled,
    InventoryUpdated,
    LocationAdded,
    LocationMoved,
    LocationsTagged,
    ProductAdded,
    Reserved,
    ScriptInstalled,
    ScriptRemoved,
)
from bf.inventory.api.requests_pb2 import ReserveReq, ReserveResp
from bf.inventory.errors import (
    Blank,
    CodeTaken,
    LocationNotFound,
    NotAvailable,
    NothingAsked,
    NotPositive,
    SkuNotFound,
    TooLong,
    TooMany,
    TooManyUnits,
)
from bf.inventory.limits import (
    CODE_CHARS_MAX,
    ON_HAND_UNITS_MAX,
    ORDER_LINES_MAX,
    SCRIPT_READ_LOCATIONS_MAX,
    SCRIPT_TEXT_CHARS_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
)
from bf.inventory.scripts.errors import RefusedByScript, ScriptBeyondLimit, ScriptFailed

STORY = "docs/stories.md#promising-goods"

Item = ReserveReq.Item

ROOT, WAREHOUSE, SHELF_1, SHELF_2, YARD, COLA, TEA = (u(number) for number in range(7))
FIRST, SECOND, THIRD = u(7), u(8), u(9)

EMPTY_SHELVES = (
    LocationAdded(uid=WAREHOUSE, name="Warehouse", parent=ROOT),
    LocationAdded(uid=SHELF_1, name="Shelf 1", parent=WAREHOUSE),
    LocationAdded(uid=SHELF_2, name="Shelf 2", parent=WAREHOUSE),
    LocationAdded(uid=YARD, name="Yard", parent=ROOT),
    ProductAdded(uid=COLA, sku="cola"),
    ProductAdded(uid=TEA, sku="tea"),
)

STOCKED_SHELVES = (
    *EMPTY_SHELVES,
    InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=2, on_hand=2),
    InventoryUpdated(location=SHELF_2, product=COLA, on_hand_change=1, on_hand=1),
    InventoryUpdated(location=SHELF_2, product=TEA, on_hand_change=5, on_hand=5),
)

PROMISED_ABOVE_AND_BELOW = (
    *STOCKED_SHELVES,
    Reserved(reservation=FIRST, code="first", items=[Reserved.Item(product=COLA, quantity=1, location=WAREHOUSE)]),
    Reserved(reservation=SECOND, code="second", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)]),
)

PROMISED_ABOVE_AND_BELOW_DRAWN = """\
Warehouse    on hand 3  reserved 2    one of them anywhere in it, one on Shelf 1
  Shelf 1    on hand 2  reserved 1
  Shelf 2    on hand 1"""

PROMISED_FROM_THE_WAREHOUSE = (
    *STOCKED_SHELVES,
    Reserved(reservation=FIRST, code="first", items=[Reserved.Item(product=COLA, quantity=2, location=WAREHOUSE)]),
)

PROMISED_FROM_THE_WAREHOUSE_DRAWN = """\
Warehouse    on hand 3  reserved 2    anywhere in it
  Shelf 1    on hand 2
  Shelf 2    on hand 1"""

TEN_PRODUCTS = (
    LocationAdded(uid=u(1), name="Shelf", parent=ROOT),
    *(ProductAdded(uid=u(number), sku=f"sku {number}") for number in range(2, 12)),
    *(InventoryUpdated(location=u(1), product=u(number), on_hand_change=9, on_hand=9) for number in range(2, 12)),
)

SHUFFLED = (7, 3, 11, 2, 9, 5, 10, 4, 8, 6)

FULL_OF_COLA = (
    *EMPTY_SHELVES,
    InventoryUpdated(location=SHELF_1, product=COLA, on_hand_change=ON_HAND_UNITS_MAX, on_hand=ON_HAND_UNITS_MAX),
)

LONGEST_CODE = "\N{SHORTCAKE}" * CODE_CHARS_MAX

LONGEST_TAG = "ü" * TAG_CHARS_MAX

SCRIPTS = "docs/stories.md#deciding-by-a-script"


def script(body: str, name: str = "house") -> ScriptInstalled:
    """Install a function with this body, of which the first line is the second of the script."""
    return ScriptInstalled(hook="reserve", name=name, version=1, source=f"function reserve(order)\n{body}\nend")


def decided(name: str, body: str, *lines: tuple[str, int, str], given: tuple[Message, ...] = ()) -> Spec:
    """Say where a script places an order of two colas and a tea for the root."""
    items = [
        Reserved.Item(product=product, quantity=quantity, location=location) for product, quantity, location in lines
    ]
    return Spec(
        name=name,
        story=SCRIPTS,
        given=(*STOCKED_SHELVES, *given, script(body)),
        when=TWO_COLAS_AND_A_TEA,
        then=ReserveResp(reservation=FIRST),
        events=[Reserved(reservation=FIRST, code="sale", items=items)],
    )


def failed(name: str, body: str, problem: str, line: int = 0) -> Spec:
    """Say what a script is told that decides what cannot be."""
    return Spec(
        name=name,
        story=SCRIPTS,
        given=(*STOCKED_SHELVES, script(body)),
        when=TWO_COLAS_AND_A_TEA,
        refused=ScriptFailed(where=f"house, line {line}" if line else "house", problem=problem),
    )


TWO_COLAS_AND_A_TEA = ReserveReq(
    reservation="sale",
    location=ROOT,
    items=[Item(sku="cola", quantity=1), Item(sku="tea", quantity=1), Item(sku="cola", quantity=1)],
    tags={"b": "2", "a": "1"},
)

MANY_BINS = tuple(
    LocationAdded(uid=u(7 + number), name=f"Bin {number}", parent=YARD)
    for number in range(SCRIPT_READ_LOCATIONS_MAX + 1)
)

BY_SCRIPT = [
    decided(
        "a script that answers nothing leaves an order where it was asked for",
        "",
        (COLA, 2, ROOT),
        (TEA, 1, ROOT),
    ),
    decided(
        "a script places an order at a location that it names by its way from the root",
        'return { at = "Warehouse" }',
        (COLA, 2, WAREHOUSE),
        (TEA, 1, WAREHOUSE),
    ),
    decided(
        "a script places an order at a location that it was told of",
        "return { at = children(ROOT)[1] }",
        (COLA, 2, WAREHOUSE),
        (TEA, 1, WAREHOUSE),
    ),
    decided(
        "a script places an order at a location that it names by its uid",
        f'return {{ at = "{WAREHOUSE}" }}',
        (COLA, 2, WAREHOUSE),
        (TEA, 1, WAREHOUSE),
    ),
    decided(
        "a script splits an order over locations",
        """return { split = {
            { sku = "tea", quantity = 1, at = "Warehouse/Shelf 2" },
            { sku = "cola", quantity = 1, at = "Warehouse/Shelf 2" },
            { sku = "cola", quantity = 1.0, at = "Warehouse/Shelf 1" },
        } }""",
        (TEA, 1, SHELF_2),
        (COLA, 1, SHELF_2),
        (COLA, 1, SHELF_1),
    ),
    decided(
        "lines of a split that say the same are one",
        """return { split = {
            { sku = "cola", quantity = 1, at = "Warehouse" },
            { sku = "tea", quantity = 1, at = "Warehouse" },
            { sku = "cola", quantity = 1, at = "Warehouse" },
        } }""",
        (COLA, 2, WAREHOUSE),
        (TEA, 1, WAREHOUSE),
    ),
    decided(
        "a script sees the code, the tags, the items that are added up, and the location asked for",
        """
        assert(order.code == "sale" and order.tags.a == "1" and order.tags.b == "2", "code and tags")
        assert(#order.items == 2 and order.items[1].sku == "cola" and order.items[1].quantity == 2, "items")
        assert(order.items[1].uid == "00000000-0000-0000-0000-000000000005", "uid")
        assert(order.location.name == "" and order.location.path == "", "location")
        """,
        (COLA, 2, ROOT),
        (TEA, 1, ROOT),
    ),
    decided(
        "a script can ask what is on hand, available, inside and tagged",
        """
        assert(on_hand("Warehouse", "cola") == 3 and available("Warehouse/Shelf 1", "cola") == 2, "goods")
        assert(available("Yard", "tea") == 0, "nothing")
        assert(children("Warehouse")[2].name == "Shelf 2", "children")
        return { at = tagged("fast")[1] }
        """,
        (COLA, 2, WAREHOUSE),
        (TEA, 1, WAREHOUSE),
        given=(LocationsTagged(locations=[WAREHOUSE], added=["fast"]),),
    ),
    Spec(
        name="what is available to a script is what can be promised: promises further out count",
        story=SCRIPTS,
        given=(
            *STOCKED_SHELVES,
            Reserved(reservation=FIRST, code="other", items=[Reserved.Item(product=TEA, quantity=4, location=ROOT)]),
            script('return { refuse = tostring(available("Warehouse/Shelf 2", "tea")) }'),
        ),
        when=TWO_COLAS_AND_A_TEA,
        refused=RefusedByScript(script="house", why="1"),
    ),
    Spec(
        name="a script refuses an order with a reason",
        story=SCRIPTS,
        given=(*STOCKED_SHELVES, script('if order.tags.a then return { refuse = "no sale on Fridays" } end')),
        when=TWO_COLAS_AND_A_TEA,
        refused=RefusedByScript(script="house", why="no sale on Fridays"),
    ),
    Spec(
        name="a script that was removed is not asked",
        story=SCRIPTS,
        given=(
            *STOCKED_SHELVES,
            script('return { refuse = "closed" }'),
            ScriptRemoved(hook="reserve", name="house", version=1),
        ),
        when=ReserveReq(reservation="sale", location=ROOT, items=[Item(sku="tea", quantity=1)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(reservation=FIRST, code="sale", items=[Reserved.Item(product=TEA, quantity=1, location=ROOT)])
        ],
    ),
    Spec(
        name="a script cannot promise more than a location has",
        story=SCRIPTS,
        given=(*STOCKED_SHELVES, script('return { at = "Yard" }')),
        when=TWO_COLAS_AND_A_TEA,
        refused=NotAvailable(location=YARD, product=COLA, available=0, asked=2),
    ),
    Spec(
        name="the parts of a split are covered together",
        story=SCRIPTS,
        prose="Each shelf has enough for its own part; what is promised in the warehouse around them is not left for both.",
        given=(
            *STOCKED_SHELVES,
            Reserved(
                reservation=FIRST, code="other", items=[Reserved.Item(product=COLA, quantity=2, location=WAREHOUSE)]
            ),
            script(
                """return { split = {
                { sku = "cola", quantity = 1, at = "Warehouse/Shelf 1" },
                { sku = "cola", quantity = 1, at = "Warehouse/Shelf 2" },
                { sku = "tea", quantity = 1, at = "Warehouse/Shelf 2" },
            } }"""
            ),
        ),
        when=TWO_COLAS_AND_A_TEA,
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="an order that cannot be is refused before a script is asked",
        story=SCRIPTS,
        given=(*STOCKED_SHELVES, script('return { refuse = "closed" }')),
        when=ReserveReq(reservation="sale", location=ROOT, items=[Item(sku="sand", quantity=1)]),
        refused=SkuNotFound(field="items[0].sku", sku="sand"),
    ),
    Spec(
        name="a script that does not end refuses its order, with the line, and nothing else",
        story=SCRIPTS,
        given=(*STOCKED_SHELVES, script("while true do end")),
        when=TWO_COLAS_AND_A_TEA,
        refused=ScriptBeyondLimit(where="house, line 2", problem="more than 200000 instructions (script_instructions)"),
    ),
    Spec(
        name="a script is told of no more locations than its limit",
        story=SCRIPTS,
        given=(*EMPTY_SHELVES, *MANY_BINS, script('local bins = children("Yard")')),
        when=ReserveReq(reservation="sale", location=ROOT, items=[Item(sku="tea", quantity=1)]),
        refused=ScriptFailed(
            where="house, line 2",
            problem=f"children: more than {SCRIPT_READ_LOCATIONS_MAX} locations (SCRIPT_READ_LOCATIONS_MAX)",
        ),
    ),
    failed(
        "the retailer reads in which line a script failed",
        "local shelf\nreturn shelf.name",
        "attempt to index a nil value (local 'shelf')",
        3,
    ),
    failed("what a script says itself when it fails is told", 'error("no such country")', "no such country", 2),
    failed(
        "a script that asks for a location that does not exist fails",
        'local n = available("Moon", "tea")',
        "available: there is no location 'Moon'",
        2,
    ),
    failed(
        "a script that asks for a uid that nothing has fails",
        f'local n = available("{u(99)}", "tea")',
        f"available: no location has the uid {u(99)}",
        2,
    ),
    failed(
        "a script that asks for a uid that is none fails",
        'local n = available("00000000-0000-0000-0000-x", "tea")',
        "available: no location has the uid 00000000-0000-0000-0000-x",
        2,
    ),
    failed(
        "a script that asks for a product that does not exist fails",
        'local n = on_hand("Yard", "sand")',
        "on_hand: no product has the SKU 'sand'",
        2,
    ),
    failed(
        "a script that decides for a location that does not exist fails",
        'return { at = "Moon" }',
        "at: there is no location 'Moon'",
    ),
    failed(
        "a location is named by a text or by what was told of it",
        "return { at = 7 }",
        "at is no location: write a uid, or names such as Germany/Berlin",
    ),
    failed("a decision is a table", 'return "Yard"', "the answer is not a table with at, split, refuse"),
    failed(
        "a word in a decision that nobody knows is not overlooked",
        'return { att = "Yard" }',
        "the answer has 'att'; it may have at, split, refuse",
    ),
    failed(
        "an order is placed or split, not both",
        'return { at = "Yard", split = {} }',
        "the answer has both `at` and `split`: choose one",
    ),
    failed("a split is a list", "return { split = 1 }", "split is a list of { sku = , quantity = , at = }"),
    failed(
        "a split has no more lines than an order",
        f"local all = {{}} for n = 1, {ORDER_LINES_MAX + 1} do all[n] = {{}} end return {{ split = all }}",
        f"split has {ORDER_LINES_MAX + 1} lines; ORDER_LINES_MAX allows {ORDER_LINES_MAX}",
    ),
    failed(
        "a line of a split is a table",
        "return { split = { 1 } }",
        "split[1] is not a table with sku, quantity, at",
    ),
    failed(
        "a line of a split is about a product of the order",
        'return { split = { { sku = "sand", quantity = 1, at = ROOT } } }',
        "split[1].sku is not in the order",
    ),
    failed(
        "a line of a split is of whole units",
        'return { split = { { sku = "tea", quantity = 0.5, at = ROOT } } }',
        "split[1].quantity is not a positive whole number",
    ),
    failed(
        "a split does not leave anything out",
        'return { split = { { sku = "tea", quantity = 1, at = ROOT } } }',
        "split places 2 units of 'cola' too few",
    ),
    failed(
        "a split does not place more than is ordered",
        'return { split = { { sku = "tea", quantity = 3, at = ROOT }, { sku = "cola", quantity = 2, at = ROOT } } }',
        "split places 2 units of 'tea' too many",
    ),
    failed("a reason has something to read", 'return { refuse = " " }', "refuse is not a text"),
    failed(
        "a reason is no longer than its limit",
        f'return {{ refuse = string.rep("x", {SCRIPT_TEXT_CHARS_MAX + 1}) }}',
        f"refuse has {SCRIPT_TEXT_CHARS_MAX + 1} characters; SCRIPT_TEXT_CHARS_MAX allows {SCRIPT_TEXT_CHARS_MAX}",
    ),
]


SPECS = [
    Spec(
        name="goods on a shelf can be promised",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(reservation=FIRST, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)])
        ],
    ),
    Spec(
        name="all that a shelf has can be promised",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=2)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(reservation=FIRST, code="sale", items=[Reserved.Item(product=COLA, quantity=2, location=SHELF_1)])
        ],
    ),
    Spec(
        name="nobody promises more than a shelf has",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=3)]),
        refused=NotAvailable(location=SHELF_1, product=COLA, available=2, asked=3),
    ),
    Spec(
        name="nobody promises a product that a shelf never had",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="tea", quantity=1)]),
        refused=NotAvailable(location=SHELF_1, product=TEA, available=0, asked=1),
    ),
    Spec(
        name="goods can be promised from anywhere in a warehouse",
        story=STORY,
        prose="""\
Warehouse    on hand 3    all three are promised; nobody says yet from which shelf
  Shelf 1    on hand 2
  Shelf 2    on hand 1""",
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=3)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(
                reservation=FIRST, code="sale", items=[Reserved.Item(product=COLA, quantity=3, location=WAREHOUSE)]
            )
        ],
    ),
    Spec(
        name="nobody promises more than all shelves of a warehouse have together",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=4)]),
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=3, asked=4),
    ),
    Spec(
        name="goods can be promised from anywhere in the country",
        story=STORY,
        prose="""\
root           on hand 4    all four are promised
  Warehouse    on hand 3
  Yard         on hand 1""",
        given=[*STOCKED_SHELVES, InventoryUpdated(location=YARD, product=COLA, on_hand_change=1, on_hand=1)],
        when=ReserveReq(reservation="sale", location=ROOT, items=[Item(sku="cola", quantity=4)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(reservation=FIRST, code="sale", items=[Reserved.Item(product=COLA, quantity=4, location=ROOT)])
        ],
    ),
    Spec(
        name="nobody promises more than the whole country has",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=ROOT, items=[Item(sku="cola", quantity=4)]),
        refused=NotAvailable(location=ROOT, product=COLA, available=3, asked=4),
    ),
    Spec(
        name="goods of another place are not promised from here",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=YARD, items=[Item(sku="cola", quantity=1)]),
        refused=NotAvailable(location=YARD, product=COLA, available=0, asked=1),
    ),
    Spec(
        name="nobody promises a shelf's goods twice",
        story=STORY,
        prose=PROMISED_ABOVE_AND_BELOW_DRAWN,
        given=PROMISED_ABOVE_AND_BELOW,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=2)]),
        refused=NotAvailable(location=SHELF_1, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="what a shelf promised counts in its warehouse",
        story=STORY,
        prose=PROMISED_ABOVE_AND_BELOW_DRAWN,
        given=PROMISED_ABOVE_AND_BELOW,
        when=ReserveReq(reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=2)]),
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="the last free unit of a warehouse can be promised from the shelf that has it",
        story=STORY,
        prose=f"{PROMISED_ABOVE_AND_BELOW_DRAWN}\n\nWith one more at Shelf 1 all three units are promised.",
        given=PROMISED_ABOVE_AND_BELOW,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        then=ReserveResp(reservation=THIRD),
        events=[
            Reserved(reservation=THIRD, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)])
        ],
    ),
    Spec(
        name="a shelf does not promise what its warehouse has promised already",
        story=STORY,
        prose=f"""\
{PROMISED_FROM_THE_WAREHOUSE_DRAWN}

Shelf 1 has two and promised none, but only one of the three in the Warehouse is free.""",
        given=PROMISED_FROM_THE_WAREHOUSE,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=2)]),
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="a shelf promises what its warehouse can spare",
        story=STORY,
        prose=PROMISED_FROM_THE_WAREHOUSE_DRAWN,
        given=PROMISED_FROM_THE_WAREHOUSE,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(reservation=SECOND, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)])
        ],
    ),
    Spec(
        name="a shelf does not promise what was promised from anywhere in the country",
        story=STORY,
        prose="""\
root           on hand 3  reserved 3
  Warehouse    on hand 3
    Shelf 1    on hand 2    both may have to go to somebody else""",
        given=[
            *STOCKED_SHELVES,
            Reserved(reservation=FIRST, code="first", items=[Reserved.Item(product=COLA, quantity=3, location=ROOT)]),
        ],
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        refused=NotAvailable(location=ROOT, product=COLA, available=0, asked=1),
    ),
    Spec(
        name="a promise of cola leaves the tea free",
        story=STORY,
        given=PROMISED_FROM_THE_WAREHOUSE,
        when=ReserveReq(reservation="sale", location=SHELF_2, items=[Item(sku="tea", quantity=5)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(reservation=SECOND, code="sale", items=[Reserved.Item(product=TEA, quantity=5, location=SHELF_2)])
        ],
    ),
    Spec(
        name="an order is promised in the order in which it names its items",
        story=STORY,
        prose="Tea was added after cola, and is named first.",
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale", location=WAREHOUSE, items=[Item(sku="tea", quantity=4), Item(sku="cola", quantity=3)]
        ),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(
                reservation=FIRST,
                code="sale",
                items=[
                    Reserved.Item(product=TEA, quantity=4, location=WAREHOUSE),
                    Reserved.Item(product=COLA, quantity=3, location=WAREHOUSE),
                ],
            )
        ],
    ),
    Spec(
        name="a long order keeps its order too",
        story=STORY,
        prose="Neither the uids nor the hashes of the products decide: what comes first in the order comes first.",
        given=TEN_PRODUCTS,
        when=ReserveReq(
            reservation="sale",
            location=u(1),
            items=[Item(sku=f"sku {number}", quantity=number % 4 + 1) for number in SHUFFLED],
        ),
        then=ReserveResp(reservation=u(12)),
        events=[
            Reserved(
                reservation=u(12),
                code="sale",
                items=[Reserved.Item(product=u(number), quantity=number % 4 + 1, location=u(1)) for number in SHUFFLED],
            )
        ],
    ),
    Spec(
        name="items of one product are added up where the first of them stood",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=WAREHOUSE,
            items=[Item(sku="tea", quantity=1), Item(sku="cola", quantity=2), Item(sku="tea", quantity=3)],
        ),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(
                reservation=FIRST,
                code="sale",
                items=[
                    Reserved.Item(product=TEA, quantity=4, location=WAREHOUSE),
                    Reserved.Item(product=COLA, quantity=2, location=WAREHOUSE),
                ],
            )
        ],
    ),
    Spec(
        name="items of one product are not promised if only each of them alone is there",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=2), Item(sku="cola", quantity=1)],
        ),
        refused=NotAvailable(location=SHELF_1, product=COLA, available=2, asked=3),
    ),
    Spec(
        name="an order is promised whole or not at all",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=1), Item(sku="tea", quantity=6)]
        ),
        refused=NotAvailable(location=WAREHOUSE, product=TEA, available=5, asked=6),
    ),
    Spec(
        name="what a customer gave back can be promised again",
        story=STORY,
        given=[
            *PROMISED_FROM_THE_WAREHOUSE,
            Cancelled(reservation=FIRST, items=[Cancelled.Item(product=COLA, location=WAREHOUSE, released=2)]),
        ],
        when=ReserveReq(reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=3)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(
                reservation=SECOND, code="sale", items=[Reserved.Item(product=COLA, quantity=3, location=WAREHOUSE)]
            )
        ],
    ),
    Spec(
        name="what was promised but not handed over can be promised again",
        story=STORY,
        prose="Two were promised and one was handed over: of the three there are two left, and both are free.",
        given=[
            *PROMISED_FROM_THE_WAREHOUSE,
            Fulfilled(reservation=FIRST, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=1, on_hand=1)]),
        ],
        when=ReserveReq(reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=2)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(
                reservation=SECOND, code="sale", items=[Reserved.Item(product=COLA, quantity=2, location=WAREHOUSE)]
            )
        ],
    ),
    Spec(
        name="what was handed over cannot be promised again",
        story=STORY,
        given=[
            *PROMISED_FROM_THE_WAREHOUSE,
            Fulfilled(reservation=FIRST, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0)]),
        ],
        when=ReserveReq(reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=2)]),
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="what arrived with a moved shelf can be promised where it stands now",
        story=STORY,
        given=[*STOCKED_SHELVES, LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD)],
        when=ReserveReq(reservation="sale", location=YARD, items=[Item(sku="cola", quantity=2)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(reservation=FIRST, code="sale", items=[Reserved.Item(product=COLA, quantity=2, location=YARD)])
        ],
    ),
    Spec(
        name="what left with a moved shelf cannot be promised where it stood",
        story=STORY,
        given=[*STOCKED_SHELVES, LocationMoved(uid=SHELF_1, old_parent=WAREHOUSE, new_parent=YARD)],
        when=ReserveReq(reservation="sale", location=WAREHOUSE, items=[Item(sku="cola", quantity=2)]),
        refused=NotAvailable(location=WAREHOUSE, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="what a moved shelf promised is not promised again where it stands now",
        story=STORY,
        given=[*PROMISED_ABOVE_AND_BELOW, LocationMoved(uid=SHELF_1, old_parent="", new_parent=YARD)],
        when=ReserveReq(reservation="sale", location=YARD, items=[Item(sku="cola", quantity=2)]),
        refused=NotAvailable(location=YARD, product=COLA, available=1, asked=2),
    ),
    Spec(
        name="one code has one open reservation",
        story=STORY,
        given=PROMISED_FROM_THE_WAREHOUSE,
        when=ReserveReq(reservation="first", location=SHELF_2, items=[Item(sku="tea", quantity=1)]),
        refused=CodeTaken(reservation="first"),
    ),
    Spec(
        name="a code is free again after its reservation was fulfilled",
        story=STORY,
        given=[
            *PROMISED_FROM_THE_WAREHOUSE,
            Fulfilled(reservation=FIRST, items=[Fulfilled.Item(product=COLA, location=SHELF_1, removed=2, on_hand=0)]),
        ],
        when=ReserveReq(reservation="first", location=SHELF_2, items=[Item(sku="tea", quantity=1)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(reservation=SECOND, code="first", items=[Reserved.Item(product=TEA, quantity=1, location=SHELF_2)])
        ],
    ),
    Spec(
        name="a code is free again after its reservation was cancelled",
        story=STORY,
        given=[
            *PROMISED_FROM_THE_WAREHOUSE,
            Cancelled(reservation=FIRST, items=[Cancelled.Item(product=COLA, location=WAREHOUSE, released=2)]),
        ],
        when=ReserveReq(reservation="first", location=SHELF_2, items=[Item(sku="tea", quantity=1)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(reservation=SECOND, code="first", items=[Reserved.Item(product=TEA, quantity=1, location=SHELF_2)])
        ],
    ),
    Spec(
        name="codes in upper and lower case are different codes",
        story=STORY,
        given=PROMISED_FROM_THE_WAREHOUSE,
        when=ReserveReq(reservation="FIRST", location=SHELF_2, items=[Item(sku="tea", quantity=1)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(reservation=SECOND, code="FIRST", items=[Reserved.Item(product=TEA, quantity=1, location=SHELF_2)])
        ],
    ),
    Spec(
        name="a code is kept as the shop writes it, in any script",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation=' Bestellung "№ 7"\n注文 \N{SHORTCAKE}\t',
            location=SHELF_1,
            items=[Item(sku="cola", quantity=1)],
        ),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(
                reservation=FIRST,
                code=' Bestellung "№ 7"\n注文 \N{SHORTCAKE}\t',
                items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)],
            )
        ],
    ),
    Spec(
        name="a code that looks like a uid is still only a code",
        story=STORY,
        given=PROMISED_FROM_THE_WAREHOUSE,
        when=ReserveReq(reservation=FIRST, location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        then=ReserveResp(reservation=SECOND),
        events=[
            Reserved(reservation=SECOND, code=FIRST, items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)])
        ],
    ),
    Spec(
        name="the longest code is counted in characters, not in bytes",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation=LONGEST_CODE, location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(
                reservation=FIRST,
                code=LONGEST_CODE,
                items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)],
            )
        ],
    ),
    Spec(
        name="a code has no more characters than its limit",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation=LONGEST_CODE + "!", location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        refused=TooLong(field="reservation", chars=CODE_CHARS_MAX + 1, limit="CODE_CHARS_MAX", most=CODE_CHARS_MAX),
    ),
    Spec(
        name="a reservation without a code is refused",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        refused=Blank(field="reservation"),
    ),
    Spec(
        name="a code of spaces alone is no code",
        story=STORY,
        prose="Spaces of all scripts count: here a blank, a tab and the wide space of Japanese.",
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation=" \t\N{IDEOGRAPHIC SPACE}", location=SHELF_1, items=[Item(sku="cola", quantity=1)]),
        refused=Blank(field="reservation"),
    ),
    Spec(
        name="a reservation of nothing is refused",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1),
        refused=NothingAsked(field="items"),
    ),
    Spec(
        name="zero units cannot be promised",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola")]),
        refused=NotPositive(field="items[0].quantity", quantity=0),
    ),
    Spec(
        name="less than zero units cannot be promised, beside others either",
        story=STORY,
        prose="A negative item must not make room for a larger one of the same product.",
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=3), Item(sku="cola", quantity=-1)]
        ),
        refused=NotPositive(field="items[1].quantity", quantity=-1),
    ),
    Spec(
        name="the smallest number that can be written is not promised",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=-(2**63))]),
        refused=NotPositive(field="items[0].quantity", quantity=-(2**63)),
    ),
    Spec(
        name="the largest number that can be written is not promised",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=2**63 - 1)]),
        refused=TooManyUnits(field="items[0].quantity", quantity=2**63 - 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="one item does not promise more than a tenant may hold",
        story=STORY,
        given=FULL_OF_COLA,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=ON_HAND_UNITS_MAX + 1)]),
        refused=TooManyUnits(field="items[0].quantity", quantity=ON_HAND_UNITS_MAX + 1, most=ON_HAND_UNITS_MAX),
    ),
    Spec(
        name="all that a tenant may hold can be promised at once",
        story=STORY,
        given=FULL_OF_COLA,
        when=ReserveReq(reservation="sale", location=ROOT, items=[Item(sku="cola", quantity=ON_HAND_UNITS_MAX)]),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(
                reservation=FIRST,
                code="sale",
                items=[Reserved.Item(product=COLA, quantity=ON_HAND_UNITS_MAX, location=ROOT)],
            )
        ],
    ),
    Spec(
        name="items that each ask for all that a tenant may hold are added up without a slip",
        story=STORY,
        prose="A thousand of the largest items are still far from the largest number that can be counted.",
        given=FULL_OF_COLA,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=ON_HAND_UNITS_MAX)] * ORDER_LINES_MAX,
        ),
        refused=NotAvailable(
            location=SHELF_1,
            product=COLA,
            available=ON_HAND_UNITS_MAX,
            asked=ON_HAND_UNITS_MAX * ORDER_LINES_MAX,
        ),
        heavy=True,
    ),
    Spec(
        name="the longest order is promised",
        story=STORY,
        given=FULL_OF_COLA,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=1)] * ORDER_LINES_MAX),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(
                reservation=FIRST,
                code="sale",
                items=[Reserved.Item(product=COLA, quantity=ORDER_LINES_MAX, location=SHELF_1)],
            )
        ],
        heavy=True,
    ),
    Spec(
        name="an order has no more items than its limit, even of one product",
        story=STORY,
        given=FULL_OF_COLA,
        when=ReserveReq(
            reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=1)] * (ORDER_LINES_MAX + 1)
        ),
        refused=TooMany(field="items", count=ORDER_LINES_MAX + 1, limit="ORDER_LINES_MAX", most=ORDER_LINES_MAX),
    ),
    Spec(
        name="a product that is not in the catalogue cannot be promised",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale", location=SHELF_1, items=[Item(sku="cola", quantity=1), Item(sku="coffee", quantity=1)]
        ),
        refused=SkuNotFound(field="items[1].sku", sku="coffee"),
    ),
    Spec(
        name="a product is promised by its SKU, not by its uid",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku=COLA, quantity=1)]),
        refused=SkuNotFound(field="items[0].sku", sku=COLA),
    ),
    Spec(
        name="SKUs in upper and lower case are different SKUs",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(sku="COLA", quantity=1)]),
        refused=SkuNotFound(field="items[0].sku", sku="COLA"),
    ),
    Spec(
        name="an item without a SKU names no product",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=SHELF_1, items=[Item(quantity=1)]),
        refused=SkuNotFound(field="items[0].sku", sku=""),
    ),
    Spec(
        name="a SKU may be written in any script",
        story=STORY,
        given=[
            LocationAdded(uid=u(1), name="Shelf", parent=ROOT),
            ProductAdded(uid=u(2), sku="緑茶 \N{TEACUP WITHOUT HANDLE}"),
            InventoryUpdated(location=u(1), product=u(2), on_hand_change=1, on_hand=1),
        ],
        when=ReserveReq(
            reservation="sale", location=u(1), items=[Item(sku="緑茶 \N{TEACUP WITHOUT HANDLE}", quantity=1)]
        ),
        then=ReserveResp(reservation=u(3)),
        events=[
            Reserved(reservation=u(3), code="sale", items=[Reserved.Item(product=u(2), quantity=1, location=u(1))])
        ],
    ),
    Spec(
        name="goods are not promised from a location that nobody built",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", location=u(99), items=[Item(sku="cola", quantity=1)]),
        refused=LocationNotFound(field="location", uid=u(99)),
    ),
    Spec(
        name="the uid of an open reservation is no location to promise from",
        story=STORY,
        given=PROMISED_FROM_THE_WAREHOUSE,
        when=ReserveReq(reservation="sale", location=FIRST, items=[Item(sku="cola", quantity=1)]),
        refused=LocationNotFound(field="location", uid=FIRST),
    ),
    Spec(
        name="goods are not promised without saying from where",
        story=STORY,
        prose="The root has a uid as well: who means the whole country, says so.",
        given=STOCKED_SHELVES,
        when=ReserveReq(reservation="sale", items=[Item(sku="cola", quantity=1)]),
        refused=MalformedUid(field="location", value=""),
    ),
    Spec(
        name="a uid is written in lower case when promising",
        story=STORY,
        given=[LocationAdded(uid=u(10), name="Shelf", parent=ROOT), ProductAdded(uid=u(11), sku="cola")],
        when=ReserveReq(
            reservation="sale",
            location="00000000-0000-0000-0000-00000000000A",
            items=[Item(sku="cola", quantity=1)],
        ),
        refused=MalformedUid(field="location", value="00000000-0000-0000-0000-00000000000A"),
    ),
    Spec(
        name="tags change nothing of what is promised",
        story=STORY,
        prose="Tags are for scripts that decide where to reserve; the promise itself does not repeat them.",
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=1)],
            tags={"überraschung": "\N{SHORTCAKE}", "": ""},
        ),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(reservation=FIRST, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)])
        ],
    ),
    Spec(
        name="an order may carry the most tags, each with the longest key and value",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=1)],
            tags={LONGEST_TAG[3:] + f"{number:03}": LONGEST_TAG for number in range(TAGS_MAX)},
        ),
        then=ReserveResp(reservation=FIRST),
        events=[
            Reserved(reservation=FIRST, code="sale", items=[Reserved.Item(product=COLA, quantity=1, location=SHELF_1)])
        ],
    ),
    Spec(
        name="an order carries no more tags than their limit",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=1)],
            tags={f"tag {number}": "" for number in range(TAGS_MAX + 1)},
        ),
        refused=TooMany(field="tags", count=TAGS_MAX + 1, limit="TAGS_MAX", most=TAGS_MAX),
    ),
    Spec(
        name="the key of a tag has no more characters than its limit",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=1)],
            tags={LONGEST_TAG + "!": "gift"},
        ),
        refused=TooLong(field="tags", chars=TAG_CHARS_MAX + 1, limit="TAG_CHARS_MAX", most=TAG_CHARS_MAX),
    ),
    Spec(
        name="the value of a tag has no more characters than its limit",
        story=STORY,
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=1)],
            tags={"gift": LONGEST_TAG + "!"},
        ),
        refused=TooLong(field="tags", chars=TAG_CHARS_MAX + 1, limit="TAG_CHARS_MAX", most=TAG_CHARS_MAX),
    ),
    Spec(
        name="of several tags that are too long the first in the alphabet is named",
        story=STORY,
        prose="A map has no order of its own; the answer is the same every time.",
        given=STOCKED_SHELVES,
        when=ReserveReq(
            reservation="sale",
            location=SHELF_1,
            items=[Item(sku="cola", quantity=1)],
            tags={"b": LONGEST_TAG + "!!", "a": LONGEST_TAG + "!", "c": LONGEST_TAG + "!!!"},
        ),
        refused=TooLong(field="tags", chars=TAG_CHARS_MAX + 1, limit="TAG_CHARS_MAX", most=TAG_CHARS_MAX),
    ),
    *(replace(spec, heavy=True) for spec in BY_SCRIPT),  # an interpreter is made for each
]
