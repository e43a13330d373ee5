"""How fast time goes in the simulation: short seeds, idle clusters, a whole Black Friday, and bare requests.

    python bench/simulation.py [seeds] [idle] [messages] [grpc] [day] [--seeds 200] [--json]

Each part is one number of the table, or a few; without a word, all but `day`, which takes minutes. One process.
"""

import argparse
import asyncio
import gc
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
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


def main() -> None:
    """Measure the parts that are named, and print them."""
    parts: dict[str, Callable[[int], dict[str, float]]] = {
        "seeds": seeds,
        "idle": idle,
        "messages": messages,
        "grpc": grpc,
        "day": day,
    }
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*parts, []], metavar="PART", help=", ".join(parts))
    parser.add_argument("--seeds", type=int, default=200, help="how many short seeds")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    found = dict[str, float]()
    for part in args.parts or [name for name in parts if name != "day"]:
        gc.collect()
        for name, value in parts[part](args.seeds).items():
            found[name] = value
            if not args.json:
                print(f"{name:<60} {value:>14,.1f}", flush=True)
    if args.json:
        print(json.dumps(found))


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


def seeds(count: int) -> dict[str, float]:
    """Run short seeds: 60 simulated seconds with faults, all checks included."""
    plans = [draw("swarm", seed) for seed in range(count)]
    require_sound(plans[0])
    wall, cpu = timed(lambda: [require_sound(plan) for plan in plans])
    return {"short seeds/s": count / wall, "short seeds per second of processor time": count / cpu}


def idle(_: int) -> dict[str, float]:
    """Let two servers with three tenants wait for a day, in which nobody asks."""
    homes = {"acme": "server-1", "bolt": "server-1", "coop": "server-2"}
    plan = Plan("idle", "idle", 86_400, servers=("server-1", "server-2"), homes=homes, clients={"client-1": "intranet"})
    wall, _cpu = timed(lambda: require_sound(plan))
    return {"simulated seconds per second, idle": plan.seconds / wall}


def day(_: int) -> dict[str, float]:
    """Live through 24 hours of Black Friday."""
    plan = draw("black-friday", 1)
    wall, _cpu = timed(lambda: require_sound(plan))
    return {"seconds for 24 hours of black-friday": wall, "requests in them": float(len(plan.asks))}


def messages(_: int) -> dict[str, float]:
    """Ask over messages: a handler that does nothing, then a real node that reads, and one that writes."""
    found = dict[str, float]()
    empty = _post_world()
    empty.node = EmptyHandler()  # pyright: ignore[reportAttributeAccessIssue]  # all that a line asks of a node is `call`
    line = PostLine(_network(empty.loop), Machine(empty.loop, "client", 9), empty)
    found["requests/s over messages, empty handler"] = _asked(empty.loop, line.call, 30_000, rq.ListLocationsReq())
    return found


def grpc(_: int) -> dict[str, float]:
    """Ask over HTTP/2 on simulated connections: a handler that does nothing."""
    loop = SimLoop("bench")
    network = _network(loop)
    loop.streams = Streams(loop, network, "bench")
    server, client = Machine(loop, "server", 1), Machine(loop, "client", 2)

    async def serve() -> None:
        await GrpcFront(server, EmptyHandler(), INVENTORY).start()

    server.run(loop.run_until_complete, serve())
    line = GrpcLine(client, "server", INVENTORY)
    rate = client.run(_asked, loop, line.call, 3_000, rq.ListLocationsReq())
    return {"requests/s over gRPC, empty handler": rate}


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


if __name__ == "__main__":
    main()
