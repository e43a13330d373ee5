"""The checkers: every log, every state and every answer held against the others, and against the books.

The numbers are those of the invariants in ARCHITECTURE.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from google.protobuf.message import Message

from bf.adapters.sqlite.database import empty_state
from bf.core.domain import Domain
from bf.core.ports import START, Log, LogError
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.node import history
from bf.node.answers import RequestIdReused, digest_of
from bf.node.api.commit_pb2 import Batch, Commit
from bf.node.contents import digest
from bf.node.limits import QUEUE_REQUESTS_MAX
from bf.node.replay import replay
from bf.sim.books import Books, WrongError
from bf.sim.client import Client
from bf.sim.errors import ViolationError
from bf.sim.faults import Troubles
from bf.sim.history import Asked, History
from bf.sim.loop import Life, SimLoop
from bf.sim.machine import Server
from bf.sim.plan import Plan
from bf.sim.remote import LogMachine
from bf.sim.rules.answers import answer_to
from bf.sim.rules.expect import expect
from bf.sim.shop import WAVES
from bf.sim.storage import SimStorage

REUSED = RequestIdReused.__name__


@dataclass
class Evidence:
    """What there is to compare when a run is over."""

    plan: Plan
    loop: SimLoop
    history: History
    servers: Mapping[str, Server]
    clients: Sequence[Client]
    troubles: Troubles
    log: LogMachine | None
    """The machine of the logs, if they are not where the tenants are."""
    longest_queue: int
    states: dict[str, tuple[Domain, str]] = field(default_factory=dict[str, tuple[Domain, str]])
    """By tenant, the release of the state that its cell had in the end, and its digest."""
    checks: int = 0

    def require(self, holds: bool, invariant: str, otherwise: str, tenant: str = "") -> None:  # noqa: FBT001  # a sentence follows it
        """Count a check; ViolationError if it does not hold."""
        self.checks += 1
        if not holds:
            raise ViolationError(invariant, otherwise, tenant)


async def check_all(evidence: Evidence) -> int:
    """Compare everything; return how many comparisons there were. ViolationError says the first that fails."""
    loop, troubles = evidence.loop, evidence.troubles
    evidence.require(not loop.faults, "9", f"nobody has caught: {loop.faults[:3]}")
    evidence.require(not troubles.unsound, "3", f"a state is not what its log makes: {troubles.unsound[:3]}")
    evidence.require(evidence.longest_queue <= QUEUE_REQUESTS_MAX, "8", f"{evidence.longest_queue} requests waited")
    _check_faults_are_told(evidence)
    by_tenant: dict[str, list[Asked]] = defaultdict(list)
    for asked in evidence.history.asked:
        by_tenant[asked.tenant].append(asked)
    for name, server in evidence.servers.items():
        tenants = [tenant for tenant, home in evidence.plan.homes.items() if home == name]
        for tenant in tenants:
            await _check_state(evidence, server, tenant)
        await _check_nothing_is_left(evidence, server)
        for tenant in tenants:
            await _check_tenant(evidence, server, tenant, by_tenant[tenant])
        _check_secrecy(evidence, server)
    return evidence.checks


def _check_faults_are_told(evidence: Evidence) -> None:
    """A fault of ours is only told by a server whose disk has refused something."""
    for client in evidence.clients:
        for asked in client.internal:
            home = evidence.plan.homes[asked.tenant]
            excused = home in evidence.troubles.excused
            evidence.require(excused, "9", f"an unexpected fault: {asked}", asked.tenant)
        for answer in client.floods:
            told = answer is None or answer.code in (Code.OK, Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE, Code.INTERNAL)
            evidence.require(told, "8", f"a flood was answered {answer}")


async def _check_state(evidence: Evidence, server: Server, tenant: str) -> None:
    """Invariant 3: what the cell has in memory is what its log makes; of a first log, all history will tell."""
    cell = await server.run(evidence.loop.create_task, server.node.cell(tenant))
    if cell.log.generation > 1:
        told = await server.run(evidence.loop.create_task, _verified(server, tenant))
        evidence.require(bool(told["sound"]), "3", f"{tenant}: the state is not what its log makes: {told}", tenant)
    evidence.states[tenant] = cell.derived.state.domain, digest(cell.derived.state)


def _unwatched(progress: Mapping[str, object]) -> None:
    del progress


async def _verified(server: Server, tenant: str) -> Mapping[str, object]:
    return await server.operations["verify"]({"tenant": tenant}, _unwatched)


async def _check_nothing_is_left(evidence: Evidence, server: Server) -> None:
    """A node that is stopped leaves nothing: no task, no open log, no open state."""
    await server.run(evidence.loop.create_task, server.stop())
    names = [task.get_name() for task in evidence.loop.tasks_of(server.life)]
    evidence.require(not names, "8", f"{server.name} has stopped and left tasks: {names}")
    evidence.require(server.storage.logs_open == 0, "8", f"{server.name} left {server.storage.logs_open} logs open")
    evidence.require(
        server.storage.states_open == 0, "8", f"{server.name} left {server.storage.states_open} states open"
    )


def _check_secrecy(evidence: Evidence, server: Server) -> None:
    """Invariant 7: no name, SKU or code of any tenant is on a disk in the clear, besides states, which SQLite seals."""
    if evidence.plan.sealed:
        for folder, names in server.disk.folders.items():
            for name, file in names.names.items():
                clear = not name.startswith("state-") and b"-secret-" in file.content
                evidence.require(not clear, "7", f"{folder}/{name} shows a secret of {folder}", folder)


async def _check_tenant(evidence: Evidence, server: Server, tenant: str, asked: Sequence[Asked]) -> None:
    """Read the whole history of a tenant from the disk, and hold every answer against it."""
    disk = evidence.log.disk if evidence.log else server.disk
    auditor = SimStorage(disk, Life("auditor", 0), bytes, sealed=evidence.plan.sealed)
    domain, expected = evidence.states[tenant]
    try:
        batches = [batch async for batch in history.told(auditor.history(tenant))]
        await _check_density(evidence, tenant, auditor.log(tenant))
        commits = [commit for batch in batches for commit in Batch.FromString(batch.body).commits]
        state = empty_state(domain)
        state.begin()
        for batch in batches:
            replay(state, batch)
        state.keep(batches[-1].pos)
        state.commit()
    except LogError as error:
        raise ViolationError("1", f"{tenant}: the log cannot be read: {error}", tenant) from error
    evidence.require(digest(state) == expected, "3", f"{tenant}: all history makes another state", tenant)
    state.database.close()
    Audit(evidence, tenant, domain, asked).run(commits)


async def _check_density(evidence: Evidence, tenant: str, log: Log) -> None:
    """Invariant 2: positions have no gaps, whatever the reader of the log says."""
    at = START
    async for batch in log.read(START):
        if not batch.baseline:
            dense = at == START or batch.pos.batch == at.batch + 1
            events = sum(len(commit.events) for commit in Batch.FromString(batch.body).commits)
            evidence.require(dense, "2", f"{tenant}: batch {batch.pos.batch} follows {at.batch}", tenant)
            counted = at == START or batch.pos.event == at.event + events
            evidence.require(counted, "2", f"{tenant}: {events} events lead from {at} to {batch.pos}", tenant)
        at = batch.pos


class Audit:
    """Walks through a tenant's commits with the books in hand."""

    def __init__(self, evidence: Evidence, tenant: str, domain: Domain, asked: Iterable[Asked]) -> None:
        self._require = evidence.require
        self._tenant = tenant
        self._domain = domain
        self._books = Books()
        self._has_twins = evidence.plan.has("twin")
        self._event = self._time_us = 0
        self._at: dict[str, int] = {}
        """By request id, the position after its commit."""
        self._events_of: dict[str, int] = {}
        self._asked: dict[str, list[Asked]] = defaultdict(list)
        """By request id, who used it: one of them is carried out; who asked something else is told so."""
        self._reads: dict[int, list[Asked]] = defaultdict(list)
        self._commands: list[Asked] = []
        for each in asked:
            if type(each.request) in domain.queries:
                told = each.answer and each.answer.code in (Code.OK, Code.NOT_FOUND)
                if each.answer and told and not evidence.plan.grpc:  # gRPC tells no position
                    self._reads[each.answer.event].append(each)
            else:
                if each.answer and each.answer.code == Code.UNIMPLEMENTED and not evidence.plan.grpc:
                    self._reads[each.answer.event].append(each)
                self._commands.append(each)
                self._asked[each.request_id].append(each)

    def run(self, commits: Iterable[Commit]) -> None:
        """Walk to the end, then look at what was answered."""
        known: dict[str, Commit] = {}
        self._answer_reads()
        for commit in commits:
            self._check_commit(commit, known)
            if commit.events:
                self._event += len(commit.events)
                self._answer_reads()
            if commit.request_id:
                known[commit.request_id] = commit
                self._at[commit.request_id] = self._event
                self._events_of[commit.request_id] = len(commit.events)
        for position, reads in self._reads.items():
            self._hold(not reads or position <= self._event, "1", f"{reads[0]} is of a position that is not in the log")
        self._check_answers(known)

    def _hold(self, holds: bool, invariant: str, otherwise: str) -> None:  # noqa: FBT001  # a sentence follows it
        self._require(holds, invariant, f"{self._tenant}: {otherwise}", self._tenant)

    def _check_commit(self, commit: Commit, known: Mapping[str, Commit]) -> None:
        """Hold a commit against the request that led to it, and against the books."""
        request_id = commit.request_id
        self._hold(commit.time_us >= self._time_us, "3", f"{request_id} is of a time before the commit before it")
        self._time_us = commit.time_us
        self._hold(request_id not in known, "5", f"{request_id} was carried out twice")
        self._hold(
            request_id.startswith(f"{self._tenant}/") or not request_id, "8", f"{request_id} is of another tenant"
        )
        events = [self._domain.events[event.type].FromString(event.body) for event in commit.events]
        if request_id:
            known_as = [each for each in self._asked[request_id] if digest_of(each.request) == commit.request_digest]
            self._hold(bool(known_as), "5", f"{request_id} was asked by nobody as it is in the log")
            self._check_decision(known_as[0], commit, events)
        refused = not commit.refusal.code or not events
        self._hold(refused, "4", f"{request_id} was refused, and has events")
        try:
            for event in events:
                self._books.apply(event)
        except WrongError as error:
            raise ViolationError("6", f"{self._tenant}, {request_id}: {error}", self._tenant) from error

    def _check_decision(self, asked: Asked, commit: Commit, events: Sequence[Message]) -> None:
        right, expected = expect(self._books, asked.request, commit.time_us)
        code = int(commit.refusal.code)
        self._hold(code in right, "6", f"{asked} was committed with {code}, the books say {sorted(right)}")
        self._hold(bool(code) or list(events) == expected, "6", f"{asked} led to {events}, the books say {expected}")

    def _answer_reads(self) -> None:
        """Hold what was read at this position against the books."""
        for asked in self._reads.pop(self._event, ()):
            assert asked.answer, "it was answered"
            if asked.answer.code == Code.UNIMPLEMENTED:
                self._hold(WAVES not in self._books.enabled, "3", f"{asked}, and it is enabled")
                continue
            expected = answer_to(self._books, asked.request, self._event)
            if asked.answer.code == Code.NOT_FOUND or expected is None:
                self._hold(expected is None, "3", f"{asked}, and it is there")
                self._hold(asked.answer.code == Code.NOT_FOUND, "3", f"{asked}, and it is not there")
            else:
                said = type(expected).FromString(asked.answer.response)
                if isinstance(said, rq.GetReportResp):
                    said.ClearField("time_us")  # the books have no clock
                self._hold(said == expected, "3", f"{asked} said {said}, the books say {expected}")
            fresh = asked.answer.event >= asked.seen or self._has_twins  # of two processes one does not know the newest
            self._hold(fresh, "3", f"{asked} was told before that position {asked.seen} is there")

    def _check_answers(self, known: Mapping[str, Commit]) -> None:
        """Every answer of a command is in the log, as it was told, and after all that was known when it was asked."""
        for asked in self._commands:
            answer = asked.answer
            if answer is None or not asked.request_id:
                continue
            if answer.code in (Code.RESOURCE_EXHAUSTED, Code.UNIMPLEMENTED):
                continue  # nothing of it is kept
            commit = known.get(asked.request_id)
            if commit is None:
                self._hold(False, "1", f"acknowledged, and not in the log: {asked}")  # noqa: FBT003  # it does not hold
                continue
            is_same = commit.request_digest == digest_of(asked.request)
            if answer.reason == REUSED:
                self._hold(not is_same, "5", f"{asked}, but it is the one that was carried out")
                continue
            self._hold(is_same, "5", f"{asked} is not what was carried out under this id")
            self._hold(commit.refusal.code == answer.code, "5", f"{asked}, but the log says {commit.refusal.code}")
            self._hold(commit.response == answer.response, "5", f"{asked}: the log has another answer")
            if asked is self._asked[asked.request_id][0]:
                position, events = self._at[asked.request_id], self._events_of[asked.request_id]
                self._hold(
                    position >= asked.seen + events, "3", f"{asked} is at {position}, and {asked.seen} was known"
                )
