"""A domain: an explicit list of features over one schema, checked when it is built."""

from collections.abc import Iterable, Sequence
from types import ModuleType

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from bf.core.feature import Feature
from bf.core.tx import Applier, Handler


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
    ) -> None:
        """Read the features; AssertionError names what is missing, doubled or unknown."""
        self.name = name
        self.version = version
        """Raised when the meaning of events or tables changes; commits carry it."""
        self.schema = schema
        self.features = tuple(Feature.of(module) for module in features)
        self.handlers: dict[type[Message], Handler] = {}
        self.appliers: dict[type[Message], Applier] = {}
        for feature in self.features:
            assert feature.request not in self.handlers, f"{feature.request.__name__} has two handlers"
            self.handlers[feature.request] = feature.handler
            for event, applier in feature.appliers.items():
                assert event not in self.appliers, f"{event.__name__} has two appliers"
                self.appliers[event] = applier
        self.queries = {feature.request for feature in self.features if not feature.appliers}
        """Requests that never change anything."""
        messages = _messages(requests)
        self.requests = {name: message for name, message in messages.items() if name.endswith("Req")}
        self.responses = {name: messages[name.removesuffix("Req") + "Resp"] for name in self.requests}
        self.events = _messages(events)
        _assert_same(f"{name}: requests and handlers", self.requests.values(), self.handlers)
        _assert_same(f"{name}: events and appliers", self.events.values(), self.appliers)


def _messages(file: FileDescriptor) -> dict[str, type[Message]]:
    return {name: GetMessageClass(descriptor) for name, descriptor in file.message_types_by_name.items()}


def _assert_same(what: str, published: Iterable[type[Message]], written: Iterable[type[Message]]) -> None:
    differing = {message.__name__ for message in published} ^ {message.__name__ for message in written}
    assert not differing, f"{what} differ: {sorted(differing)}"
