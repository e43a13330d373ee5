"""A feature: one module that says what is asked, what happens and what changes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message

from bf.core.tx import Applier, Handler, Tx

Req = TypeVar("Req", bound=Message)
Resp = TypeVar("Resp", bound=Message)
Event = TypeVar("Event", bound=Message)


def handles(
    request: type[Req], *, requires: str = ""
) -> Callable[[Callable[[Tx, Req], Resp]], Callable[[Tx, Req], Resp]]:
    """Mark the function that decides a `request`: it reads, refuses or applies events, and answers.

    If it `requires` an optional feature, it is asked only for tenants that have that enabled.
    """

    def mark(handler: Callable[[Tx, Req], Resp]) -> Callable[[Tx, Req], Resp]:
        handler.handles = request  # pyright: ignore[reportFunctionMemberAccess]  # functions carry attributes
        handler.requires = requires  # pyright: ignore[reportFunctionMemberAccess]  # as above
        return handler

    return mark


def applies(event: type[Event]) -> Callable[[Callable[[Tx, Event], None]], Callable[[Tx, Event], None]]:
    """Mark the function that changes the state as an `event` says: it asserts, it never refuses."""

    def mark(applier: Callable[[Tx, Event], None]) -> Callable[[Tx, Event], None]:
        applier.applies = event  # pyright: ignore[reportFunctionMemberAccess]  # functions carry attributes
        return applier

    return mark


class Upcaster(NamedTuple):
    """How an event that earlier versions of a domain wrote is read today."""

    name: str
    until: int
    old: type[Message]
    read: Callable[[Any], Iterable[Message]]


def upcasts(
    old: type[Event], *, name: str, until: int
) -> Callable[[Callable[[Event], Iterable[Message]]], Callable[[Event], Iterable[Message]]]:
    """Mark the function that turns an event `name`, as versions up to `until` wrote it, into later ones.

    What it returns may be an old event again, for which there is an upcaster with a higher `until`.
    """

    def mark(read: Callable[[Event], Iterable[Message]]) -> Callable[[Event], Iterable[Message]]:
        read.upcasts = Upcaster(name, until, old, read)  # pyright: ignore[reportFunctionMemberAccess]  # as above
        return read

    return mark


@dataclass(frozen=True)
class Feature:
    """A feature's module, read: its handler and the appliers of the events that it names."""

    name: str
    summary: str
    request: type[Message]
    handler: Handler
    appliers: dict[type[Message], Applier]
    upcasters: Sequence[Upcaster]
    requires: str
    """The optional feature that a tenant must have enabled; empty: every tenant has it."""

    @classmethod
    def of(cls, module: ModuleType) -> "Feature":
        """Read the marks in a feature's module; AssertionError if it has not exactly one handler."""
        functions = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
        handlers = [function for function in functions if hasattr(function, "handles")]
        assert len(handlers) == 1, f"{module.__name__} has {len(handlers)} handlers instead of one"
        return cls(
            name=module.__name__,
            summary=(module.__doc__ or "").split("\n", maxsplit=1)[0],
            request=handlers[0].handles,
            handler=handlers[0],
            appliers={function.applies: function for function in functions if hasattr(function, "applies")},
            upcasters=[function.upcasts for function in functions if hasattr(function, "upcasts")],
            requires=handlers[0].requires,
        )
