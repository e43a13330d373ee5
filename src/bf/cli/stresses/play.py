"""Playing a retailer: requests in flight, how long each kind took, and what the tenant has after each step."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from google.protobuf.message import Message

from bf.client import Told
from bf.inventory.api import requests_pb2 as rq

Answer = Message | Told
Call = Callable[[Message], Awaitable[Message]]
Sizes = Callable[[], Awaitable["tuple[int, int] | None"]]
"""Returns the bytes of the state and of the log, or None where nobody can look."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long requests of one kind took, in milliseconds."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Row:
    """One step: what it took, and what the tenant has after it."""

    step: int
    seconds: float
    requests: int
    trading_ms: float
    """Milliseconds per request of what comes after the furnishing: arrivals, sales, questions."""
    state_bytes: int | None
    log_bytes: int | None
    locations: int
    products: int
    on_hand: int
    reserved: int
    refused: dict[str, int]
    """By reason."""
    latency: dict[str, Latency]
    """By request."""


@dataclass
class Totals:
    """What a tenant has, counted from the answers."""

    locations: int = 0
    products: int = 0
    on_hand: int = 0
    reserved: int = 0


@dataclass
class Player:
    """Sends requests, so many at a time, and notes how long each took."""

    call: Call
    in_flight: int
    totals: Totals = field(default_factory=Totals)
    took_s: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    refused: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0
    """How long requests were under way; what it takes to draw them does not count."""

    async def one(self, request: Message) -> Message:
        """Send a request that must be carried out; raises Told."""
        (answer,) = await self.all([request])
        if isinstance(answer, Told):
            raise answer
        return answer

    async def all(self, requests: Sequence[Message]) -> list[Answer]:
        """Send requests, and return what each was told, in their order."""
        answers: dict[int, Answer] = {}
        waiting = iter(enumerate(requests))

        async def client() -> None:
            for at, request in waiting:
                answers[at] = await self._timed(request)

        began = time.perf_counter()
        async with asyncio.TaskGroup() as clients:
            for _ in range(min(self.in_flight, len(requests))):
                clients.create_task(client())
        self.seconds += time.perf_counter() - began
        return [answers[at] for at in range(len(requests))]

    async def _timed(self, request: Message) -> Answer:
        began = time.perf_counter()
        try:
            answer: Answer = await self.call(request)
        except Told as refusal:
            answer = refusal
            self.refused[refusal.reason] += 1
        self.took_s.setdefault(type(request).__name__.removesuffix("Req"), []).append(time.perf_counter() - began)
        return answer


class Scenario(Protocol):
    """A retailer that grows."""

    async def furnish(self, step: int, /) -> None:
        """Add locations and products."""
        ...

    async def trade(self, step: int, /) -> None:
        """Do everything else of a step."""
        ...


async def play(scenario: Scenario, player: Player, steps: int, sizes: Sizes) -> AsyncIterator[Row]:
    """Play so many steps, and yield what each came to."""
    for step in range(1, steps + 1):
        player.took_s.clear()
        player.refused.clear()
        player.seconds = 0
        await scenario.furnish(step)
        furnishing_s, before = player.seconds, _count(player)
        await scenario.trade(step)
        count = _count(player)
        state_bytes, log_bytes = await sizes() or (None, None)
        totals = player.totals
        yield Row(
            step=step,
            seconds=player.seconds,
            requests=count,
            trading_ms=1_000 * (player.seconds - furnishing_s) / (count - before),
            state_bytes=state_bytes,
            log_bytes=log_bytes,
            locations=totals.locations,
            products=totals.products,
            on_hand=totals.on_hand,
            reserved=totals.reserved,
            refused=dict(sorted(player.refused.items())),
            latency={name: latency(took) for name, took in sorted(player.took_s.items())},
        )


def latency(took_s: Sequence[float]) -> Latency:
    """Sum up how long some requests took."""
    took_ms = sorted(1_000 * seconds for seconds in took_s)

    def percentile(percent: int) -> float:
        return took_ms[min(len(took_ms) - 1, len(took_ms) * percent // 100)]

    return Latency(len(took_ms), percentile(50), percentile(99), took_ms[-1])


def uids_of(locs: "Sequence[rq.AddLocationsResp.Loc]", depth: int) -> list[str]:
    """Return the uids of added locations, so many levels below the added ones."""
    for _ in range(depth):
        locs = [inner for loc in locs for inner in loc.locs]
    return [loc.uid for loc in locs]


def _count(player: Player) -> int:
    return sum(map(len, player.took_s.values()))
