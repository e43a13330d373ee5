"""Watching one request on its way: who calls may leave a watch, which is told when the request reaches each stage."""

from contextvars import ContextVar
from typing import Protocol

QUEUE, DECIDE, GATHER, APPEND = "queue", "decide", "gather", "append"
"""It waits; its handler runs; the handlers of its batch run; the log takes its batch."""


class Watch(Protocol):
    """Whoever watches a request."""

    def reaches(self, stage: str, at_us: int, **facts: int) -> None:
        """Hear that the request has reached a stage, by the clock's elapsed microseconds, with numbers about it."""
        ...


WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)
"""Set by the caller, for its own call alone."""
