"""Clients: they ask what the plan says when it says so, and repeat what they may repeat until they know."""

import asyncio
from collections.abc import Callable, Iterable
from random import Random

from bf.core.ports import Answer
from bf.core.refusal import Code
from bf.sim.history import Asked, History
from bf.sim.machine import Machine
from bf.sim.plan import Ask
from bf.sim.post import Line
from bf.sim.shop import Shopper

FIRST_PAUSE_S = 0.1
PAUSE_S_MAX = 4.0
FLOOD_REQUESTS = 5_000
"""How many requests a flood is: more than may wait."""

FLOOD_PAUSE_S = 1.0
"""How long a flood is seen coming, by whoever watches the queues."""

AGAIN = (Code.UNAVAILABLE, Code.INTERNAL)
"""Answers after which nobody knows more than before."""


class Client:
    """One customer of some tenants."""

    def __init__(
        self,
        machine: Machine,
        lines: Callable[[str], Line],
        history: History,
        dice: Random,
        *,
        products: int,
        patience_s: float,
    ) -> None:
        """Ask over the line that `lines` gives for a tenant, and note everything in a history."""
        self.machine = machine
        self.asking = 0
        """How many requests have no answer yet."""
        self.internal: list[Asked] = []
        """Requests that were answered with a fault of the server at least once."""
        self.floods: list[Answer | None] = []
        self.flooding = False
        self._lines = lines
        self._history = history
        self._dice = dice
        self._products = products
        self._patience_s = patience_s
        self._shoppers: dict[str, Shopper] = {}

    async def live(self, asks: Iterable[tuple[int, Ask]]) -> None:
        """Ask everything in its time, whether or not what was asked before has been answered."""
        loop = self.machine.loop
        for number, ask in asks:
            if ask.at_s > loop.now:
                await asyncio.sleep(ask.at_s - loop.now)
            self.asking += 1
            loop.create_task(self._ask(ask, number), name=f"{ask.client} {ask.what} {number}")

    async def _ask(self, ask: Ask, number: int) -> None:
        shopper = self._shoppers.setdefault(ask.tenant, Shopper(ask.tenant, self._products))
        made = shopper.request(ask, number)
        if made:
            request, request_id = made
            if ask.what == "flood":
                await self._flood(ask, shopper)
            asked = self._history.begin(ask.client, ask.tenant, request, request_id, self.machine.loop.now)
            once = ask.what == "put once"
            await self.until_answered(asked, tries_max=1 if once else 1_000_000)
            shopper.learn(asked)
        self.asking -= 1

    async def until_answered(self, asked: Asked, tries_max: int) -> None:
        """Send a request until somebody says what became of it."""
        line, pause_s = self._lines(asked.tenant), FIRST_PAUSE_S
        while asked.tries < tries_max:
            asked.tries += 1
            answer = await line.call(asked.tenant, asked.request, asked.request_id, self._patience_s)
            if answer is not None and answer.code not in AGAIN:
                self._history.end(asked, answer, self.machine.loop.now)
                return
            if answer is not None and answer.code == Code.INTERNAL:
                self.internal.append(asked)
            await asyncio.sleep(pause_s * (0.5 + self._dice.random()))
            pause_s = min(2 * pause_s, PAUSE_S_MAX)

    async def _flood(self, ask: Ask, shopper: Shopper) -> None:
        """Send far more at once than may wait, without ids and without patience."""
        made = shopper.request(ask._replace(what="put once"), 0)
        assert made, "there is always something to put somewhere"
        line = self._lines(ask.tenant)
        self.flooding = True
        await asyncio.sleep(FLOOD_PAUSE_S)
        calls = (line.call(ask.tenant, made[0], "", self._patience_s) for _ in range(FLOOD_REQUESTS))
        self.floods += await asyncio.gather(*calls)
        self.flooding = False
