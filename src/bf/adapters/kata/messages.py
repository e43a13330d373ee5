"""Our messages and the kata's: the same bytes, other names."""

from collections.abc import Iterator, Mapping
from typing import cast

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from bf.adapters.kata.api import kata_pb2
from bf.core.domain import Domain

KATA_PACKAGE = "protos"
TYPE_URL_PREFIX = f"type.googleapis.com/{KATA_PACKAGE}."


def kata_type(name: str) -> type[Message]:
    """Return the kata's message of that name; AssertionError if kata.proto lacks it."""
    found: type[Message] | None = getattr(kata_pb2, name, None)
    assert found is not None, f"kata.proto has no message {name}; add it there"
    return found


def to_kata(message: Message) -> Message:
    """Read one of our messages as the kata's of the same name."""
    return kata_type(message.DESCRIPTOR.name).FromString(message.SerializeToString())


def responses_of(domain: Domain) -> dict[str, type[Message]]:
    """Return a domain's responses by their own names."""
    return {response.DESCRIPTOR.name: response for response in domain.responses.values()}


def pack(message: Message) -> Packed:
    """Put one of our messages into an Any, labelled as the kata's."""
    return Packed(type_url=f"{TYPE_URL_PREFIX}{message.DESCRIPTOR.name}", value=message.SerializeToString())


def unpack(packed: Packed, ours: Mapping[str, type[Message]]) -> Message:
    """Read an Any as one of `ours`; KeyError for an unknown type, DecodeError for unreadable bytes."""
    package, _, name = packed.type_url.rpartition("/")[2].rpartition(".")
    if package != KATA_PACKAGE:
        raise KeyError(packed.type_url)
    return ours[name].FromString(packed.value)


def line_of(message: Message) -> str:
    """Write a message as one line: its name, then protobuf's text format with its own field names."""
    return " ".join([message.DESCRIPTOR.name, *_fields(message)])


def _fields(message: Message) -> Iterator[str]:
    for field, value in cast("list[tuple[FieldDescriptor, object]]", message.ListFields()):
        for one in _values(field, value):
            yield f"{field.name}:{one}"


def _values(field: FieldDescriptor, value: object) -> Iterator[str]:
    if isinstance(value, Message):
        yield f"{{{' '.join(_fields(value))}}}"
    elif isinstance(value, str):
        yield _quoted(value)
    elif isinstance(value, int):
        yield str(value)
    elif isinstance(value, Mapping):
        for key, entry in sorted(cast("Mapping[str, str]", value).items()):
            yield f"{{key:{_quoted(key)} value:{_quoted(entry)}}}"
    else:
        for one in cast("list[object]", value):
            yield from _values(field, one)


ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(text: str) -> str:
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    """Write what cannot be printed as the octal numbers of its UTF-8 bytes, which every protobuf reads alike."""
    if character.isprintable():
        return ESCAPES.get(character, character)
    return ESCAPES.get(character) or "".join(f"\\{byte:03o}" for byte in character.encode())
