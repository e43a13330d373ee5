"""How fast time goes in the simulation: short seeds, idle clusters, a whole Black Friday, and bare requests.

    python bench/simulation.py [seeds] [idle] [messages] [grpc] [day] [--size 200] [--quick] [--json]

Each part is one number of the table, or a few; without a word, all but `day`, which takes minutes. One process.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any

from google.protobuf.message import Message

from bf.core.ports import Answer, Asked
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.sim.draw import draw
from bf.sim.grpc_line import GrpcFront, GrpcLine
from bf.sim.loop import SimLoop
from bf.sim.machine import Machine, Server
from bf.sim.net import PROFILES, Network
from bf.sim.plan import Plan
from bf.sim.post import PostLine
from bf.sim.streams import Streams
from bf.sim.world import World
from figures import FACT, LESS, MORE, Figure, Part, Size, run_bench

ACME = "acme"
PATIENCE_S = 5.0


class EmptyHandler:
    """Answers at once, and does nothing."""

    domain = INVENTORY

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Answer."""
        del tenant, request, request_id, actor
        return Answer(code=0)

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Answer each."""
        del tenant, actor
        return [Answer(code=0)] * len(asked)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return how many seconds something takes, by the wall and by this process's clock."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def require_sound(plan: Plan) -> float:
    """Run a plan, and return how many seconds it simulated; AssertionError if it violates something."""
    outcome = World(plan).run()
    assert outcome.violation is None, f"{plan.scenario} {plan.seed}: {outcome.violation}"
    return outcome.simulated_s


def seeds(count: int) -> Iterator[Figure]:
    """Run short seeds: 60 simulated seconds with faults, all checks included."""
    plans = [draw("swarm", seed) for seed in range(count)]
    require_sound(plans[0])
    wall, cpu = timed(lambda: [require_sound(plan) for plan in plans])
    yield Figure("short seeds", count / wall, "seeds/s", MORE)
    yield Figure("short seeds, of processor time", count / cpu, "seeds/s", MORE)


def idle(_: int) -> Iterator[Figure]:
    """Let two servers with three tenants wait for a day, in which nobody asks."""
    homes = {"acme": "server-1", "bolt": "server-1", "coop": "server-2"}
    plan = Plan("idle", "idle", 86_400, servers=("server-1", "server-2"), homes=homes, clients={"client-1": "intranet"})
    wall, _cpu = timed(lambda: require_sound(plan))
    yield Figure("an idle day", plan.seconds / wall, "simulated s/s", MORE)


def day(_: int) -> Iterator[Figure]:
    """Live through 24 hours of Black Friday."""
    plan = draw("black-friday", 1)
    wall, _cpu = timed(lambda: require_sound(plan))
    yield Figure("24 hours of black-friday", wall, "s", LESS)
    yield Figure("requests in them", len(plan.asks), "requests", FACT)


def messages(_: int) -> Iterator[Figure]:
    """Ask over messages: a handler that does nothing, then a real node that reads, and one that writes."""
    empty = _post_world()
    empty.node = EmptyHandler()  # pyright: ignore[reportAttributeAccessIssue]  # all that a line asks of a node is `call`
    line = PostLine(_network(empty.loop), Machine(empty.loop, "client", 9), empty)
    rate = _asked(empty.loop, line.call, 30_000, rq.ListLocationsReq())
    yield Figure("over messages, empty handler", rate, "requests/s", MORE)


def grpc(_: int) -> Iterator[Figure]:
    """Ask over HTTP/2 on simulated connections: a handler that does nothing."""
    loop = SimLoop("bench")
    network = _network(loop)
    loop.streams = Streams(loop, network, "bench")
    server, client = Machine(loop, "server", 1), Machine(loop, "client", 2)

    async def serve() -> None:
        await GrpcFront(server, EmptyHandler(), INVENTORY).start()

    server.run(loop.run_until_complete, serve())
    line = GrpcLine(client, "server")
    rate = client.run(_asked, loop, line.call, 3_000, rq.ListLocationsReq())
    yield Figure("over gRPC, empty handler", rate, "requests/s", MORE)


def _network(loop: SimLoop) -> Network:
    return Network(loop, "bench", lambda _, __: PROFILES["intranet"])


def _post_world() -> Server:
    world = World(Plan("bench", "bench", 1, homes={ACME: "server-1"}, clients={"client-1": "intranet"}))
    return world.servers["server-1"]


Call = Callable[[str, Message, str, float], Awaitable[Answer | None]]


def _asked(loop: SimLoop, call: Call, count: int, request: Message, at_once: int = 10) -> float:
    """Ask so often, ten at once; return how many answers came a second."""

    async def ask() -> None:
        for number in range(count // at_once):
            answer = await call(ACME, request, f"acme/{number}", PATIENCE_S)
            assert answer, "it is answered"
            assert answer.code == 0, answer

    async def all_of_them() -> None:
        asking: list[Coroutine[Any, Any, None]] = [ask() for _ in range(at_once)]
        await asyncio.gather(*asking)

    wall, _cpu = timed(lambda: loop.run_until_complete(all_of_them()))
    return count / wall


PARTS: dict[str, Part] = {"seeds": seeds, "idle": idle, "messages": messages, "grpc": grpc, "day": day}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    run_bench(__doc__, PARTS, Size("short seeds", usual=200, quick=5), usual=("seeds", "idle", "messages", "grpc"))
