"""Specs of disabling optional features."""

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import (
    FeatureDisabled,
    FeatureEnabled,
    Fulfilled,
    InventoryUpdated,
    LocationAdded,
    ProductAdded,
    Reserved,
    WavePlanned,
)
from bf.inventory.api.requests_pb2 import (
    DisableFeatureReq,
    DisableFeatureResp,
    FulfillReq,
    FulfillResp,
    PickWaveReq,
)
from bf.inventory.features.errors import FeatureNotEnabled, FeatureNotFound

STORY = "docs/stories.md#choosing-optional-features"
WAVES = "fulfilment-waves"
ROOT, BIN, TEA, GIFT = (u(number) for number in range(4))

PLANNED_BEFORE = (
    FeatureEnabled(feature=WAVES),
    LocationAdded(uid=BIN, name="Bin", parent=ROOT),
    ProductAdded(uid=TEA, sku="tea"),
    InventoryUpdated(location=BIN, product=TEA, on_hand_change=2, on_hand=2),
    Reserved(reservation=GIFT, code="gift", items=[Reserved.Item(product=TEA, quantity=2, location=BIN)]),
    WavePlanned(wave="wave", location=ROOT, reservations=[GIFT]),
    FeatureDisabled(feature=WAVES),
)

SPECS = [
    Spec(
        name="an optional feature is disabled",
        story=STORY,
        given=[FeatureEnabled(feature=WAVES)],
        when=DisableFeatureReq(feature=WAVES),
        then=DisableFeatureResp(),
        events=[FeatureDisabled(feature=WAVES)],
    ),
    Spec(
        name="a feature that is not enabled stays so",
        story=STORY,
        when=DisableFeatureReq(feature=WAVES),
        then=DisableFeatureResp(),
    ),
    Spec(
        name="only features that are known are disabled",
        story=STORY,
        when=DisableFeatureReq(feature=""),
        refused=FeatureNotFound(field="feature", feature=""),
    ),
    Spec(
        name="a wave that was planned is not picked after waves were disabled",
        story=STORY,
        given=PLANNED_BEFORE,
        when=PickWaveReq(wave="wave"),
        refused=FeatureNotEnabled(request="PickWaveReq", feature=WAVES),
    ),
    Spec(
        name="what was planned with a feature that is disabled by now is handed over by itself",
        story=STORY,
        given=PLANNED_BEFORE,
        when=FulfillReq(reservation=GIFT, items=[FulfillReq.Item(product=TEA, location=BIN, quantity=2)]),
        then=FulfillResp(),
        events=[Fulfilled(reservation=GIFT, items=[Fulfilled.Item(product=TEA, location=BIN, removed=2)])],
    ),
]
