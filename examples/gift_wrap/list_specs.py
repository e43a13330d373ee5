"""Specs of listing gifts."""

from examples.gift_wrap.events_pb2 import GiftWrapped
from examples.gift_wrap.requests_pb2 import ListGiftsReq, ListGiftsResp
from examples.gift_wrap.shop import GIFT, SALE, SHOP

from bf.core.spec import Spec
from bf.inventory.api.events_pb2 import Cancelled

Item = ListGiftsResp.Item
WRAPPED = (*SHOP, GiftWrapped(reservation=GIFT, paper="red"), GiftWrapped(reservation=SALE, paper="gold"))

SPECS = [
    Spec(
        name="gifts are listed with their orders and papers, the oldest order first",
        given=WRAPPED,
        when=ListGiftsReq(),
        then=ListGiftsResp(
            gifts=[
                Item(reservation=SALE, code="sale", paper="gold"),
                Item(reservation=GIFT, code="gift", paper="red"),
            ]
        ),
    ),
    Spec(
        name="a gift whose order was cancelled is not listed",
        given=(*WRAPPED, Cancelled(reservation=SALE)),
        when=ListGiftsReq(),
        then=ListGiftsResp(gifts=[Item(reservation=GIFT, code="gift", paper="red")]),
    ),
    Spec(
        name="without gifts there is nothing to list",
        given=SHOP,
        when=ListGiftsReq(),
        then=ListGiftsResp(),
    ),
]
