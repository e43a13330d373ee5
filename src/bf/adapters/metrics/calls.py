"""Counting requests: between whoever takes them in and whoever carries them out."""

import asyncio

from google.protobuf.message import Message

from bf.core.ports import Answer, Calls, Clock, Meter
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
            self._meter.count("requests", request=name, code=TITLES[code])
            self._meter.observe("request_seconds", (self._clock.elapsed_us() - begun_us) / 1e6, request=name)
        if answer.code:
            self._meter.count("refusals", reason=answer.reason)
        return answer
