"""Specs of adding products."""

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import Cancelled, InventoryUpdated, LocationAdded, ProductAdded, Reserved
from bf.inventory.api.requests_pb2 import AddProductsReq, AddProductsResp
from bf.inventory.errors import Blank, NothingAsked, SkuTaken, TooLong, TooMany
from bf.inventory.limits import ADDED_PRODUCTS_MAX, SKU_CHARS_MAX

STORY = "docs/stories.md#adding-products"

COLA = ProductAdded(uid=u(1), sku="cola")

MANY_SKUS = [f"sku-{number}" for number in range(1, ADDED_PRODUCTS_MAX + 1)]

SPECS = [
    Spec(
        name="new products are numbered in the order in which the buyer writes them",
        story=STORY,
        when=AddProductsReq(skus=["tea", "cola", "apple"]),
        then=AddProductsResp(uids=[u(1), u(2), u(3)]),
        events=[
            ProductAdded(uid=u(1), sku="tea"),
            ProductAdded(uid=u(2), sku="cola"),
            ProductAdded(uid=u(3), sku="apple"),
        ],
    ),
    Spec(
        name="a second delivery of products is numbered after the first",
        story=STORY,
        given=[COLA],
        when=AddProductsReq(skus=["tea"]),
        then=AddProductsResp(uids=[u(2)]),
        events=[ProductAdded(uid=u(2), sku="tea")],
    ),
    Spec(
        name="products and locations share one counter",
        story=STORY,
        prose="A uid names one thing only, so that nobody can mistake a shelf for a product.",
        given=[
            LocationAdded(uid=u(1), name="Warehouse", parent=u(0)),
            LocationAdded(uid=u(2), name="Row", parent=u(1)),
        ],
        when=AddProductsReq(skus=["cola"]),
        then=AddProductsResp(uids=[u(3)]),
        events=[ProductAdded(uid=u(3), sku="cola")],
    ),
    Spec(
        name="the uid of a cancelled reservation is not given to a new product",
        story=STORY,
        given=[
            COLA,
            LocationAdded(uid=u(2), name="Shelf", parent=u(0)),
            InventoryUpdated(location=u(2), product=u(1), on_hand_change=4, on_hand=4),
            Reserved(reservation=u(3), code="sale", items=[Reserved.Item(product=u(1), quantity=4, location=u(2))]),
            Cancelled(reservation=u(3), items=[Cancelled.Item(product=u(1), location=u(2), released=4)]),
        ],
        when=AddProductsReq(skus=["tea"]),
        then=AddProductsResp(uids=[u(4)]),
        events=[ProductAdded(uid=u(4), sku="tea")],
    ),
    Spec(
        name="a SKU that is in the catalogue cannot be added again",
        story=STORY,
        given=[COLA],
        when=AddProductsReq(skus=["cola"]),
        refused=SkuTaken(field="skus[0]", sku="cola"),
    ),
    Spec(
        name="a SKU cannot stand twice in one request for products",
        story=STORY,
        when=AddProductsReq(skus=["cola", "tea", "cola"]),
        refused=SkuTaken(field="skus[2]", sku="cola"),
    ),
    Spec(
        name="one SKU that is taken keeps all the other new products out",
        story=STORY,
        prose="All of the request or nothing of it: the replay of this spec shows that neither tea nor apple was added.",
        given=[COLA],
        when=AddProductsReq(skus=["tea", "cola", "apple"]),
        refused=SkuTaken(field="skus[1]", sku="cola"),
    ),
    Spec(
        name="a request for products names at least one SKU",
        story=STORY,
        when=AddProductsReq(),
        refused=NothingAsked(field="skus"),
    ),
    Spec(
        name="a product without a SKU is refused",
        story=STORY,
        when=AddProductsReq(skus=[""]),
        refused=Blank(field="skus[0]"),
    ),
    Spec(
        name="a SKU of blanks and tabs only is refused",
        story=STORY,
        when=AddProductsReq(skus=[" \t\n"]),
        refused=Blank(field="skus[0]"),
    ),
    Spec(
        name="a SKU of wide and unbreakable blanks only is refused",
        story=STORY,
        prose="U+00A0 no-break space, U+2003 em space and U+3000 ideographic space show nothing on a label either.",
        when=AddProductsReq(skus=["\u00a0\u2003\u3000"]),
        refused=Blank(field="skus[0]"),
    ),
    Spec(
        name="one blank SKU at the end keeps all the other new products out",
        story=STORY,
        when=AddProductsReq(skus=["tea", "cola", " "]),
        refused=Blank(field="skus[2]"),
    ),
    Spec(
        name="a SKU may be as long as its limit",
        story=STORY,
        when=AddProductsReq(skus=["x" * SKU_CHARS_MAX]),
        then=AddProductsResp(uids=[u(1)]),
        events=[ProductAdded(uid=u(1), sku="x" * SKU_CHARS_MAX)],
    ),
    Spec(
        name="a SKU one character beyond its limit is refused",
        story=STORY,
        when=AddProductsReq(skus=["tea", "x" * (SKU_CHARS_MAX + 1)]),
        refused=TooLong(field="skus[1]", chars=SKU_CHARS_MAX + 1, limit="SKU_CHARS_MAX", most=SKU_CHARS_MAX),
    ),
    Spec(
        name="the length of a SKU is counted in characters, not in bytes",
        story=STORY,
        prose="Each of these takes four bytes in UTF-8.",
        when=AddProductsReq(skus=["🥤" * SKU_CHARS_MAX]),
        then=AddProductsResp(uids=[u(1)]),
        events=[ProductAdded(uid=u(1), sku="🥤" * SKU_CHARS_MAX)],
    ),
    Spec(
        name="a SKU in capital letters is another SKU",
        story=STORY,
        given=[COLA],
        when=AddProductsReq(skus=["COLA", "Cola"]),
        then=AddProductsResp(uids=[u(2), u(3)]),
        events=[ProductAdded(uid=u(2), sku="COLA"), ProductAdded(uid=u(3), sku="Cola")],
    ),
    Spec(
        name="blanks around a SKU belong to it",
        story=STORY,
        prose="What the buyer wrote is kept to the letter; whoever wants it trimmed trims it before asking.",
        given=[COLA],
        when=AddProductsReq(skus=[" cola", "cola "]),
        then=AddProductsResp(uids=[u(2), u(3)]),
        events=[ProductAdded(uid=u(2), sku=" cola"), ProductAdded(uid=u(3), sku="cola ")],
    ),
    Spec(
        name="leading zeros of a SKU belong to it",
        story=STORY,
        prose="A SKU of digits is still text: 7, 07 and 7.0 are three products.",
        when=AddProductsReq(skus=["7", "07", "7.0"]),
        then=AddProductsResp(uids=[u(1), u(2), u(3)]),
        events=[
            ProductAdded(uid=u(1), sku="7"),
            ProductAdded(uid=u(2), sku="07"),
            ProductAdded(uid=u(3), sku="7.0"),
        ],
    ),
    Spec(
        name="an accent written as a character of its own makes another SKU",
        story=STORY,
        prose="U+00E9 against e and U+0301: they look alike, and nothing is normalized behind the buyer's back.",
        when=AddProductsReq(skus=["caf\u00e9", "cafe\u0301"]),
        then=AddProductsResp(uids=[u(1), u(2)]),
        events=[ProductAdded(uid=u(1), sku="caf\u00e9"), ProductAdded(uid=u(2), sku="cafe\u0301")],
    ),
    Spec(
        name="a SKU may be written in any script, or in pictures",
        story=STORY,
        when=AddProductsReq(skus=["可乐", "קולה", "🥤"]),
        then=AddProductsResp(uids=[u(1), u(2), u(3)]),
        events=[
            ProductAdded(uid=u(1), sku="可乐"),
            ProductAdded(uid=u(2), sku="קולה"),
            ProductAdded(uid=u(3), sku="🥤"),
        ],
    ),
    Spec(
        name="a SKU that reads like a command is only a SKU",
        story=STORY,
        when=AddProductsReq(skus=["'; DROP TABLE product; --"]),
        then=AddProductsResp(uids=[u(1)]),
        events=[ProductAdded(uid=u(1), sku="'; DROP TABLE product; --")],
    ),
    Spec(
        name="a product may be called like a location",
        story=STORY,
        given=[LocationAdded(uid=u(1), name="Pallet", parent=u(0))],
        when=AddProductsReq(skus=["Pallet"]),
        then=AddProductsResp(uids=[u(2)]),
        events=[ProductAdded(uid=u(2), sku="Pallet")],
    ),
    Spec(
        name="one product more than the limit refuses the whole request",
        story=STORY,
        when=AddProductsReq(skus=[*MANY_SKUS, "cola"]),
        refused=TooMany(
            field="skus", count=ADDED_PRODUCTS_MAX + 1, limit="ADDED_PRODUCTS_MAX", most=ADDED_PRODUCTS_MAX
        ),
        heavy=True,
    ),
]
