"""Gift wrapping, for Acme and nobody else: `bf serve --features examples.gift_wrap.features` loads it."""

from collections.abc import Iterator
from pathlib import Path

from examples.gift_wrap import events_pb2, requests_pb2, wrap, wrap_wave
from examples.gift_wrap import list as list_gifts
from examples.gift_wrap.events_pb2 import GiftWrapped
from google.protobuf.message import Message

from bf.adapters.packages.package import Package
from bf.core.tx import Tx
from bf.core.uid import uid_text


def baseline(tx: Tx) -> Iterator[Message]:
    """Yield what is wrapped, each gift as one event."""
    for reservation, paper in tx.stream("SELECT reservation, paper FROM gift_wrap_gift ORDER BY reservation"):
        yield GiftWrapped(reservation=uid_text(reservation), paper=paper)


PACKAGE = Package(
    name="gift_wrap",
    tenants={"acme"},
    schema=Path(__file__).with_name("schema.sql").read_text("utf-8"),
    service=requests_pb2.DESCRIPTOR.services_by_name["GiftWrapService"],
    events=events_pb2.DESCRIPTOR,
    features=[wrap, wrap_wave, list_gifts],
    baseline=baseline,
)
