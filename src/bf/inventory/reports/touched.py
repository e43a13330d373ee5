"""What events may have changed in a report: which products' numbers, and whether its locations."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from bf.inventory.api.events_pb2 import LocationAdded, LocationMoved, LocationsTagged, ReportDropped


@dataclass(slots=True)
class Touched:
    """What may be different."""

    products: set[str] = field(default_factory=set[str])
    moved: set[str] = field(default_factory=set[str])
    """Locations that were moved, with everything that lies inside them."""
    places: bool = False
    """Whether reports may cover other locations."""
    dropped: set[str] = field(default_factory=set[str])
    """The names of reports that are no more."""


def touched_by(events: Iterable[Message]) -> Touched:
    """Gather what events touch; those of stock name each product in a field `product`."""
    found = Touched()
    for event in events:
        match event:
            case LocationMoved():
                found.moved.add(event.uid)
                found.places = True
            case LocationAdded() | LocationsTagged():
                found.places = True
            case ReportDropped():
                found.dropped.add(event.name)
            case _:
                found.products.update(_products_in(event))
    return found


def _products_in(message: Message) -> Iterator[str]:
    for descriptor in cast("Iterable[FieldDescriptor]", message.DESCRIPTOR.fields):
        if descriptor.name == "product":
            yield getattr(message, "product")  # noqa: B009  # no message type has it
        elif descriptor.message_type and descriptor.is_repeated:
            for each in cast("Iterable[Message]", getattr(message, descriptor.name)):
                yield from _products_in(each)
