"""Rebuilding a state beside the one in use, perhaps with other code, and going over to it while traffic goes on."""

from bf.core.domain import Domain
from bf.core.ports import Env
from bf.core.state import State
from bf.node.cell import Cell, Derived
from bf.node.replay import Progress, catch_up

NEAR_BATCHES_MAX = 8
"""How many batches may be left to replay when traffic is made to wait."""

ROUNDS_COUNT_MAX = 100
"""How often the new state may run after traffic before it is made to wait anyway."""


async def rebuild(cell: Cell, env: Env, domain: Domain, progress: Progress) -> int:
    """Replay a tenant's whole log into a new state of `domain`; return how long traffic waited, in microseconds."""
    async with cell.change:
        pause_us = await _rebuild(cell, env, domain, progress)
    env.meter.observe("pause_seconds", pause_us / 1e6, why="rebuild")
    return pause_us


async def _rebuild(cell: Cell, env: Env, domain: Domain, progress: Progress) -> int:
    tenant, storage = cell.tenant, env.storage
    await cell.exclusively(_ready)
    number = max(storage.databases(tenant), default=0) + 1
    made = Derived(number, State.create(storage.database(tenant, number), domain))

    async def go_over() -> int:
        began_us = env.clock.elapsed_us()
        await catch_up(made.state, cell.log, progress)
        await cell.exchange(cell.log, made)
        return env.clock.elapsed_us() - began_us

    try:
        await _come_near(made.state, cell, progress)
        pause_us = await cell.exclusively(go_over)
    except BaseException:
        if cell.derived.number != number:
            made.state.database.close()
            storage.drop(tenant, number)
        raise
    for other in storage.databases(tenant):
        if other != number:
            storage.drop(tenant, other)
    return pause_us


async def _come_near(state: State, cell: Cell, progress: Progress) -> None:
    for _ in range(ROUNDS_COUNT_MAX):
        await catch_up(state, cell.log, progress)
        if (await cell.log.head()).batch - state.pos.batch <= NEAR_BATCHES_MAX:
            return


async def _ready() -> None:
    """While a cell is being opened it makes states itself, under the same numbers."""
