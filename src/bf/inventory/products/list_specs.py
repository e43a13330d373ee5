"""Specs of listing products."""

from bf.core.refusal import MalformedUid
from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import ProductAdded
from bf.inventory.api.requests_pb2 import ListProductsReq, ListProductsResp
from bf.inventory.errors import Negative, TooMany, TooMuchToShow
from bf.inventory.limits import ADDED_PRODUCTS_MAX, LISTED_PRODUCTS_MAX

STORY = "docs/stories.md#looking-up-products"
Item = ListProductsResp.Item

CATALOGUE = (
    ProductAdded(uid=u(1), sku="cola"),
    ProductAdded(uid=u(2), sku="fanta"),
    ProductAdded(uid=u(3), sku="Cola"),
)

SPECS = [
    Spec(
        name="the whole catalogue is listed in the order in which it was written",
        story=STORY,
        given=CATALOGUE,
        when=ListProductsReq(),
        then=ListProductsResp(
            items=[Item(uid=u(1), sku="cola"), Item(uid=u(2), sku="fanta"), Item(uid=u(3), sku="Cola")]
        ),
    ),
    Spec(name="an empty catalogue lists nothing", story=STORY, when=ListProductsReq(), then=ListProductsResp()),
    Spec(
        name="products are looked up by their exact SKUs, unknown ones left out",
        story=STORY,
        given=CATALOGUE,
        when=ListProductsReq(skus=["Cola", "pepsi", "fanta", "fanta"]),
        then=ListProductsResp(items=[Item(uid=u(2), sku="fanta"), Item(uid=u(3), sku="Cola")]),
    ),
    Spec(
        name="the catalogue is leafed through in pages",
        story=STORY,
        given=CATALOGUE,
        when=ListProductsReq(after=u(1), limit=1),
        then=ListProductsResp(items=[Item(uid=u(2), sku="fanta")]),
    ),
    Spec(
        name="a page of the catalogue begins after a uid, not after a SKU",
        story=STORY,
        given=CATALOGUE,
        when=ListProductsReq(after="cola"),
        refused=MalformedUid(field="after", value="cola"),
    ),
    Spec(
        name="a page of the catalogue has no negative length",
        story=STORY,
        when=ListProductsReq(limit=-1),
        refused=Negative(field="limit", number=-1),
    ),
    Spec(
        name="nobody looks up more SKUs at a time than they may add",
        story=STORY,
        when=ListProductsReq(skus=["cola"] * (ADDED_PRODUCTS_MAX + 1)),
        refused=TooMany(
            field="skus", count=ADDED_PRODUCTS_MAX + 1, limit="ADDED_PRODUCTS_MAX", most=ADDED_PRODUCTS_MAX
        ),
        heavy=True,
    ),
    Spec(
        name="a catalogue too long for one answer is asked for in pages",
        story=STORY,
        given=[ProductAdded(uid=u(number), sku=f"sku {number}") for number in range(1, LISTED_PRODUCTS_MAX + 2)],
        when=ListProductsReq(),
        refused=TooMuchToShow(
            limit="LISTED_PRODUCTS_MAX", most=LISTED_PRODUCTS_MAX, remedy="ask in pages with `after` and `limit`"
        ),
        heavy=True,
    ),
]
