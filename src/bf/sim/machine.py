"""Machines: a disk, a clock of their own, and the process that runs on them now, if any."""

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Protocol

from bf.adapters.lua.scripts import LuaScripts
from bf.core.domain import Domain
from bf.core.ports import Env
from bf.node.housekeeping import Policy, keep_house
from bf.node.node import Node
from bf.node.operations import Operations
from bf.sim.buggify import Buggify
from bf.sim.disk import Disk
from bf.sim.loop import Life, SimLoop
from bf.sim.meter import SimMeter
from bf.sim.storage import SimStorage

SCRIPT_MS = 1_000_000_000
"""No limit on the processor time of scripts: it is not the same in two runs."""

EPOCH_US = 1_795_680_000_000_000
"""When simulated time begins: 2026-11-26 08:00 UTC."""


class SimClock:
    """A machine's clock: it may be ahead, behind, too fast, and it may jump."""

    def __init__(self, loop: SimLoop) -> None:
        self.offset_s = 0.0
        self.rate = 1.0
        self._loop = loop

    def now_us(self) -> int:
        """Return microseconds since 1970, as this machine believes."""
        return EPOCH_US + int((self._loop.now * self.rate + self.offset_s) * 1e6)

    def elapsed_us(self) -> int:
        """Return microseconds since the simulation began."""
        return int(self._loop.now * 1e6)


class Machine:
    """A computer with a name; clients are machines without a node."""

    def __init__(self, loop: SimLoop, name: str, number: int) -> None:
        self.name = name
        self.loop = loop
        self.clock = SimClock(loop)
        self.lives = 1
        self._number = number
        self.life = Life(name, number)

    @property
    def up(self) -> bool:
        """Whether a process runs on it."""
        return not self.life.dead

    def run(self, work: Callable[..., Any], *args: Any) -> Any:  # whatever the work gives
        """Do something as this machine's process: what it schedules is its own."""
        before, self.loop.current = self.loop.current, self.life
        try:
            return work(*args)
        finally:
            self.loop.current = before

    def kill(self) -> None:
        """End the process at once."""
        if self.up:
            if self.loop.recorder:
                self.loop.recorder(self.loop.now, "life", self.name, f"life {self.lives} ends")
            self.loop.bury(self.life)

    def new_life(self) -> None:
        """Begin another process."""
        assert not self.up, f"{self.name} runs"
        self.lives += 1
        self.life = Life(self.name, self._number)


class Front(Protocol):
    """Where a node takes connections."""

    async def start(self) -> None:
        """Take connections."""
        ...

    async def stop(self) -> None:
        """Take no more, and let what is under way end."""
        ...


class Server(Machine):
    """A machine that runs a node."""

    def __init__(
        self,
        loop: SimLoop,
        name: str,
        number: int,
        seed: str,
        *,
        sealed: bool,
        sync_s: float,
        buggify: Buggify,
        policy: Policy,
    ) -> None:
        super().__init__(loop, name, number)
        self.disk = Disk(loop, name, Random(f"{seed}/{name}/disk"))
        self.disk.sync_s = sync_s
        self.buggify = buggify
        self.meter = SimMeter()
        self.domain: Domain | None = None
        self.twin: Server | None = None
        """Another process on the same disk, which should not be there."""
        self.make_storage = self._local_storage
        """What makes the storage of each process."""
        self.front: Front | None = None
        self.make_front: Callable[[Server], Front] | None = None
        """What makes the front of each process, if it takes connections."""
        self._seed = seed
        self._sealed = sealed
        self._policy = policy
        self._dice = Random(f"{seed}/{name}/keys")
        self.node: Node
        self.storage: SimStorage
        self.operations: dict[str, Any]
        self.env: Env

    def boot(self, domain: Domain) -> None:
        """Start a node on what lies on the disk."""
        if not self.up:
            self.new_life()
        if self.loop.recorder:
            self.loop.recorder(self.loop.now, "life", self.name, f"life {self.lives} begins")
        self.domain = domain
        self.storage = self.make_storage(self, self._dice.randbytes)
        self.env = Env(self.clock, self.storage, self.meter, _scripts, self.buggify)
        self.run(self._boot, domain)

    def _boot(self, domain: Domain) -> None:
        self.node = Node(self.env, domain)
        self.operations = Operations(self.node, self.env, self.storage).table()
        self._house = self.loop.create_task(keep_house(self.node, self.env, self._policy), name="housekeeping")
        if self.make_front:
            self.front = self.make_front(self)
            self.loop.create_task(self.front.start(), name="front")

    async def stop(self) -> None:
        """Let the node finish what it has begun, as a server does that is told to end; to be run as its process."""
        if self.front:
            await self.front.stop()
        self._house.cancel()
        await asyncio.wait([self._house])
        await self.node.stop()

    def _local_storage(self, server: "Server", dice: Callable[[int], bytes]) -> SimStorage:
        return SimStorage(server.disk, server.life, dice, sealed=self._sealed)

    def lose_disk(self) -> None:
        """End the process, and everything that lay on the disk."""
        self.end_twin()
        self.kill()
        self.disk.folders.clear()

    def begin_twin(self, domain: Domain) -> None:
        """Start a second process on the disk of the first one."""
        twin = Server(
            self.loop,
            self.name,
            self._number,
            f"{self._seed}/twin",
            sealed=self._sealed,
            sync_s=0,
            buggify=self.buggify,
            policy=self._policy,
        )
        twin.disk, twin.clock = self.disk, self.clock
        twin.boot(domain)
        self.twin = twin

    def end_twin(self) -> None:
        """End it."""
        if self.twin:
            self.twin.kill()
            self.twin = None

    def cut_power(self) -> None:
        """End every process, and lose what the disk had not synced."""
        self.end_twin()
        self.life.unplugged = True
        self.kill()
        self.disk.cut_power()


def _scripts(limits: Mapping[str, int]) -> LuaScripts:
    """Run scripts within all limits but that on processor time."""
    return LuaScripts({**limits, "script_ms": SCRIPT_MS})
