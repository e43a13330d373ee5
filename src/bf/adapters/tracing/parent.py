"""Who called whom: the W3C traceparent that came with a request, kept beside it on its way."""

from contextvars import ContextVar

TRACEPARENT = "traceparent"
TRACEPARENT_CHARS_MAX = 256
"""The longest one that is taken; today's have 55."""

_PARENT = ContextVar("traceparent", default="")


def note_parent(traceparent: str) -> None:
    """Keep what came with a request; each request has a context of its own."""
    if traceparent and len(traceparent) <= TRACEPARENT_CHARS_MAX:
        _PARENT.set(traceparent)


def parent() -> str:
    """Return what came with this request, or nothing."""
    return _PARENT.get()
