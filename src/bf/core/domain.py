"""A domain: an explicit list of features over one schema, checked when it is built."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import NamedTuple

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from bf.core.feature import Feature, Upcaster
from bf.core.tx import Applier, Handler, Tx


class Gauge(NamedTuple):
    """Something that a tenant has a number of, which can be limited."""

    select: str
    """The SELECT that counts it."""
    changes: Mapping[type[Message], int]
    """By how much each event changes the count."""


class Domain:
    """Features, their messages and their tables, each event with exactly one applier, each request with one handler."""

    def __init__(
        self,
        *,
        name: str,
        version: int,
        schema: str,
        requests: FileDescriptor,
        events: FileDescriptor,
        features: Sequence[ModuleType],
        baseline: Callable[[Tx], Iterable[Message]] | None = None,
        gauges: Mapping[str, Gauge] | None = None,
        guard: Callable[[Feature], Handler] | None = None,
    ) -> None:
        """Read the features; AssertionError names what is missing, doubled or unknown."""
        self.name = name
        self.version = version
        """Raised when the meaning of events or tables changes; commits carry it."""
        self.schema = schema
        self.baseline = baseline
        """Says a state as the fewest events that make it; without it, logs are never compacted."""
        self.gauges = gauges or {}
        """What can be limited for a tenant, by name."""
        self.guard = guard
        """Makes the handler of a feature that `requires` something: it refuses where that is not enabled."""
        self.upcasters: dict[str, list[Upcaster]] = {}
        self.features = tuple(Feature.of(module) for module in features)
        self.handlers: dict[type[Message], Handler] = {}
        self.appliers: dict[type[Message], Applier] = {}
        for feature in self.features:
            assert feature.request not in self.handlers, f"{feature.request.__name__} has two handlers"
            self.handlers[feature.request] = self._handler(feature)
            for event, applier in feature.appliers.items():
                assert event not in self.appliers, f"{event.__name__} has two appliers"
                self.appliers[event] = applier
            for upcaster in feature.upcasters:
                self.upcasters.setdefault(upcaster.name, []).append(upcaster)
        self.queries = {feature.request for feature in self.features if not feature.appliers}
        """Requests that never change anything."""
        messages = _messages(requests)
        self.requests = {name: message for name, message in messages.items() if name.endswith("Req")}
        self.responses = {name: messages[name.removesuffix("Req") + "Resp"] for name in self.requests}
        self.events = _messages(events)
        self.event_names = {event: name for name, event in self.events.items()}
        """How the log calls each event."""
        _assert_same(f"{name}: requests and handlers", self.requests.values(), self.handlers)
        _assert_same(f"{name}: events and appliers", self.events.values(), self.appliers)

    def _handler(self, feature: Feature) -> Handler:
        if not feature.requires:
            return feature.handler
        assert self.guard, f"{feature.name} requires {feature.requires!r}, and {self.name} has no guard"
        return self.guard(feature)

    def read_event(self, name: str, body: bytes, version: int) -> Sequence[Message]:
        """Read an event as today's events; `version` is that of the domain that wrote it."""
        upcaster = self._upcaster(name, version)
        if upcaster is None:
            return (self.events[name].FromString(body),)
        return self._upcast(upcaster, upcaster.old.FromString(body))

    def _upcast(self, upcaster: Upcaster, old: Message) -> Sequence[Message]:
        newest: list[Message] = []
        for event in upcaster.read(old):
            later = self._upcaster(event.DESCRIPTOR.name, upcaster.until + 1)
            newest += self._upcast(later, event) if later and isinstance(event, later.old) else (event,)
        return newest

    def _upcaster(self, name: str, version: int) -> Upcaster | None:
        fitting = [upcaster for upcaster in self.upcasters.get(name, ()) if version <= upcaster.until]
        return min(fitting, key=lambda upcaster: upcaster.until, default=None)


def _messages(file: FileDescriptor) -> dict[str, type[Message]]:
    return {name: GetMessageClass(descriptor) for name, descriptor in file.message_types_by_name.items()}


def _assert_same(what: str, published: Iterable[type[Message]], written: Iterable[type[Message]]) -> None:
    differing = {message.__name__ for message in published} ^ {message.__name__ for message in written}
    assert not differing, f"{what} differ: {sorted(differing)}"
