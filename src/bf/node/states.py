"""Which of a tenant's state databases to go on from, and how to make another one beside it."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from bf.core.domain import Domain
from bf.core.ports import START, CompactedError, Log, Pos, Storage
from bf.core.state import State
from bf.node.api.commit_pb2 import Batch
from bf.node.cell import Derived
from bf.node.replay import NotReplayableError, Progress, catch_up

logger = logging.getLogger("bf.states")


@dataclass(frozen=True, slots=True)
class Choice:
    """What lies there: a state to go on from, if any, or one that can answer queries until there is one, if any."""

    derived: Derived | None
    old: State | None


@dataclass(frozen=True, slots=True)
class Home:
    """Where a tenant's state is made, and of what."""

    tenant: str
    domain: Domain
    storage: Storage
    log: Log


async def choose(home: Home, damaged: Collection[int]) -> Choice:
    """Find the newest state that is sound, of this domain, and not ahead of its log."""
    tenant, domain, storage = home.tenant, home.domain, home.storage
    head = await home.log.head()
    old: State | None = None
    for number in reversed(storage.databases(tenant)):
        try:
            database = storage.database(tenant, number)
        except KeyError:
            logger.warning("tenant %s: a crash has brought back a state whose key is destroyed; it goes", tenant)
            continue
        try:
            state = State.open(database, domain)
            sound = state is not None and state.pos.batch <= head.batch and number not in damaged
            if state and sound and not await _shares_history(home, state):
                database.close()
                continue
            if state and sound:
                if old:
                    old.database.close()
                return Choice(Derived(number, state), None)
            _say_why(tenant, state, head)
            old = old or _up_to_date(State(database, domain), head)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with it, the log makes a new one
            logger.warning("tenant %s: the state is damaged and will be rebuilt: %s", tenant, type(error).__name__)
        if old is None or old.database is not database:
            database.close()
    return Choice(None, old)


async def _shares_history(home: Home, state: State) -> bool:
    """Whether the last batch of a state is the one that its log has there; a baseline there is believed."""
    before = Pos(state.pos.event, state.pos.batch - 1)
    try:
        last = await anext(home.log.read(before)) if state.pos != START else None
    except CompactedError:
        last = None
    if last is None:
        return True
    commits = Batch.FromString(last.body).commits
    if last.pos == state.pos and commits[-1].time_us == state.time_us:
        return True
    logger.error("tenant %s: the state is of another history than its log, and will be rebuilt", home.tenant)
    return False


async def prepare(home: Home, found: Derived | None, progress: Progress) -> Derived:
    """Bring the state that was found to where the log is, or make a new one, and remove all others."""
    derived = found and await _caught_up(home, found, progress)
    if derived is None:
        derived = await rebuild(home, progress)
    for number in home.storage.databases(home.tenant):
        if number != derived.number:
            home.storage.drop(home.tenant, number)
    return derived


async def rebuild(home: Home, progress: Progress) -> Derived:
    """Make a state of the whole log, beside those that are there."""
    tenant, storage = home.tenant, home.storage
    number = max(storage.databases(tenant), default=0) + 1
    database = storage.database(tenant, number)
    try:
        state = State.create(database, home.domain)
        await catch_up(state, home.log, progress)
    except BaseException as error:
        database.close()
        if isinstance(error, NotReplayableError):  # one that was only interrupted goes on from where it is
            storage.drop(tenant, number)
        raise
    return Derived(number, state)


async def _caught_up(home: Home, found: Derived, progress: Progress) -> Derived | None:
    """Let a state follow its log; None if the two do not fit together."""
    try:
        await catch_up(found.state, home.log, progress)
    except (NotReplayableError, CompactedError) as error:
        logger.warning("tenant %s: the state cannot follow its log and will be rebuilt: %s", home.tenant, error)
    except BaseException as error:
        damaged = isinstance(error, Exception) and found.state.database.is_damage(error)
        if not damaged:
            found.state.database.close()
            raise
        logger.warning("tenant %s: the state is damaged and will be rebuilt", home.tenant)
    else:
        return found
    found.state.database.close()
    return None


def _up_to_date(state: State, head: Pos) -> State | None:
    """Let a state of other tables answer queries if it stands where its log is: nobody reads what was before."""
    return state if state.pos == head else None


def _say_why(tenant: str, state: State | None, head: Pos) -> None:
    if state is None:
        logger.info("tenant %s: the state is of another schema or domain version and will be rebuilt", tenant)
    elif state.pos.batch > head.batch:
        logger.error(
            "tenant %s: its log ends at batch %s, but its state had seen batch %s: the log has lost what was "
            "acknowledged, or an older copy was put in its place; the state will be rebuilt from what the log has",
            tenant,
            head.batch,
            state.pos.batch,
        )
