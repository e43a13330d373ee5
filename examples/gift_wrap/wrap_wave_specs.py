"""Specs of wrapping waves."""

from examples.gift_wrap.errors import NoSuchWave
from examples.gift_wrap.events_pb2 import GiftWrapped, WaveWrapped
from examples.gift_wrap.requests_pb2 import WrapWaveReq, WrapWaveResp
from examples.gift_wrap.shop import GIFT, ROOT, SALE, SHOP

from bf.core.spec import Spec
from bf.inventory.api.events_pb2 import FeatureEnabled, WavePlanned
from bf.inventory.errors import Blank
from bf.inventory.features.errors import FeatureNotEnabled

PLANNED = (
    FeatureEnabled(feature="fulfilment-waves"),
    *SHOP,
    WavePlanned(wave="wave", location=ROOT, reservations=[SALE, GIFT]),
)

SPECS = [
    Spec(
        name="all gifts of a wave are wrapped",
        given=PLANNED,
        when=WrapWaveReq(wave="wave", paper="gold"),
        then=WrapWaveResp(reservations=[SALE, GIFT]),
        events=[WaveWrapped(reservations=[SALE, GIFT], paper="gold")],
    ),
    Spec(
        name="a gift that is wrapped already keeps its paper in a wave",
        given=(*PLANNED, GiftWrapped(reservation=SALE, paper="red")),
        when=WrapWaveReq(wave="wave", paper="gold"),
        then=WrapWaveResp(reservations=[GIFT]),
        events=[WaveWrapped(reservations=[GIFT], paper="gold")],
    ),
    Spec(
        name="a wave that is wrapped already is left alone",
        given=(*PLANNED, WaveWrapped(reservations=[SALE, GIFT], paper="gold")),
        when=WrapWaveReq(wave="wave", paper="red"),
        then=WrapWaveResp(),
    ),
    Spec(
        name="a wave is wrapped in some paper",
        given=PLANNED,
        when=WrapWaveReq(wave="wave"),
        refused=Blank(field="paper"),
    ),
    Spec(
        name="a wave that nobody planned is not wrapped",
        given=PLANNED,
        when=WrapWaveReq(wave="other", paper="gold"),
        refused=NoSuchWave(field="wave", wave="other"),
    ),
    Spec(
        name="whoever does not pick in waves wraps none",
        given=SHOP,
        when=WrapWaveReq(wave="wave", paper="gold"),
        refused=FeatureNotEnabled(request="WrapWaveReq", feature="fulfilment-waves"),
    ),
]
