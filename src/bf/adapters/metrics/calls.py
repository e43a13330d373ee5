"""Counting requests: between whoever takes them in and whoever carries them out."""

import asyncio
from collections.abc import Sequence

from google.protobuf.message import Message

from bf.core.ports import Answer, Asked, Calls, Clock, Meter
from bf.core.refusal import Code

TITLES = {int(code): code.title for code in Code}


class MeteredCalls:
    """Hands calls on, and notes what became of them."""

    def __init__(self, calls: Calls, meter: Meter, clock: Clock) -> None:
        self._calls = calls
        self._meter = meter
        self._clock = clock

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request."""
        name, begun_us, code = request.DESCRIPTOR.name, self._clock.elapsed_us(), Code.INTERNAL
        try:
            answer = await self._calls.call(tenant, request, request_id, actor)
            code = answer.code
        except asyncio.CancelledError:  # the caller has gone
            code = Code.CANCELLED
            raise
        finally:
            self._note(name, code, (self._clock.elapsed_us() - begun_us) / 1e6)
        if answer.code:
            self._meter.count("refusals", reason=answer.reason)
        return answer

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Carry out requests; each took as long as all of them."""
        begun_us, codes = self._clock.elapsed_us(), [Code.INTERNAL] * len(asked)
        try:
            answers = await self._calls.call_all(tenant, asked, actor)
            codes = [Code(answer.code) for answer in answers]
        except asyncio.CancelledError:  # the caller has gone
            codes = [Code.CANCELLED] * len(asked)
            raise
        finally:
            seconds = (self._clock.elapsed_us() - begun_us) / 1e6
            for (request, _), code in zip(asked, codes, strict=True):
                self._note(request.DESCRIPTOR.name, code, seconds)
        for answer in answers:
            if answer.code:
                self._meter.count("refusals", reason=answer.reason)
        return answers

    def _note(self, request: str, code: int, seconds: float) -> None:
        self._meter.count("requests", request=request, code=TITLES[code])
        self._meter.observe("request_seconds", seconds, request=request)
