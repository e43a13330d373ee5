"""What scripts cost: reserving with and without one, in turn in one process; and what it costs to keep requests.

python bench/scripts.py [PART ...] [--size 2000] [--quick] [--json]
"""

import gc
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bf.adapters.lua.scripts import LuaScripts
from bf.adapters.machine.clock import MachineClock
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.database import empty_state
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.ports import START, Env
from bf.core.refusal import Code
from bf.core.scripts import Plain, Script
from bf.core.spec import SPEC_NOW_US
from bf.core.state import State
from bf.core.uid import uid_text
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node import decide as deciding
from bf.node.node import Node
from durable import in_flight, percentile
from figures import FACT, LESS, Figure, Figures, Size, run_bench

ACME = "acme"
ROUNDS = 5
ROOT, HOUSES, PUMP = uid_text(0), (uid_text(1), uid_text(2)), uid_text(3)

SCRIPTS = {
    "that looks at the order": """
        local HOUSES = { DE = "Berlin", AT = "Wien" }
        function reserve(order) return { at = HOUSES[order.tags.country] or ROOT } end
        """,
    "that asks what two houses have": """
        function reserve(order)
            local best, most = nil, 0
            for _, house in ipairs(children(ROOT)) do
                local free = available(house, order.items[1].sku)
                if free > most then best, most = house, free end
            end
            return best and { at = best }
        end
        """,
}


def furnishing(
    source: str,
) -> Iterator[rq.AddLocationsReq | rq.AddProductsReq | rq.UpdateInventoryReq | rq.InstallScriptReq]:
    """Yield the requests that make a shop of two houses, with a script or without one."""
    yield rq.AddLocationsReq(parent=ROOT, locs=[rq.AddLocationsReq.Loc(name=name) for name in ("Berlin", "Wien")])
    yield rq.AddProductsReq(skus=["pump"])
    for house in HOUSES:
        yield rq.UpdateInventoryReq(location=house, product=PUMP, on_hand_change=10**9)
    if source:
        yield rq.InstallScriptReq(hook="reserve", name="house", source=source)


def order(code: str, script: str) -> rq.ReserveReq:
    """Ask for a pump; without a script, in the house in which a script would reserve it: both write the same."""
    items = [rq.ReserveReq.Item(sku="pump", quantity=1)]
    location = ROOT if script else HOUSES[1]
    return rq.ReserveReq(reservation=code, items=items, location=location, tags={"country": "AT", "channel": "web"})


def decide(count: int) -> Iterator[Figure]:
    """Reserve in memory, with no log: nothing but deciding and the tables."""
    kinds = {"": "", **SCRIPTS}
    states = {name: furnished(source) for name, source in kinds.items()}
    took: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(ROUNDS):
        for name, state in states.items():
            gc.collect()
            began = time.perf_counter()
            for each in range(count):
                state.begin()
                state.execute(order(f"{number} {each}", name), SPEC_NOW_US)
                state.keep(state.pos)
                state.commit()
            took[name].append((time.perf_counter() - began) / count * 1e6)
    yield from in_turn("decided in memory", took, "µs")


def furnished(source: str) -> State:
    """Make a shop in memory."""
    state = empty_state(INVENTORY)
    for request in furnishing(source):
        state.begin()
        state.execute(request, SPEC_NOW_US)
        state.keep(state.pos)
        state.commit()
    return state


async def durable(count: int) -> Figures:
    """Reserve as a tenant does: encrypted, in the log, on the disk; one request at a time, the three in turn."""
    kinds = {"": "", **SCRIPTS}
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder:
        storage = DirectoryStorage(Path(folder))
        node = Node(Env(MachineClock(), storage, NoMeter(), LuaScripts), INVENTORY)
        took: dict[str, list[float]] = {name: [] for name in kinds}
        for name, tenant in zip(kinds, "abc", strict=True):
            storage.create(tenant)
            for request in furnishing(kinds[name]):
                assert (await node.call(tenant, request, "")).code == Code.OK, request
        for number in range(count):
            for name, tenant in zip(kinds, "abc", strict=True):
                began = time.perf_counter()
                assert (await node.call(tenant, order(f"{number}", name), f"order {number}")).code == Code.OK, name
                took[name].append((time.perf_counter() - began) * 1e3)
        figures += in_turn("reserved on the disk, one at a time", took, "ms")
        rates: dict[str, list[float]] = {name: [] for name in kinds}
        for part in range(ROUNDS):
            for name, tenant in zip(kinds, "abc", strict=True):

                async def call(request: rq.ReserveReq, tenant: str = tenant) -> None:
                    assert (await node.call(tenant, request, "")).code == Code.OK, request

                rate, _ = await in_flight(call, [order(f"{part} {number}", name) for number in range(count)])
                rates[name].append(1e3 / rate)
        figures += in_turn("reserved on the disk, many at once", rates, "ms")
        await node.stop()
        storage.close()
    return figures


def in_turn(what: str, took: dict[str, list[float]], unit: str) -> Iterator[Figure]:
    """Yield the medians, and how many times the first the others are."""
    plain = statistics.median(took[""])
    yield Figure(f"{what}, without a script", plain, unit, LESS)
    for name in list(took)[1:]:
        yield Figure(f"{what}, with one {name}", statistics.median(took[name]), f"{unit}", LESS)
        yield Figure(f"{what}, with one {name}: times", statistics.median(took[name]) / plain, "times", FACT)


async def kept(count: int) -> Figures:
    """Append commits that keep their requests, and commits that do not, in turn."""
    figures: list[Figure] = []
    usual = deciding.REQUEST_KEPT_BYTES_MAX
    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder:
        storage = DirectoryStorage(Path(folder))
        node = Node(Env(MachineClock(), storage, NoMeter(), LuaScripts), INVENTORY)
        took: dict[str, list[float]] = {"": [], "kept": []}
        for name in took:
            storage.create(name or "none")
            for request in furnishing(""):
                assert (await node.call(name or "none", request, "")).code == Code.OK, request
        for number in range(count):
            for name, each in took.items():
                deciding.REQUEST_KEPT_BYTES_MAX = usual if name else -1  # pyright: ignore[reportAttributeAccessIssue]  # both ways in one process
                began = time.perf_counter()
                await node.call(name or "none", order(f"{number}", ""), f"order {number}")
                each.append((time.perf_counter() - began) * 1e3)
        deciding.REQUEST_KEPT_BYTES_MAX = usual  # pyright: ignore[reportAttributeAccessIssue]  # as it was
        sizes = {name: [len(batch.body) async for batch in storage.log(name or "none").read(START)] for name in took}
        plain, with_it = (statistics.median(sizes[name][-count:]) for name in ("", "kept"))
        figures += [
            Figure("a commit without its request", plain, "bytes", LESS),
            Figure("a commit with its request", with_it, "bytes", LESS),
            Figure("keeping a request, times the bytes", with_it / plain, "times", FACT),
            *times_kept(took),
        ]
        await node.stop()
        storage.close()
    return figures


def times_kept(took: dict[str, list[float]]) -> Sequence[Figure]:
    """Return what keeping costs in time, by the median and by the fast half."""
    plain, with_it = sorted(took[""]), sorted(took["kept"])
    return [
        Figure(
            "keeping a request, times the median time", percentile(with_it, 50) / percentile(plain, 50), "times", FACT
        ),
        Figure(
            "keeping a request, times the fast quarter", percentile(with_it, 25) / percentile(plain, 25), "times", FACT
        ),
    ]


def prepare(count: int) -> Iterator[Figure]:
    """Make interpreters, and hold them."""
    script = Script("reserve", "house", SCRIPTS["that asks what two houses have"])
    question: Plain = {"items": [{"sku": "pump"}]}
    many = max(2, count // 10)
    before, held, began = resident(), list[LuaScripts](), time.perf_counter()
    for _ in range(many):
        held.append(LuaScripts())
        held[-1].ask(script, question, {"children": nothing})
    yield Figure("the first question to a script", (time.perf_counter() - began) / many * 1e6, "µs", LESS)
    yield Figure("a prepared script", (resident() - before) / many / 1024, "KiB", LESS)


def nothing(_place: str) -> Plain:
    """Say that nothing is inside."""
    return []


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


if __name__ == "__main__":
    parts = {"decide": decide, "durable": durable, "kept": kept, "prepare": prepare}
    run_bench(__doc__, parts, Size("reservations", usual=2_000, quick=20))
