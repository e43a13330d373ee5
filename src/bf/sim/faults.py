"""What goes wrong, and what operators do: each by its name, begun at its time and ended after its while."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

from bf.core.domain import Domain
from bf.core.ports import LogError
from bf.node.node import TenantNotFound
from bf.node.rebuild import rebuild
from bf.node.replay import unwatched
from bf.sim.damage import flip_a_bit, lose_a_record, swap_records
from bf.sim.loop import SimLoop
from bf.sim.machine import Server
from bf.sim.net import Link, Network
from bf.sim.plan import Fault, Plan
from bf.sim.remote import LogMachine

OPERATIONS = ("compact", "rotate", "rebuild", "verify", "forget", "limit")
"""What operators do while things go wrong."""

ENDED = "ended"

ELSEWHERE = ("cut off from its log", "lost disk", "log: kill", "log: power cut", "log: slow disk", "log: failed sync")
"""What happens between a server and a log on another machine."""


class Troubles:
    """Carries out the faults of a plan."""

    def __init__(
        self,
        plan: Plan,
        loop: SimLoop,
        network: Network,
        servers: Mapping[str, Server],
        log: LogMachine | None,
        domain: Domain,
    ) -> None:
        self.done: Counter[str] = Counter()
        """How many faults there were, by kind."""
        self.operations: Counter[str] = Counter()
        """How operations ended, by their name and that."""
        self.unsound: list[str] = []
        """Tenants whose state was not what their log makes, as a verification said."""
        self.operating = 0
        """How many operations are under way."""
        self.broken_disks: set[str] = set()
        """Servers whose disk has refused something: they may have faults of their own to tell."""
        self.domain = domain
        self._plan = plan
        self._loop = loop
        self._network = network
        self._servers = servers
        self._log = log
        self._to_mend: list[Callable[[], None]] = []
        self._healed = False

    async def happen(self) -> None:
        """Let every fault come in its time."""
        for fault in sorted(self._plan.faults):
            if fault.at_s > self._loop.now:
                await asyncio.sleep(fault.at_s - self._loop.now)
            self.done[fault.what] += 1
            if self._loop.recorder:
                self._loop.recorder(self._loop.now, "fault", fault.target, str(fault))
            self._begin(fault)
            if fault.for_s:
                self._loop.call_later(fault.for_s, self._end, fault)

    def heal(self) -> None:
        """Let everything be as it should: links, disks, clocks, machines."""
        if self._loop.recorder:
            self._loop.recorder(self._loop.now, "phase", "world", "everything is healed")
        self._healed = True
        for link in self._network.links():
            link.cuts, link.slowness = 0, 1.0
        for mend in reversed(self._to_mend):
            mend()
        self._to_mend.clear()
        if self._log:
            self._log.disk.slowness, self._log.disk.syncs_to_fail = 1.0, 0
            if not self._log.up:
                self._log.boot()
        for server in self._servers.values():
            if self._plan.has(
                "twin"
            ):  # what a second process wrote, the first one learns when it writes itself, or begins anew
                server.end_twin()
                server.kill()
            server.disk.slowness, server.disk.full, server.disk.syncs_to_fail = 1.0, False, 0
            server.clock.rate = 1.0
            server.buggify.stop()
            if server.up:
                self._loop.release(server.life)
            else:
                self._boot_on_nothing(server)

    def _begin(self, fault: Fault) -> None:
        server = (
            self._servers.get(fault.target) or self._servers[self._plan.homes.get(fault.target, self._plan.servers[0])]
        )
        if fault.what in ELSEWHERE:  # who cannot reach a log has faults to tell
            self.broken_disks.update(self._servers)
        match fault.what:
            case "log: kill" if self._log:
                self._log.kill()
            case "log: power cut" if self._log:
                self._log.cut_power()
            case "log: slow disk" if self._log:
                self._log.disk.slowness = fault.number
            case "log: failed sync" if self._log:
                self._log.disk.syncs_to_fail = fault.number
            case "lost disk":
                server.lose_disk()
            case "kill":
                server.kill()
            case "power cut":
                server.cut_power()
            case "restart":
                self._restart(server)
            case "pause":
                self._loop.hold(server.life)
            case "cut" | "one-way cut" | "cut off from its log":
                for link in self._links(fault):
                    link.cuts += 1
            case "slow link":
                for link in self._links(fault):
                    link.slowness = fault.number
            case "slow disk":
                server.disk.slowness = fault.number
            case "full disk":
                self.broken_disks.add(server.name)
                server.disk.full = True
            case "failed sync":
                self.broken_disks.add(server.name)
                server.disk.syncs_to_fail = fault.number
            case "bit rot" | "lost record" | "moved record":
                self._damage(server, fault)
            case "twin" if server.up and not server.twin:
                server.begin_twin(self.domain)
            case "twin":
                pass
            case "clock jump":
                server.clock.offset_s += fault.number
            case "clock drift":
                server.clock.rate = 1 + fault.number / 1_000
            case "upgrade":
                self._upgrade(server)
            case _:
                assert fault.what in OPERATIONS, f"{fault.what} is no fault"
                self._operate(server, fault)

    def _end(self, fault: Fault) -> None:
        if self._healed:
            return
        server = self._servers.get(fault.target)
        match fault.what:
            case "kill" | "power cut" if server and not server.up:
                server.boot(self.domain)
            case "lost disk" if server and not server.up:
                self._boot_on_nothing(server)
            case "log: kill" | "log: power cut" if self._log and not self._log.up:
                self._log.boot()
            case "log: slow disk" if self._log:
                self._log.disk.slowness = 1.0
            case "pause" if server:
                self._loop.release(server.life)
            case "cut" | "one-way cut" | "cut off from its log":
                for link in self._links(fault):
                    link.cuts -= 1
            case "slow link":
                for link in self._links(fault):
                    link.slowness = 1.0
            case "twin" if server:
                server.end_twin()
            case "slow disk" if server:
                server.disk.slowness = 1.0
            case "full disk" if server:
                server.disk.full = False
            case _:
                pass

    def _links(self, fault: Fault) -> Sequence[Link]:
        """Return the links that a fault names: client|server both ways, client>server one way."""
        if fault.what == "cut off from its log":
            return [self._network.link(fault.target, "log-1"), self._network.link("log-1", fault.target)]
        if ">" in fault.target:
            source, target = fault.target.split(">")
            return [self._network.link(source, target)]
        one, other = fault.target.split("|")
        return [self._network.link(one, other), self._network.link(other, one)]

    def _boot_on_nothing(self, server: Server) -> None:
        """Begin on an empty disk: who lives here is known elsewhere."""
        server.boot(self.domain)
        for tenant, home in self._plan.homes.items():
            if home == server.name and tenant not in server.storage.tenants():
                server.storage.create(tenant)

    def _restart(self, server: Server) -> None:
        """End a process as operators do, letting it finish, and begin another one."""

        async def stop() -> None:
            await server.stop()
            self._loop.call_for(self._loop.world, self._loop.now, begin, server.life)

        def begin(life: object) -> None:
            if server.life is life and server.up:
                server.kill()
                server.boot(self.domain)

        if server.up:
            server.run(self._loop.create_task, stop())

    def _damage(self, server: Server, fault: Fault) -> None:
        """Spoil a tenant's log, and let it be read again."""
        names = [name for name in server.disk.list(fault.target) if name.startswith("log-")]
        if not names or not server.up or (fault.what == "moved record" and not self._plan.sealed):
            return
        file = server.disk.file(f"{fault.target}/{names[-1]}")
        spoil = {"bit rot": flip_a_bit, "lost record": lose_a_record, "moved record": swap_records}[fault.what]
        mend = spoil(file, fault.number)
        if mend:
            self._to_mend.append(mend)
            if fault.what != "bit rot":
                server.kill()
                server.boot(self.domain)

    def _upgrade(self, server: Server) -> None:
        """Go over to the next release while everybody is served: states of another schema, made beside."""
        self.domain = next_release(self.domain)

        async def go_over(domain: Domain) -> None:
            for tenant in server.storage.tenants():
                try:
                    await rebuild(await server.node.cell(tenant), server.env, domain, unwatched)
                    self.operations["upgrade", ENDED] += 1
                except (LogError, OSError) as error:
                    self.operations["upgrade", type(error).__name__] += 1
            server.node.domain = domain

        if server.up:
            server.run(self._loop.create_task, go_over(self.domain))

    def _operate(self, server: Server, fault: Fault) -> None:
        if server.up:
            server.run(self._loop.create_task, self._operation(server, fault))

    async def _operation(self, server: Server, fault: Fault) -> None:
        self.operating += 1
        name, arguments = _order(fault)
        try:
            told = await server.operations[name](arguments, _unwatched)
        except LogError as error:
            self.operations[fault.what, type(error).__name__] += 1
        except (OSError, TenantNotFound) as error:
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


def next_release(domain: Domain) -> Domain:
    """Return a domain as a later release could have it: other tables, other code, the same facts."""
    later = copy(domain)
    later.version += 1
    later.schema += f"\nCREATE INDEX product_in_release_{later.version} ON product (sku);\n"
    return later


def _unwatched(progress: Mapping[str, Any]) -> None:
    del progress
