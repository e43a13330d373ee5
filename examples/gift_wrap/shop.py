"""The shop of the specs: one bin with three teas, two of which are promised to two customers."""

from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, ProductAdded, Reserved

ROOT, BIN, TEA, SALE, GIFT = (u(number) for number in range(5))


def _reserved(uid: str, code: str) -> Reserved:
    return Reserved(reservation=uid, code=code, items=[Reserved.Item(product=TEA, quantity=1, location=BIN)])


SHOP = (
    LocationAdded(uid=BIN, name="Bin", parent=ROOT),
    ProductAdded(uid=TEA, sku="tea"),
    InventoryUpdated(location=BIN, product=TEA, on_hand_change=3, on_hand=3),
    _reserved(SALE, "sale"),
    _reserved(GIFT, "gift"),
)
