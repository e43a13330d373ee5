"""Saying no: one class per refusal, with a code and the facts that the reader needs."""

from dataclasses import dataclass
from enum import IntEnum
from typing import dataclass_transform


class Code(IntEnum):
    """The status codes of gRPC (google.rpc.Code)."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @property
    def title(self) -> str:
        """The code as specs write it: FailedPrecondition."""
        return "OK" if self is Code.OK else self.name.title().replace("_", "")


@dataclass_transform(eq_default=False)
class Refusal(Exception):
    """A request that is not carried out; it changed nothing.

    A subclass is a dataclass: its fields are the facts, `text` is the sentence made of them, `code` is for machines.
    Raise a new instance each time: a shared one grows its traceback.
    """

    code: Code
    text: str

    def __init_subclass__(cls) -> None:
        """Make every refusal a dataclass; equality compares the facts."""
        dataclass(eq=False)(cls)

    @property
    def reason(self) -> str:
        """The refusal's name for machines, such as `BadMove`."""
        return type(self).__name__

    @property
    def facts(self) -> dict[str, str]:
        """The fields as text."""
        return {name: str(value) for name, value in vars(self).items() if not name.startswith("_")}

    def __str__(self) -> str:
        return self.text.format(**vars(self))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.reason)


class MalformedUid(Refusal):
    """Text that is not a uid."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is not a uid: {value!r}; write 00000000-0000-0000-0000- and 12 lower-case hexadecimal digits"
    field: str
    value: str


class UnknownRequest(Refusal):
    """A message that no feature of the domain handles."""

    code = Code.UNIMPLEMENTED
    text = "no feature handles {request}"
    request: str


class LimitReached(Refusal):
    """More of something than this tenant may have."""

    code = Code.RESOURCE_EXHAUSTED
    text = "the limit {limit} of this tenant allows {most}; this request would make it {count}"
    limit: str
    count: int
    most: int


class Told(Refusal):
    """A refusal of which only the code and the sentence are known, since a bundle or a foreign server told it."""

    text = "{message}"
    code: Code
    message: str
    name: str = ""

    @property
    def reason(self) -> str:
        """The refusal's name, if that was told too."""
        return self.name or type(self).__name__
