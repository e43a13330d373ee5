"""Refusals around optional features."""

from bf.core.refusal import Code, Refusal


class FeatureNotFound(Refusal):
    """A name that no optional feature has."""

    code = Code.NOT_FOUND
    text = "{field}: no optional feature has the name {feature!r}; ListFeatures shows them"
    field: str
    feature: str


class FeatureNotEnabled(Refusal):
    """A request of an optional feature that the tenant does not have."""

    code = Code.UNIMPLEMENTED
    text = "{request} needs the feature {feature!r}, which is not enabled; EnableFeature enables it"
    request: str
    feature: str
