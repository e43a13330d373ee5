"""A tenant's stock as the fewest events that make it: what a compacted log begins with."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from google.protobuf.message import Message

from bf.core.tx import Tx
from bf.core.uid import uid_text
from bf.inventory.api.events_pb2 import (
    AlertRaised,
    FeatureEnabled,
    InventoryUpdated,
    LocationAdded,
    LocationsTagged,
    ProductAdded,
    ReportDefined,
    Reserved,
    ScriptInstalled,
    ScriptRemoved,
    TransferStarted,
    WavePlanned,
)

PARENTS_FIRST = """
    WITH RECURSIVE tree (uid, name, parent, depth) AS (
        SELECT uid, name, parent, 0 FROM location WHERE parent = 0
        UNION ALL
        SELECT location.uid, location.name, location.parent, depth + 1
        FROM tree JOIN location ON location.parent = tree.uid
        ORDER BY 4
    )
    SELECT uid, name, parent FROM tree
    """

OPEN_LINES = """
    SELECT reservation.uid, code, product, location, quantity
    FROM reservation JOIN reservation_line ON reservation_line.reservation = reservation.uid
    ORDER BY reservation.uid, product, location
    """

IN_TRANSIT = """
    SELECT code, source, destination, product, quantity
    FROM transfer JOIN transfer_line ON transfer = code
    ORDER BY code, product
    """

REPORTS = """
    SELECT name, parent, tag, location FROM report LEFT JOIN report_location ON report = name ORDER BY name, location
    """

PLANNED = """
    SELECT wave, location, reservation
    FROM wave_reservation JOIN wave ON code = wave
    ORDER BY wave, reservation
    """

VERSIONS = """
    SELECT hook, name, version, source, installed_us, removed_us
    FROM script_version ORDER BY installed_us, hook, name, version
    """

ALERTS = "SELECT number, time_us, script, location, product, text FROM alert ORDER BY number"


def baseline(tx: Tx) -> Iterator[Message]:
    """Yield what a tenant has, each thing as one event; goods in transit as they lay and left."""
    for (feature,) in tx.stream("SELECT name FROM enabled_feature ORDER BY name"):
        yield FeatureEnabled(feature=feature)
    for uid, sku in tx.stream("SELECT uid, sku FROM product ORDER BY uid"):
        yield ProductAdded(uid=uid_text(uid), sku=sku)
    for uid, name, parent in tx.stream(PARENTS_FIRST):
        yield LocationAdded(uid=uid_text(uid), name=name, parent=uid_text(parent))
    for location, tags in groupby(tx.stream("SELECT location, tag FROM location_tag ORDER BY 1, 2"), key=itemgetter(0)):
        yield LocationsTagged(locations=[uid_text(location)], added=[tag for _, tag in tags])
    yield from _reports(tx)
    yield from _scripts(tx)
    for (code, source, destination), lines in groupby(tx.stream(IN_TRANSIT), key=itemgetter(0, 1, 2)):
        started = TransferStarted(transfer=code, source=uid_text(source), destination=uid_text(destination))
        for *_, product, quantity in lines:
            item = started.items.add(product=uid_text(product), quantity=quantity)
            yield InventoryUpdated(
                location=started.source, product=item.product, on_hand_change=quantity, on_hand=quantity
            )
        yield started
    for location, product, here in tx.stream(
        "SELECT location, product, here FROM stock WHERE here > 0 ORDER BY location, product"
    ):
        yield InventoryUpdated(
            location=uid_text(location), product=uid_text(product), on_hand_change=here, on_hand=here
        )
    for (uid, code), lines in groupby(tx.stream(OPEN_LINES), key=itemgetter(0, 1)):
        items = [
            Reserved.Item(product=uid_text(product), quantity=quantity, location=uid_text(location))
            for _, _, product, location, quantity in lines
        ]
        yield Reserved(reservation=uid_text(uid), code=code, items=items)
    for (wave, location), planned in groupby(tx.stream(PLANNED), key=itemgetter(0, 1)):
        reservations = [uid_text(reservation) for *_, reservation in planned]
        yield WavePlanned(wave=wave, location=uid_text(location), reservations=reservations)


def _reports(tx: Tx) -> Iterator[Message]:
    for (name, parent, tag), lines in groupby(tx.stream(REPORTS), key=itemgetter(0, 1, 2)):
        locations = [uid_text(location) for *_, location in lines if location is not None]
        children_of = "" if parent is None else uid_text(parent)
        yield ReportDefined(name=name, locations=locations, children_of=children_of, tagged=tag or "")


def _scripts(tx: Tx) -> Iterator[Message]:
    """Yield every version that is known as if nothing had happened since, and the alerts that are kept."""
    for hook, name, version, source, installed_us, removed_us in tx.stream(VERSIONS):
        yield ScriptInstalled(hook=hook, name=name, version=version, source=source, time_us=installed_us)
        if removed_us is not None:
            yield ScriptRemoved(hook=hook, name=name, version=version, time_us=removed_us)
    for number, time_us, script, location, product, text in tx.stream(ALERTS):
        yield AlertRaised(
            number=number,
            time_us=time_us,
            script=script,
            location=uid_text(location),
            product=uid_text(product),
            text=text,
        )
