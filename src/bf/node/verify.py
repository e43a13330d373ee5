"""Verifying: a replay of the whole log into memory, compared with the state in use."""

from dataclasses import dataclass
from itertools import zip_longest

from bf.core.ports import Env, Log, Row
from bf.core.state import State
from bf.node.cell import Cell
from bf.node.contents import contents
from bf.node.pace import Pace
from bf.node.replay import Progress, replay_all

IN_MEMORY = 0
"""The number of a state database that is not kept."""

Place = tuple[str, Row]
"""A table and a row of it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: nothing, or the first place where the two are not the same."""

    events: int
    rows: int
    state: Place | None = None
    """What the state has there."""
    log: Place | None = None
    """What the log makes there."""

    @property
    def sound(self) -> bool:
        """Whether the state is what its log makes."""
        return self.state == self.log


async def verify(cell: Cell, env: Env, progress: Progress) -> Verified:
    """Compare a tenant's state with its log, row by row, while traffic goes on; LogError if the log is damaged."""

    async def look() -> tuple[State, Log]:
        state = cell.derived.state
        return State(state.database.snapshot(), state.domain), env.storage.log(cell.tenant)

    view, log = await cell.exclusively(look)
    made = State.create(env.storage.database(cell.tenant, IN_MEMORY), view.domain)
    try:
        await _replay_to(made, log, view, progress)
        rows, pace = 0, Pace(env.clock)
        for ours, replayed in zip_longest(contents(view), contents(made)):
            if ours != replayed:
                return Verified(view.pos.event, rows, ours, replayed)
            rows += 1
            await pace.step()
        return Verified(view.pos.event, rows)
    finally:
        view.database.close()
        made.database.close()
        await log.close()


async def _replay_to(made: State, log: Log, view: State, progress: Progress) -> None:
    """Replay the log up to where the view stands."""
    upto = view.pos.batch
    batches = (batch async for batch in log.read(made.pos) if batch.pos.batch <= upto)
    await replay_all(made, batches, progress, view.pos.event)
