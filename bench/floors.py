"""What a step of report1 would take at least, if all but one part of it took nothing.

    python bench/floors.py [alone] [wire] [disk] [--size 8] [--quick] [--json]

`alone` is the domain and its tables in memory: no log, no cell, no wire. `wire` is 1,102 calls, 64 at a time, over the
network in memory, whose answers are always the same: through grpclib at both ends, and through ours. `disk` is an fsync
for every batch that a step comes to. Each is the median of so many steps; `bench/stress.py` has the whole.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from google.protobuf.message import Message
from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.protocol import H2Protocol

from bf.adapters.grpc.server import DomainService, grpc_server
from bf.adapters.sqlite.database import empty_state
from bf.cli.front import SERVICE, OpenFront, Place
from bf.cli.stresses.here import ADDRESS, TENANT, here
from bf.cli.stresses.play import Player, play
from bf.cli.stresses.report1 import ARRIVALS, ORDERS, Report1
from bf.client import Client
from bf.core.ports import Answer, Asked
from bf.core.refusal import Refusal, Told
from bf.core.spec import SPEC_NOW_US
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.sim.realtime import InMemoryNetwork
from durable import Call, in_flight
from figures import FACT, LESS, Figure, Figures, Size, run_bench

CALLS = 2 + ARRIVALS + ORDERS
IN_FLIGHT = 64
REQUEST = rq.UpdateInventoryReq(location="1", product="2", on_hand_change=3)
PATH = f"/{SERVICE.full_name}/UpdateInventory"


class Constant:
    """Answers everything in the same way."""

    answer = Answer(0, rq.UpdateInventoryResp(on_hand=1).SerializeToString())

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Answer."""
        del tenant, request, request_id, actor
        return self.answer

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Answer each."""
        del tenant, actor
        return [self.answer for _ in asked]


async def alone(steps: int) -> Figures:
    """Play report1 in a state: each request in its savepoint, each step in a transaction."""
    state = empty_state(INVENTORY)

    async def call(request: Message) -> Message:
        try:
            return state.execute(request, SPEC_NOW_US).response
        except Refusal as refusal:
            raise Told(code=refusal.code, message=str(refusal), name=refusal.reason) from None

    async def sizes() -> None:
        state.keep(state.pos)
        state.commit()
        state.begin()

    state.begin()
    player = Player(call, IN_FLIGHT)
    took = [1e3 * row.seconds async for row in play(Report1(player, 1, ""), player, steps, sizes)]
    return [Figure("the domain and its tables alone, in memory", statistics.median(took), "ms a step", LESS)]


async def wire(steps: int) -> Figures:
    """Call for a constant, through grpclib at both ends and through ours."""
    return [
        Figure("the wire alone, grpclib at both ends", await through_grpclib(steps), "ms a step", FACT),
        Figure("the wire alone, ours at both ends", await through_ours(steps), "ms a step", LESS),
    ]


async def through_ours(steps: int) -> float:
    """Return the milliseconds of a step's calls."""
    network = InMemoryNetwork()
    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder:
        root = Path(folder)
        front = OpenFront(root, root.joinpath, Constant(), Place("127.0.0.1", 0, plain=True))
        await front.serve(network.listen)
        async with Client(ADDRESS, TENANT, dial=network.dial, tries=1) as client:
            took = [await timed(client.call) for _ in range(steps)]
        await front.stop()
    return statistics.median(took)


async def through_grpclib(steps: int) -> float:
    """Return the milliseconds of a step's calls."""
    network = InMemoryNetwork()

    class Dialled(Channel):
        async def _create_connection(self) -> H2Protocol:
            return cast("H2Protocol", (await network.dial(self._protocol_factory))[1])

    server = grpc_server([DomainService(SERVICE, INVENTORY, Constant())])
    listening = await network.listen(server._protocol_factory)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # what its `start` would give to a loop
    channel = Dialled()
    method = UnaryUnaryMethod[Message, Message](channel, PATH, type(REQUEST), rq.UpdateInventoryResp)

    async def call(request: Message) -> Message:
        return await method(request, metadata={"tenant": TENANT})

    took = [await timed(call) for _ in range(steps)]
    channel.close()
    listening.close()
    return statistics.median(took)


async def timed(call: Call) -> float:
    """Return the milliseconds of as many calls as a step has."""
    began = time.perf_counter()
    await in_flight(call, [REQUEST] * CALLS, IN_FLIGHT)
    return 1e3 * (time.perf_counter() - began)


async def disk(steps: int) -> Figures:
    """Count the batches of a step, and time as many fsyncs."""
    async with here("fsync") as server, Client(ADDRESS, TENANT, dial=server.dial, tries=1) as client:
        player = Player(client.call, IN_FLIGHT)
        rows = [row async for row in play(Report1(player, 1, ""), player, max(2, steps // 2), server.sizes)]
        batches = (await server.node.cell(TENANT)).derived.state.pos.batch / len(rows)
    took = [fsyncs(round(batches)) for _ in range(steps)]
    return [
        Figure("batches", batches, "a step", FACT),
        Figure("an fsync for each batch alone", 1e3 * statistics.median(took), "ms a step", FACT),
    ]


def fsyncs(count: int) -> float:
    """Return the seconds that so many take."""
    with tempfile.TemporaryFile() as file:
        began = time.perf_counter()
        for _ in range(count):
            file.write(bytes(4_096))
            file.flush()
            os.fsync(file.fileno())
        return time.perf_counter() - began


if __name__ == "__main__":
    run_bench(__doc__, {"alone": alone, "wire": wire, "disk": disk}, Size("steps", usual=8, quick=2))
