"""Enable an optional feature: the tenant has it from now on."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import FeatureEnabled
from bf.inventory.api.requests_pb2 import EnableFeatureReq, EnableFeatureResp
from bf.inventory.features.optional import is_enabled, require_optional


@handles(EnableFeatureReq)
def enable_feature(tx: Tx, req: EnableFeatureReq) -> EnableFeatureResp:
    """Let nothing happen if it is enabled already."""
    require_optional("feature", req.feature)
    if not is_enabled(tx, req.feature):
        tx.apply(FeatureEnabled(feature=req.feature))
    return EnableFeatureResp()


@applies(FeatureEnabled)
def feature_enabled(tx: Tx, event: FeatureEnabled) -> None:
    """Note it."""
    tx.write("INSERT INTO enabled_feature VALUES (?)", event.feature)
