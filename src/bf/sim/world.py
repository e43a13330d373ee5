"""A world: machines, links and clients made of a plan, and the four phases of its life.

chaos         clients ask, things go wrong
heal          everything is as it should be
liveness      whatever was asked is answered within LIVENESS_S
comparison    every log, every state and every answer is held against the others
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.housekeeping import Policy
from bf.node.limits import QUEUE_REQUESTS_MAX
from bf.sim.buggify import Buggify
from bf.sim.checks import Evidence, check_all
from bf.sim.client import FLOOD_PAUSE_S, Client
from bf.sim.errors import NothingHappensError, SimulationError, TooManyStepsError, ViolationError
from bf.sim.faults import Stage, Troubles
from bf.sim.fences import collect_garbage, fenced
from bf.sim.grpc_line import GrpcLine, front_of
from bf.sim.history import History
from bf.sim.loop import STEPS_COUNT_MAX, SimLoop
from bf.sim.machine import Machine, Server
from bf.sim.net import PROFILES, Network, Profile
from bf.sim.plan import Plan
from bf.sim.post import Line, PostLine
from bf.sim.remote import LogMachine, RemoteStorage, Wire
from bf.sim.shop import ROOT, furniture
from bf.sim.streams import Streams

LIVENESS_S = 60.0
"""How long after everything is healed whatever was asked may stay without an answer."""

FURNISH_S = 1.0
"""When chaos begins; what tenants begin with is there by then."""

LOOK_S = 30.0
"""How often queues are looked at where nobody floods them, and garbage collected."""


@dataclass
class Outcome:
    """What a run came to."""

    plan: Plan
    violation: ViolationError | None = None
    digest: int = 0
    steps: int = 0
    simulated_s: float = 0.0
    requests: int = 0
    answers: int = 0
    checks: int = 0
    messages: int = 0
    syncs: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    sometimes: Counter[str] = field(default_factory=Counter[str])
    """How often named situations were reached."""
    buggified: Counter[str] = field(default_factory=Counter[str])
    history: History = field(default_factory=History)


class World:
    """One run of one plan."""

    def __init__(self, plan: Plan, *, steps_max: int = STEPS_COUNT_MAX) -> None:
        self.plan = plan
        self.loop = SimLoop(plan.seed, steps_max)
        self.history = History()
        self.network = Network(self.loop, plan.seed, self._profile)
        self.buggify = Buggify(plan.buggify, self._dice("buggify"))
        pause_s = min(60.0, max(5.0, plan.seconds / 100)) if plan.compacts else 2 * plan.seconds
        policy = Policy(pause_s=pause_s, log_bytes_min=20_000, log_per_state=3)
        self.servers = {
            name: Server(
                self.loop,
                name,
                1 + number,
                plan.seed,
                sealed=plan.sealed,
                sync_s=plan.sync_s,
                buggify=self.buggify,
                policy=policy,
            )
            for number, name in enumerate(plan.servers)
        }
        self.log = LogMachine(self.loop, "log-1", 99, plan.seed, sync_s=plan.sync_s) if plan.remote else None
        for server in self.servers.values():
            if self.log:
                server.make_storage = self._remote_storage
        if plan.grpc:
            self.loop.streams = Streams(self.loop, self.network, plan.seed)
            for server in self.servers.values():
                server.make_front = front_of
        first = 1 + len(self.servers)
        machines = [
            Machine(self.loop, name, first + number) for number, name in enumerate([*plan.clients, "furnisher"])
        ]
        self.clients = {machine.name: self._client(machine) for machine in machines}
        stage = Stage(plan, self.loop, self.network, self.servers, self.log)
        self.troubles = Troubles(stage, INVENTORY)
        self._lines: dict[tuple[str, str], Line] = {}
        self._longest_queue = 0

    def run(self) -> Outcome:
        """Live through all four phases; what does not hold is in the outcome."""
        outcome = Outcome(self.plan)
        try:
            with fenced(self.loop, self.plan.seed):
                outcome.checks = self.loop.run_until_complete(self._live())
        except ViolationError as violation:
            outcome.violation = violation
        except (NothingHappensError, TooManyStepsError) as error:
            outcome.violation = ViolationError("liveness", str(error))
        except SimulationError:
            raise
        finally:
            self._end()
        self._sum_up(outcome)
        return outcome

    def record(self, recorder: Callable[[float, str, str, str], None]) -> None:
        """Let everything that happens be told to somebody: its time, kind, machine, and a sentence."""
        self.loop.recorder = self.history.recorder = recorder

    # The four phases

    async def _live(self) -> int:
        loop, plan = self.loop, self.plan
        if self.log:
            self.log.boot()
        for name, server in self.servers.items():
            server.boot(INVENTORY)
            for tenant, home in plan.homes.items():
                if home == name:
                    server.storage.create(tenant)
                    if self.log:
                        self.log.storage.create(tenant)
        await self._furnish()
        troubles = loop.create_task(self.troubles.happen(), name="faults")
        asks = list(enumerate(plan.asks))
        livings = [
            client.machine.run(loop.create_task, client.live([(n, ask) for n, ask in asks if ask.client == name]))
            for name, client in self.clients.items()
        ]
        look_s = FLOOD_PAUSE_S if any(ask.what == "flood" for ask in plan.asks) else LOOK_S
        while loop.now < plan.seconds:
            closely = any(client.flooding for client in self.clients.values())
            await asyncio.sleep(min(0.001 if closely else look_s, plan.seconds - loop.now))
            self._look()
        troubles.cancel()
        self.troubles.heal()
        await asyncio.wait(livings)
        await self._everybody_is_answered()
        return await self._compare()

    async def _furnish(self) -> None:
        furnisher = self.clients["furnisher"]

        async def furnish(tenant: str) -> None:
            for number, request in enumerate(furniture(tenant, self.plan)):
                asked = self.history.begin("furnisher", tenant, request, f"{tenant}/furnisher/{number}", self.loop.now)
                await furnisher.until_answered(asked, tries_max=100)
                assert asked.answer, f"{tenant} is furnished: {asked}"
                assert asked.answer.code == Code.OK, f"{tenant} is furnished: {asked}"

        await asyncio.gather(
            *(furnisher.machine.run(self.loop.create_task, furnish(tenant)) for tenant in self.plan.homes)
        )
        await asyncio.sleep(max(0.0, FURNISH_S - self.loop.now))

    def _look(self) -> None:
        """Look whether queues are as short as they may be, and let garbage be collected when it is time."""
        collect_garbage()
        for server in self.servers.values():
            if server.up:
                waiting = max((cell.waiting for cell in server.node.cells().values() if cell), default=0)
                self._longest_queue = max(self._longest_queue, waiting)

    async def _everybody_is_answered(self) -> None:
        until = self.loop.now + LIVENESS_S
        while any(client.asking for client in self.clients.values()) or self.troubles.operating:
            if self.loop.now > until:
                waits = [str(asked) for asked in self.history.asked if asked.answer is None and asked.request_id]
                raise ViolationError("liveness", f"{LIVENESS_S:.0f} s after all was healed no answer to: {waits[:5]}")
            await asyncio.sleep(0.25)

    async def _compare(self) -> int:
        for tenant in sorted(self.plan.homes):
            await self._is_answered(tenant)
        evidence = Evidence(
            plan=self.plan,
            loop=self.loop,
            history=self.history,
            servers=self.servers,
            clients=list(self.clients.values()),
            troubles=self.troubles,
            log=self.log,
            longest_queue=self._longest_queue,
        )
        for line in self._lines.values():
            line.hang_up()
        return await check_all(evidence)

    async def _is_answered(self, tenant: str) -> None:
        """Ask until a tenant answers; a queue that a flood has filled may take a while."""
        furnisher, until = self.clients["furnisher"], self.loop.now + LIVENESS_S
        while True:
            asked = self.history.begin("furnisher", tenant, rq.GetLocInventoryReq(location=ROOT), "", self.loop.now)
            await furnisher.machine.run(self.loop.create_task, furnisher.until_answered(asked, tries_max=5))
            if asked.answer and asked.answer.code == Code.OK:
                return
            if self.loop.now > until:
                raise ViolationError("liveness", f"a healthy tenant does not answer: {asked}", tenant)
            await asyncio.sleep(1)

    # How it is put together

    def _client(self, machine: Machine) -> Client:
        def line(tenant: str) -> Line:
            home = self.plan.homes[tenant]
            key = machine.name, home
            if key not in self._lines:
                self._lines[key] = self._new_line(machine, self.servers[home])
            return self._lines[key]

        dice = self._dice(machine.name)
        return Client(machine, line, self.history, dice, products=self.plan.products, patience_s=self.plan.patience_s)

    def _remote_storage(self, server: Server, dice: Callable[[int], bytes]) -> RemoteStorage:
        assert self.log, "there is a machine for logs"
        storage = RemoteStorage(server.disk, server.life, dice, sealed=False)
        storage.reach(Wire(self.network, server, self.log), self.log)
        return storage

    def _new_line(self, machine: Machine, server: Server) -> Line:
        if self.plan.grpc:
            return GrpcLine(machine, server.name)
        return PostLine(self.network, machine, server)

    def _profile(self, source: str, target: str) -> Profile:
        clients = self.plan.clients
        near = "intranet" if self.plan.remote else "local"
        return PROFILES[clients.get(source) or clients.get(target) or near]

    def _dice(self, name: str) -> Random:
        return Random(f"{self.plan.seed}/{name}")

    def _end(self) -> None:
        """Bury everybody."""
        for line in self._lines.values():
            line.hang_up()
        for machine in (
            *self.servers.values(),
            *([self.log] if self.log else []),
            *(client.machine for client in self.clients.values()),
        ):
            machine.kill()
        self.loop.bury(self.loop.world)
        self.loop.close()

    def _sum_up(self, outcome: Outcome) -> None:
        loop, meters = self.loop, [server.meter.counts for server in self.servers.values()]
        outcome.digest, outcome.steps, outcome.simulated_s = loop.digest & 0xFFFF_FFFF_FFFF_FFFF, loop.steps, loop.now
        outcome.history = self.history
        outcome.requests = sum(asked.tries for asked in self.history.asked)
        outcome.answers = sum(asked.answer is not None for asked in self.history.asked)
        outcome.messages = self.network.messages
        outcome.syncs = sum(server.disk.syncs for server in self.servers.values())
        outcome.faults = self.troubles.done
        outcome.buggified = self.buggify.hits
        sometimes = outcome.sometimes
        for counts in meters:
            for name in (
                "cell_stops/log",
                "cell_stops/damaged state",
                "state_rebuilds",
                "pause_seconds/compact",
                "pause_seconds/rebuild",
            ):
                sometimes[name] += counts[name]
        for (name, end), count in self.troubles.operations.items():
            sometimes[f"{name}: {end}"] += count
        sometimes["a queue was full"] += self._longest_queue >= QUEUE_REQUESTS_MAX
        for asked in self.history.asked:
            sometimes["a request was repeated"] += asked.tries > 1
            if asked.answer:
                sometimes[f"done: {type(asked.request).__name__}"] += not asked.answer.code
                sometimes[f"refused: {asked.answer.reason}"] += bool(asked.answer.code)
