"""Features that a tenant has only if it wants them."""

from google.protobuf.message import Message

from bf.core.feature import Feature
from bf.core.tx import Handler, Tx
from bf.inventory.features.errors import FeatureNotEnabled, FeatureNotFound

OPTIONAL = {"fulfilment-waves": "picking many reservations in one walk"}
"""Each by its name, which never changes, with what it is good for."""


def is_enabled(tx: Tx, feature: str) -> bool:
    """Say whether the tenant has a feature, as of this very moment of the transaction."""
    return tx.one("SELECT 1 FROM enabled_feature WHERE name = ?", feature) is not None


def require_optional(field: str, feature: str) -> None:
    """Refuse a name that no optional feature has."""
    if feature not in OPTIONAL:
        raise FeatureNotFound(field=field, feature=feature)


def guard(feature: Feature) -> Handler:
    """Return the handler of an optional feature, which refuses before it does anything where that is not enabled."""
    assert feature.requires in OPTIONAL, f"{feature.name} requires {feature.requires!r}, which is not in OPTIONAL"

    def guarded(tx: Tx, request: Message) -> Message:
        if not is_enabled(tx, feature.requires):
            raise FeatureNotEnabled(request=request.DESCRIPTOR.name, feature=feature.requires)
        return feature.handler(tx, request)

    return guarded
