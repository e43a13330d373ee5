"""Running a scenario: here against a server in memory, or elsewhere by processes of their own."""

import argparse
import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, cast

from bf.cli.calling import server_of
from bf.cli.stresses.blackfriday import STEPS as BLACKFRIDAY_STEPS
from bf.cli.stresses.blackfriday import BlackFriday
from bf.cli.stresses.here import ADDRESS, TENANT, here
from bf.cli.stresses.play import Player, Row, Scenario, Sizes, play
from bf.cli.stresses.report1 import STEPS as REPORT1_STEPS
from bf.cli.stresses.report1 import Report1
from bf.cli.usage import UsageError
from bf.client import Client, Told, UnreachableError, UntrustedError
from bf.sim.net import PROFILES

SCENARIOS: dict[str, tuple[Callable[[Player, int, str], Scenario], int]] = {
    "report1": (Report1, REPORT1_STEPS),
    "blackfriday": (BlackFriday, BLACKFRIDAY_STEPS),
}
"""By name: what makes it, and how many steps it has unless it is told otherwise."""

Show = Callable[[int, Row], None]
"""Shows a step of a worker."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play, and how."""

    scenario: str
    steps: int
    seed: int
    in_flight: int
    batch: int


@dataclass(frozen=True, slots=True)
class Server:
    """What kind of server to play against in this process."""

    durability: str
    encrypted: bool
    network: str


def play_here(plan: Plan, server: Server, show: Show) -> None:
    """Serve and play in this process."""

    async def run() -> None:
        async with (
            here(server.durability, PROFILES[server.network], encrypted=server.encrypted) as served,
            Client(ADDRESS, TENANT, dial=served.dial, batch=plan.batch, tries=1) as client,
        ):
            await _play(plan, client, "", served.sizes, lambda row: show(1, row))

    asyncio.run(run())


def play_elsewhere(plan: Plan, args: argparse.Namespace, show: Show) -> None:
    """Let each worker play a retailer of its own against a real server; UsageError if one of them cannot."""
    spawn = multiprocessing.get_context("spawn")
    processes: dict[Connection[Any, Any], SpawnProcess] = {}
    for number in range(1, args.workers + 1):
        ours, theirs = cast("tuple[Connection[Any, Any], Connection[Any, Any]]", spawn.Pipe())
        process = spawn.Process(target=_work, args=(plan, args, number, theirs), daemon=True)
        process.start()
        theirs.close()
        processes[ours] = process
    try:
        while processes:
            for pipe in cast("list[Connection[Any, Any]]", wait(list(processes))):
                try:
                    said: tuple[int, Row] | str = pipe.recv()
                except EOFError:
                    process = processes.pop(pipe)
                    process.join()
                    if process.exitcode:
                        raise UsageError(f"a worker ended with {process.exitcode}; why stands above") from None
                    continue
                if isinstance(said, str):
                    raise UsageError(said)
                show(*said)
    finally:
        for process in processes.values():
            process.kill()


def _work(plan: Plan, args: argparse.Namespace, number: int, pipe: "Connection[tuple[int, Row] | str, Any]") -> None:
    """Be a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever waits for the steps
    server = server_of(args)
    tenant: str = args.tenant[(number - 1) % len(args.tenant)]

    async def unknown() -> None:
        """Nobody can look into a server elsewhere."""

    async def run() -> None:
        async with Client(server.address, tenant, tls=server.tls, token=server.token, batch=plan.batch) as client:
            await _play(plan, client, f"{plan.seed}-{number} ", unknown, lambda row: pipe.send((number, row)))

    try:
        asyncio.run(run())
    except* (UnreachableError, UntrustedError) as group:
        pipe.send(f"--target: {_first(group)}")
    except* Told as group:
        pipe.send(f"--tenant: {tenant} refused a step; has it been played with this --seed before? {_first(group)}")


async def _play(plan: Plan, client: Client, name: str, sizes: Sizes, show: Callable[[Row], None]) -> None:
    make, _ = SCENARIOS[plan.scenario]
    player = Player(client.call, plan.in_flight)
    async for row in play(make(player, plan.seed, name), player, plan.steps, sizes):
        show(row)


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error = group.exceptions[0]
    return _first(cast("BaseExceptionGroup[Any]", error)) if isinstance(error, BaseExceptionGroup) else error
