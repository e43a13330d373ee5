"""Specs of wrapping gifts."""

from examples.gift_wrap.errors import WrappedAlready
from examples.gift_wrap.events_pb2 import GiftWrapped
from examples.gift_wrap.requests_pb2 import WrapGiftReq, WrapGiftResp
from examples.gift_wrap.shop import GIFT, SHOP

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import Cancelled
from bf.inventory.errors import Blank, ReservationNotFound

RED = GiftWrapped(reservation=GIFT, paper="red")

SPECS = [
    Spec(
        name="a gift is wrapped in the paper that was asked for",
        given=SHOP,
        when=WrapGiftReq(reservation=GIFT, paper="red"),
        then=WrapGiftResp(),
        events=[RED],
    ),
    Spec(
        name="a gift that is wrapped in that paper already is not wrapped twice",
        given=(*SHOP, RED),
        when=WrapGiftReq(reservation=GIFT, paper="red"),
        then=WrapGiftResp(),
    ),
    Spec(
        name="a gift is not wrapped in two papers",
        given=(*SHOP, RED),
        when=WrapGiftReq(reservation=GIFT, paper="blue"),
        refused=WrappedAlready(reservation=GIFT, paper="red"),
    ),
    Spec(
        name="a gift is wrapped in some paper",
        given=SHOP,
        when=WrapGiftReq(reservation=GIFT),
        refused=Blank(field="paper"),
    ),
    Spec(
        name="what was cancelled is not wrapped",
        given=(*SHOP, Cancelled(reservation=GIFT)),
        when=WrapGiftReq(reservation=GIFT, paper="red"),
        refused=ReservationNotFound(uid=GIFT),
    ),
    Spec(
        name="what nobody reserved is not wrapped",
        given=SHOP,
        when=WrapGiftReq(reservation=u(99), paper="red"),
        refused=ReservationNotFound(uid=u(99)),
    ),
]
