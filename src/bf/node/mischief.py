"""Misbehaviour within what is allowed, at named points: only a simulation ever asks for it (Env.buggify)."""

import asyncio

from bf.core.ports import Env, UnknownOutcomeError

MISCHIEF_S = 0.05
"""How long a point is held up."""


async def linger(env: Env, point: str) -> None:
    """Take long over what may take long."""
    if env.buggify(point):
        await asyncio.sleep(MISCHIEF_S)


def lose_the_yes(env: Env, tenant: str) -> None:
    """Raise UnknownOutcomeError after the log has said yes, as a connection does that breaks just then."""
    if env.buggify("the log's yes is lost"):
        raise UnknownOutcomeError(f"tenant {tenant}: the log said yes, and nobody heard it")
