"""A span for each request, with spans for its stages inside: names, codes and sizes, and never what is stored."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from google.protobuf.message import Message
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bf.adapters.tracing.parent import TRACEPARENT, parent
from bf.core.ports import Answer, Asked, Calls, Clock
from bf.core.refusal import Code

FAULTS = {Code.INTERNAL, Code.UNAVAILABLE, Code.DATA_LOSS, Code.UNKNOWN}
"""What is our fault; a refusal is an answer."""


class Stages:
    """A watch: each stage is a span, and ends where the next one begins."""

    def __init__(self, tracer: Tracer, span: Span, epoch_us: int) -> None:
        """Add `epoch_us` to a time of the clock to have it since 1970."""
        self._tracer = tracer
        self._span = span
        self._inside = set_span_in_context(span)
        self._epoch_us = epoch_us
        self._stage: Span | None = None

    def reaches(self, stage: str, at_us: int, **facts: int) -> None:
        """Begin a stage."""
        self.ends(at_us)
        sizes = {f"bf.batch.{name}": value for name, value in facts.items()}
        self._stage = self._tracer.start_span(stage, self._inside, attributes=sizes, start_time=self._ns(at_us))
        self._span.set_attributes(sizes)

    def ends(self, at_us: int) -> None:
        """End the stage that is under way."""
        if self._stage:
            self._stage.end(self._ns(at_us))
            self._stage = None

    def _ns(self, at_us: int) -> int:
        return 1_000 * (self._epoch_us + at_us)


class TracedCalls:
    """Hands calls on inside spans."""

    def __init__(self, calls: Calls, clock: Clock, tracer: Tracer, watch: ContextVar[Any]) -> None:
        """Leave a watch for each call in `watch`."""
        self._calls = calls
        self._clock = clock
        self._tracer = tracer
        self._watch = watch
        self._propagator = TraceContextTextMapPropagator()

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request."""
        came_from = self._propagator.extract({TRACEPARENT: parent()}, Context())
        name, begun_us = request.DESCRIPTOR.name, self._clock.elapsed_us()
        epoch_us = self._clock.now_us() - begun_us
        span = self._tracer.start_span(
            name, came_from, SpanKind.SERVER, {"bf.request": name}, start_time=1_000 * (epoch_us + begun_us)
        )
        if not span.is_recording():
            return await self._calls.call(tenant, request, request_id, actor)
        stages = Stages(self._tracer, span, epoch_us)
        before = self._watch.set(stages)
        try:
            answer = await self._calls.call(tenant, request, request_id, actor)
            _tell(span, answer)
        finally:
            self._watch.reset(before)
            ended_us = self._clock.elapsed_us()
            stages.ends(ended_us)
            span.end(1_000 * (epoch_us + ended_us))
        return answer

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Carry out requests inside one span, without stages: it has the number of requests, and of those refused."""
        came_from = self._propagator.extract({TRACEPARENT: parent()}, Context())
        with self._tracer.start_as_current_span(
            "Execute", came_from, SpanKind.SERVER, {"bf.requests": len(asked)}
        ) as span:
            answers = await self._calls.call_all(tenant, asked, actor)
            span.set_attribute("bf.refused", sum(answer.code != Code.OK for answer in answers))
            if any(answer.code in FAULTS for answer in answers):
                span.set_status(Status(StatusCode.ERROR))
        return answers


def _tell(span: Span, answer: Answer) -> None:
    span.set_attribute("bf.code", Code(answer.code).title)
    if answer.code:
        span.set_attribute("bf.refusal", answer.reason)
    if answer.code in FAULTS:
        span.set_status(Status(StatusCode.ERROR))
