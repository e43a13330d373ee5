"""Specs of reading alerts."""

from bf.core.spec import Spec
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import AlertRaised, LocationAdded, ProductAdded
from bf.inventory.api.requests_pb2 import ListAlertsReq, ListAlertsResp
from bf.inventory.errors import Negative
from bf.inventory.limits import ALERTS_COUNT_MAX

STORY = "docs/stories.md#reading-alerts"

SHELF, TEA = u(1), u(2)

SHOP = (LocationAdded(uid=SHELF, name="Shelf", parent=u(0)), ProductAdded(uid=TEA, sku="tea"))


def raised(number: int) -> AlertRaised:
    """Say that a script wanted somebody to know."""
    return AlertRaised(number=number, time_us=100 + number, script="watch", location=SHELF, product=TEA, text="buy")


def shown(number: int) -> ListAlertsResp.Alert:
    """Show what `raised` said."""
    return ListAlertsResp.Alert(
        number=number, time_us=100 + number, script="watch", location=SHELF, product=TEA, text="buy"
    )


THREE = (*SHOP, raised(1), raised(2), raised(3))

SPECS = [
    Spec(name="without scripts there are no alerts", story=STORY, when=ListAlertsReq(), then=ListAlertsResp()),
    Spec(
        name="alerts are shown with the newest first",
        story=STORY,
        given=THREE,
        when=ListAlertsReq(),
        then=ListAlertsResp(alerts=[shown(3), shown(2), shown(1)]),
    ),
    Spec(
        name="alerts are shown in pages",
        story=STORY,
        given=THREE,
        when=ListAlertsReq(before=3, limit=1),
        then=ListAlertsResp(alerts=[shown(2)]),
    ),
    Spec(
        name="the oldest alerts are forgotten",
        story=STORY,
        given=(*SHOP, raised(1), raised(2), raised(ALERTS_COUNT_MAX + 1)),
        when=ListAlertsReq(),
        then=ListAlertsResp(alerts=[shown(ALERTS_COUNT_MAX + 1), shown(2)]),
    ),
    Spec(
        name="alerts are not counted below zero",
        story=STORY,
        when=ListAlertsReq(before=-1),
        refused=Negative(field="before", number=-1),
    ),
]
