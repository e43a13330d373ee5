"""Taking over: a later release makes its states while the one before still serves, so that it can begin at once.

release 1   ── serves ──────────────────────────────┐ finishes what was begun, and ends
release 2   ── replays each log beside it, follows ─┴─ catches up with the last few batches ── serves ──
"""

from typing import Protocol

from bf.core.domain import Domain
from bf.core.ports import Database, Log, Storage
from bf.core.state import State
from bf.node.replay import Progress, catch_up

NEAR_BATCHES_MAX = 8
"""How many batches may be left to replay after the takeover."""

ROUNDS_COUNT_MAX = 20
"""How often the new state may run after traffic before it is taken as it is."""


class Successor(Storage, Protocol):
    """What a storage keeps for a release that is about to take over."""

    def next_database(self, tenant: str) -> Database:
        """Open an empty state, for a later release to make while this one serves; no cell takes notice of it."""
        ...

    def adopt_next(self, tenant: str) -> None:
        """Make the state of the later release, if there is one, the newest; it is closed."""
        ...


async def prepare(storage: Successor, domain: Domain, tenant: str, progress: Progress) -> bool:
    """Make a tenant's state for a domain while somebody else serves it; False if the one in use will do."""
    if any(_is_for(domain, storage.database(tenant, number)) for number in storage.databases(tenant)):
        return False
    log, database = storage.log(tenant), storage.next_database(tenant)
    try:
        await _follow(State.create(database, domain), log, progress)
    finally:
        database.close()
        await log.close()
    return True


async def _follow(state: State, log: Log, progress: Progress) -> None:
    for _ in range(ROUNDS_COUNT_MAX):
        await catch_up(state, log, progress)
        if (await log.head()).batch - state.pos.batch <= NEAR_BATCHES_MAX:
            return


def _is_for(domain: Domain, database: Database) -> bool:
    try:
        return State.open(database, domain) is not None
    finally:
        database.close()
