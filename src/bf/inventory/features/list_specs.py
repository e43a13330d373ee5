"""Specs of listing optional features."""

from bf.core.spec import Spec
from bf.inventory.api.events_pb2 import FeatureDisabled, FeatureEnabled
from bf.inventory.api.requests_pb2 import ListFeaturesReq, ListFeaturesResp
from bf.inventory.features.optional import OPTIONAL

STORY = "docs/stories.md#choosing-optional-features"
WAVES = "fulfilment-waves"


def shown(*enabled: str) -> ListFeaturesResp:
    """Show all of them, some of them enabled."""
    return ListFeaturesResp(
        features=[
            ListFeaturesResp.Item(feature=name, summary=OPTIONAL[name], enabled=name in enabled)
            for name in sorted(OPTIONAL)
        ]
    )


SPECS = [
    Spec(
        name="a new tenant has no optional feature enabled",
        story=STORY,
        when=ListFeaturesReq(),
        then=shown(),
    ),
    Spec(
        name="a feature that was enabled is shown so",
        story=STORY,
        given=[FeatureEnabled(feature=WAVES)],
        when=ListFeaturesReq(),
        then=shown(WAVES),
    ),
    Spec(
        name="a feature that was disabled is shown so",
        story=STORY,
        given=[FeatureEnabled(feature=WAVES), FeatureDisabled(feature=WAVES)],
        when=ListFeaturesReq(),
        then=shown(),
    ),
]
