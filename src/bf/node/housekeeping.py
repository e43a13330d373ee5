"""What a node does by itself: it compacts the logs that have grown far beyond their states."""

import asyncio
import logging
from dataclasses import dataclass

from bf.core.ports import Env, LogError
from bf.node.cell import Cell
from bf.node.compact import compact
from bf.node.node import Node
from bf.node.pace import Pace

logger = logging.getLogger("bf.housekeeping")


@dataclass(frozen=True, slots=True)
class Policy:
    """When a log is compacted, and how gently."""

    log_per_state: float = 8
    """How many times as large as its state a log may become."""
    log_bytes_min: int = 32 * 1024 * 1024
    """Smaller logs are left alone."""
    bytes_per_s: int = 20_000_000
    """The budget for reading and writing."""
    archive: bool = True
    """Whether the generations before are kept, for time travel."""
    pause_s: float = 60
    """How long to wait between two looks at all tenants."""


async def keep_house(node: Node, env: Env, policy: Policy) -> None:
    """Look at the open tenants now and then, for ever; one compaction at a time."""
    while True:
        await asyncio.sleep(policy.pause_s)
        for tenant, cell in node.cells().items():
            try:
                if (
                    cell
                    and cell.ready
                    and cell.alive
                    and (env.buggify("a log is compacted early") or await _is_due(cell, policy))
                ):
                    await compact(cell, env, archive=policy.archive, pace=Pace(env.clock, policy.bytes_per_s))
            except LogError:
                logger.exception("tenant %s was not compacted; it goes on as it was", tenant)


async def _is_due(cell: Cell, policy: Policy) -> bool:
    log_bytes = await cell.log.size()
    return log_bytes >= max(policy.log_bytes_min, policy.log_per_state * cell.derived.state.database.size())
