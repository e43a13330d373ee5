"""What goes wrong, and what operators do: each by its name, begun at its time and ended after its while."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from bf.core.domain import Domain
from bf.core.ports import LogError
from bf.node.node import TenantNotFound
from bf.node.rebuild import rebuild
from bf.node.replay import unwatched
from bf.sim.damage import flip_a_bit, lose_a_record, swap_records
from bf.sim.disk import File
from bf.sim.loop import SimLoop
from bf.sim.machine import Server
from bf.sim.net import Link, Network
from bf.sim.plan import Fault, Plan
from bf.sim.releases import next_release
from bf.sim.remote import LogMachine

ENDED = "ended"

OPERATIONS = ("compact", "rotate", "rebuild", "verify", "forget", "limit")
"""What operators do while things go wrong."""

SPOILING = {"bit rot": flip_a_bit, "lost record": lose_a_record, "moved record": swap_records}
"""What happens to a tenant's log behind everybody's back."""

ELSEWHERE = ("cut off from its log", "lost disk", "log: kill", "log: power cut", "log: slow disk", "log: failed sync")
"""What happens between a server and a log on another machine."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What faults happen to."""

    plan: Plan
    loop: SimLoop
    network: Network
    servers: Mapping[str, Server]
    log: LogMachine | None
    """The machine of the logs, if they are not where the tenants are."""


class Kind(NamedTuple):
    """How a kind of fault begins, and how it ends, if it does."""

    begin: Callable[[Fault], object]
    end: Callable[[Fault], object] | None = None


class Troubles:
    """Carries out the faults of a plan."""

    def __init__(self, stage: Stage, domain: Domain) -> None:
        self.done: Counter[str] = Counter()
        """How many faults there were, by kind."""
        self.operations: Counter[tuple[str, str]] = Counter()
        """How operations ended, by their name and that."""
        self.operating = 0
        """How many operations are under way."""
        self.unsound: list[str] = []
        """Tenants whose state was not what their log makes, as a verification said."""
        self.excused: set[str] = set()
        """Servers that may tell faults of their own: their disk has refused something, their log cannot be reached."""
        self.domain = domain
        self._plan, self._loop, self._servers = stage.plan, stage.loop, stage.servers
        self._network, self._log = stage.network, stage.log
        self._to_mend: dict[str, Callable[[], None]] = {}
        """By tenant, how to mend what was done to its log; one thing at a time."""
        self._healed = False
        cut, slow_link = Kind(self._cut, self._mend_cut), Kind(self._slow_link, self._usual_link)
        self._kinds = {
            "kill": Kind(self._kill, self._boot),
            "power cut": Kind(self._cut_power, self._boot),
            "restart": Kind(self._restart),
            "pause": Kind(self._pause, self._go_on),
            "lost disk": Kind(self._lose_disk, self._boot),
            "cut": cut,
            "one-way cut": cut,
            "cut off from its log": cut,
            "slow link": slow_link,
            "slow disk": Kind(self._slow_disk, self._usual_disk),
            "full disk": Kind(self._full_disk, self._usual_disk),
            "failed sync": Kind(self._fail_syncs),
            "clock jump": Kind(self._jump_clock),
            "clock drift": Kind(self._drift_clock),
            "twin": Kind(self._begin_twin, self._end_twin),
            "upgrade": Kind(self._upgrade),
            **{what: Kind(self._damage, self._mend) for what in SPOILING},
            **{what: Kind(self._operate) for what in OPERATIONS},
            "log: kill": Kind(self._kill_log, self._boot_log),
            "log: power cut": Kind(self._cut_log_power, self._boot_log),
            "log: slow disk": Kind(self._slow_log, self._usual_log),
            "log: failed sync": Kind(self._fail_log_syncs),
        }

    async def happen(self) -> None:
        """Let every fault come in its time."""
        for fault in sorted(self._plan.faults):
            if fault.at_s > self._loop.now:
                await asyncio.sleep(fault.at_s - self._loop.now)
            self.done[fault.what] += 1
            if self._loop.recorder:
                self._loop.recorder(self._loop.now, "fault", fault.target, str(fault))
            if fault.what in ELSEWHERE:
                self.excused.update(self._servers)
            kind = self._kinds[fault.what]
            kind.begin(fault)
            if kind.end and fault.for_s:
                self._loop.call_later(fault.for_s, self._end, kind.end, fault)

    def heal(self) -> None:
        """Let everything be as it should: links, disks, clocks, machines."""
        if self._loop.recorder:
            self._loop.recorder(self._loop.now, "phase", "world", "everything is healed")
        self._healed = True
        for link in self._network.links():
            link.cuts, link.slowness = 0, 1.0
        for mend in self._to_mend.values():
            mend()
        self._to_mend.clear()
        if self._log:
            self._log.disk.be_sound()
            self._boot_log()
        for server in self._servers.values():
            server.disk.be_sound()
            server.clock.rate = 1.0
            server.buggify.stop()
            if self._plan.has("twin"):  # what a second process wrote, the first one does not know yet
                server.end_twin()
                server.kill()
            self._loop.release(server.life)
            self._boot_server(server)

    def _end(self, end: Callable[[Fault], object], fault: Fault) -> None:
        if not self._healed:
            end(fault)

    # Machines

    def _server(self, fault: Fault) -> Server:
        """Return the server that a fault is about: it is named, or a tenant that lives there is."""
        return self._servers.get(fault.target) or self._servers[self._plan.homes[fault.target]]

    def _kill(self, fault: Fault) -> None:
        self._server(fault).kill()

    def _cut_power(self, fault: Fault) -> None:
        self._server(fault).cut_power()

    def _boot(self, fault: Fault) -> None:
        self._boot_server(self._server(fault))

    def _boot_server(self, server: Server) -> None:
        """Begin a process where none runs; if the disk is empty, who lives there is known elsewhere."""
        if server.up:
            return
        server.boot(self.domain)
        for tenant, home in self._plan.homes.items():
            if home == server.name and tenant not in server.storage.tenants():
                server.storage.create(tenant)

    def _restart(self, fault: Fault) -> None:
        """End a process as operators do, letting it finish, and begin another one."""
        server, life = self._server(fault), self._server(fault).life

        async def stop() -> None:
            await server.stop()
            self._loop.call_for(self._loop.world, self._loop.now, begin)

        def begin() -> None:
            if server.life is life and server.up:
                server.kill()
                server.boot(self.domain)

        if server.up:
            server.run(self._loop.create_task, stop())

    def _pause(self, fault: Fault) -> None:
        self._loop.hold(self._server(fault).life)

    def _go_on(self, fault: Fault) -> None:
        self._loop.release(self._server(fault).life)

    def _lose_disk(self, fault: Fault) -> None:
        self._server(fault).lose_disk()

    def _begin_twin(self, fault: Fault) -> None:
        server = self._server(fault)
        if server.up and not server.twin:
            server.begin_twin(self.domain)

    def _end_twin(self, fault: Fault) -> None:
        self._server(fault).end_twin()

    def _logs(self) -> LogMachine:
        assert self._log, "the logs are on a machine of their own"
        return self._log

    def _kill_log(self, _: Fault) -> None:
        self._logs().kill()

    def _cut_log_power(self, _: Fault) -> None:
        self._logs().cut_power()

    def _boot_log(self, _: Fault | None = None) -> None:
        if not self._logs().up:
            self._logs().boot()

    def _slow_log(self, fault: Fault) -> None:
        self._logs().disk.slowness = fault.number

    def _usual_log(self, _: Fault) -> None:
        self._logs().disk.slowness = 1.0

    def _fail_log_syncs(self, fault: Fault) -> None:
        self._logs().disk.syncs_to_fail = fault.number

    # Links

    def _links(self, fault: Fault) -> Sequence[Link]:
        """Return the links that a fault names: one|other both ways, one>other one way, or those to a server's log."""
        if ">" in fault.target:
            return [self._network.link(*fault.target.split(">"))]
        one, _, other = fault.target.partition("|")
        other = other or self._logs().name
        return [self._network.link(one, other), self._network.link(other, one)]

    def _cut(self, fault: Fault) -> None:
        for link in self._links(fault):
            link.cuts += 1

    def _mend_cut(self, fault: Fault) -> None:
        for link in self._links(fault):
            link.cuts -= 1

    def _slow_link(self, fault: Fault) -> None:
        for link in self._links(fault):
            link.slowness = fault.number

    def _usual_link(self, fault: Fault) -> None:
        for link in self._links(fault):
            link.slowness = 1.0

    # Disks and clocks

    def _slow_disk(self, fault: Fault) -> None:
        self._server(fault).disk.slowness = fault.number

    def _full_disk(self, fault: Fault) -> None:
        self.excused.add(self._server(fault).name)
        self._server(fault).disk.full = True

    def _usual_disk(self, fault: Fault) -> None:
        disk = self._server(fault).disk
        disk.full, disk.slowness = False, 1.0

    def _fail_syncs(self, fault: Fault) -> None:
        self.excused.add(self._server(fault).name)
        self._server(fault).disk.syncs_to_fail = fault.number

    def _damage(self, fault: Fault) -> None:
        """Spoil a tenant's log, and let a new process read it: where nothing is sealed, nobody moves records."""
        server, tenant = self._server(fault), fault.target
        names = [name for name in server.disk.list(tenant) if name.startswith("log-")]
        if not names or not server.up or tenant in self._to_mend:
            return
        if fault.what == "moved record" and not self._plan.sealed:
            return
        file = server.disk.file(f"{tenant}/{names[-1]}")
        mend = SPOILING[fault.what](file, fault.number)
        if mend:
            self.excused.add(server.name)
            self._to_mend[tenant] = partial(_restore, server, file, mend)
            if fault.what != "bit rot":
                server.kill()
                server.boot(self.domain)

    def _mend(self, fault: Fault) -> None:
        """Bring back what was spoiled, as operators do from a copy: while no process runs."""
        server = self._server(fault)
        was_up = server.up
        self._to_mend.pop(fault.target, _nothing)()
        if was_up:
            self._boot_server(server)

    def _jump_clock(self, fault: Fault) -> None:
        self._server(fault).clock.offset_s += fault.number

    def _drift_clock(self, fault: Fault) -> None:
        self._server(fault).clock.rate = 1 + fault.number / 1_000

    # Operators

    def _upgrade(self, fault: Fault) -> None:
        """Go over to the next release while everybody is served: states of another schema, made beside."""
        self.domain = next_release(self.domain)
        server = self._server(fault)
        if server.up:
            server.run(self._loop.create_task, self._go_over(server, self.domain))

    async def _go_over(self, server: Server, domain: Domain) -> None:
        for tenant in server.storage.tenants():
            try:
                await rebuild(await server.node.cell(tenant), server.env, domain, unwatched)
                self.operations["upgrade", ENDED] += 1
            except (LogError, OSError) as error:
                self.operations["upgrade", type(error).__name__] += 1
        server.node.domain = domain

    def _operate(self, fault: Fault) -> None:
        server = self._server(fault)
        if server.up:
            server.run(self._loop.create_task, self._operation(server, fault))

    async def _operation(self, server: Server, fault: Fault) -> None:
        self.operating += 1
        name, arguments = _order(fault)
        try:
            told = await server.operations[name](arguments, _unwatched)
        except (LogError, OSError, TenantNotFound) as error:
            self.operations[fault.what, type(error).__name__] += 1
        else:
            self.operations[fault.what, ENDED] += 1
            if not told.get("sound", True):
                self.unsound.append(f"{fault.target}: {told}")
        finally:
            self.operating -= 1


def _order(fault: Fault) -> tuple[str, dict[str, Any]]:
    """Say a fault that an operator causes as an operation and its arguments."""
    match fault.what:
        case "forget":
            return "rotate", {"tenant": fault.target, "forget": True}
        case "limit":
            limit = fault.number % 4 or None
            return "limits", {"tenant": fault.target, "set": {"open_reservations": limit}}
        case _:
            return fault.what, {"tenant": fault.target}


def _restore(server: Server, file: File, mend: Callable[[], None]) -> None:
    """End the process that may be writing to a file, and mend what is there."""
    server.kill()
    file.settle(len(file.pending))
    file.durable[:] = file.content
    mend()


def _nothing() -> None:
    """There is nothing to mend."""


def _unwatched(progress: Mapping[str, Any]) -> None:
    del progress
