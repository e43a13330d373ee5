"""Disable an optional feature: its requests are refused from now on, what it did stays."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import FeatureDisabled
from bf.inventory.api.requests_pb2 import DisableFeatureReq, DisableFeatureResp
from bf.inventory.features.optional import is_enabled, require_optional


@handles(DisableFeatureReq)
def disable_feature(tx: Tx, req: DisableFeatureReq) -> DisableFeatureResp:
    """Let nothing happen if it is not enabled."""
    require_optional("feature", req.feature)
    if is_enabled(tx, req.feature):
        tx.apply(FeatureDisabled(feature=req.feature))
    return DisableFeatureResp()


@applies(FeatureDisabled)
def feature_disabled(tx: Tx, event: FeatureDisabled) -> None:
    """Note it; tables of the feature keep what they have."""
    tx.write("DELETE FROM enabled_feature WHERE name = ?", event.feature)
