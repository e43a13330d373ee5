"""List the optional features, and say which of them are enabled."""

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.inventory.api.requests_pb2 import ListFeaturesReq, ListFeaturesResp
from bf.inventory.features.optional import OPTIONAL, is_enabled


@handles(ListFeaturesReq)
def list_features(tx: Tx, _req: ListFeaturesReq) -> ListFeaturesResp:
    """Show them in the order of their names."""
    return ListFeaturesResp(
        features=[
            ListFeaturesResp.Item(feature=name, summary=summary, enabled=is_enabled(tx, name))
            for name, summary in sorted(OPTIONAL.items())
        ]
    )
