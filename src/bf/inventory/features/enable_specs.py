"""Specs of enabling optional features."""

from bf.core.spec import Spec
from bf.inventory.api.events_pb2 import FeatureDisabled, FeatureEnabled
from bf.inventory.api.requests_pb2 import EnableFeatureReq, EnableFeatureResp, PlanWaveReq
from bf.inventory.features.errors import FeatureNotEnabled, FeatureNotFound

STORY = "docs/stories.md#choosing-optional-features"
WAVES = "fulfilment-waves"

SPECS = [
    Spec(
        name="an optional feature is enabled",
        story=STORY,
        when=EnableFeatureReq(feature=WAVES),
        then=EnableFeatureResp(),
        events=[FeatureEnabled(feature=WAVES)],
    ),
    Spec(
        name="a feature that is enabled already stays so",
        story=STORY,
        given=[FeatureEnabled(feature=WAVES)],
        when=EnableFeatureReq(feature=WAVES),
        then=EnableFeatureResp(),
    ),
    Spec(
        name="a feature that was disabled is enabled again",
        story=STORY,
        given=[FeatureEnabled(feature=WAVES), FeatureDisabled(feature=WAVES)],
        when=EnableFeatureReq(feature=WAVES),
        then=EnableFeatureResp(),
        events=[FeatureEnabled(feature=WAVES)],
    ),
    Spec(
        name="only features that are known are enabled",
        story=STORY,
        when=EnableFeatureReq(feature="teleport"),
        refused=FeatureNotFound(field="feature", feature="teleport"),
    ),
    Spec(
        name="a tenant that did not enable a feature cannot use it",
        story=STORY,
        prose="The tenant is told before anything else about its request is looked at: this one names nothing.",
        when=PlanWaveReq(),
        refused=FeatureNotEnabled(request="PlanWaveReq", feature=WAVES),
    ),
]
