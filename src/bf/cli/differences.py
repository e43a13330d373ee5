"""Where the outcome of a spec is not as the spec says, path by path, for people to read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from bf.core.refusal import Code, Refusal, Told
from bf.core.spec import Outcome, Spec


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the outcome is not as the spec says."""

    path: str
    expected: str
    actual: str

    def __str__(self) -> str:
        """Events[0].on_hand: expected 3, got 4."""
        return f"{self.path}: expected {self.expected}, got {self.actual}"


def differences(spec: Spec, outcome: Outcome) -> list[Difference]:
    """Compare an outcome with what its spec says, path by path; an empty list is a spec that holds."""
    if outcome.response == spec.then and outcome.refusal == spec.refused and list(outcome.events) == list(spec.events):
        return []
    return [
        *_refusals(spec.refused, outcome.refusal),
        *_messages("Response", spec.then, outcome.response),
        *_events(spec, outcome),
    ]


def _refusals(expected: Refusal | None, actual: Refusal | None) -> Iterator[Difference]:
    known_by_code = isinstance(expected, Told) or isinstance(actual, Told)
    if _code(expected) is not _code(actual):
        yield Difference("Status", _code(expected).title, f"{actual.code.title} ({actual})" if actual else "OK")
    elif not known_by_code and expected != actual:
        yield Difference("Refusal", repr(expected), repr(actual))


def _code(refusal: Refusal | None) -> Code:
    return Code.OK if refusal is None else refusal.code


def _events(spec: Spec, outcome: Outcome) -> Iterator[Difference]:
    if len(spec.events) != len(outcome.events):
        yield Difference("Events", _names(spec.events), _names(outcome.events))
        return
    for number, (expected, actual) in enumerate(zip(spec.events, outcome.events, strict=True)):
        yield from _messages(f"Events[{number}]", expected, actual)


def _names(messages: Sequence[Message]) -> str:
    return f"{len(messages)} ({', '.join(message.DESCRIPTOR.name for message in messages)})"


def _messages(path: str, expected: Message | None, actual: Message | None) -> Iterator[Difference]:
    """Walk two messages side by side; unknown fields count, in whole."""
    if expected == actual:
        return
    if expected is None or actual is None or expected.DESCRIPTOR.name != actual.DESCRIPTOR.name:
        yield Difference(path, _name(expected), _name(actual))
        return
    found = False
    for field in cast("Iterable[FieldDescriptor]", expected.DESCRIPTOR.fields):
        ours, theirs = getattr(expected, field.name), getattr(actual, field.name)
        for difference in _fields(f"{path}.{field.name}", field, ours, theirs):
            found = True
            yield difference
    if not found:
        yield Difference(path, repr(expected.SerializeToString()), repr(actual.SerializeToString()))


def _name(message: Message | None) -> str:
    return "nothing" if message is None else message.DESCRIPTOR.name


def _fields(path: str, field: FieldDescriptor, expected: object, actual: object) -> Iterator[Difference]:
    if expected == actual:
        return
    if isinstance(expected, Message) and isinstance(actual, Message):
        yield from _messages(path, expected, actual)
    elif field.message_type is None or field.message_type.GetOptions().map_entry:
        yield Difference(path, repr(expected), repr(actual))
    else:
        ours, theirs = list(cast("Iterable[Message]", expected)), list(cast("Iterable[Message]", actual))
        if len(ours) != len(theirs):
            yield Difference(path, f"{len(ours)} items", f"{len(theirs)} items")
        for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            yield from _messages(f"{path}[{number}]", one, other)
