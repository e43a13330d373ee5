"""What operators and Prometheus ask of a server with workers: asked of the workers, and put together."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry

from bf.adapters.metrics.joining import Joined, said
from bf.adapters.operator.protocol import Operation, Progress
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.adapters.workers.share import owner_of
from bf.cli.lookout import Lookout
from bf.cli.workers.supervisor import Supervisor, WorkerGone
from bf.core.ports import Clock

RELAYED = ("compact", "verify", "rebuild", "rotate", "limits", "ask", "erase")
"""Operations on one tenant, which its worker does."""

SUMMED = ("requests", "open_cells", "waiting")
"""What is added up of all workers."""

COLLECT_S_MAX = 5
"""How long a worker may take to tell its metrics; the page goes without it."""


class Relay:
    """Asks the workers of one server."""

    def __init__(self, supervisor: Supervisor, tenants: DirectoryStorage, clock: Clock) -> None:
        self._supervisor = supervisor
        self._tenants = tenants
        self._clock = clock
        self._began_us = clock.elapsed_us()
        self._joined = Joined()

    def table(self) -> dict[str, Operation]:
        """Return every operation by its name."""
        return {"status": self._status} | {name: self._relayed(name) for name in RELAYED}

    async def collect(self, lookout: Lookout) -> CollectorRegistry:
        """Return the metrics of the parent and of all workers that answer."""
        heard = {"parent": (os.getpid(), said(lookout.families()))}

        async def hear(number: int) -> None:
            with suppress(WorkerGone, TimeoutError):
                async with asyncio.timeout(COLLECT_S_MAX):
                    told = await self._supervisor.ask(number, "metrics", {}, _unwatched)
                heard[str(number)] = told["pid"], told["families"]

        await asyncio.gather(*map(hear, self._supervisor.numbers))
        self._joined.note(heard)
        return self._joined.registry

    def _relayed(self, name: str) -> Operation:
        async def operation(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
            return await self._supervisor.ask(self._owner(arguments), name, arguments, progress)

        return operation

    async def _status(self, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        """Tell how all workers are, and their tenants or one `tenant`; as `status` of a node."""
        del progress
        named = arguments.get("tenant", "")
        numbers = self._supervisor.numbers
        told = await asyncio.gather(*(self._told(number, arguments) for number in numbers))
        tenants = [
            {**tenant, "worker": number}
            for number, of_one in zip(numbers, told, strict=True)
            for tenant in of_one["tenants"]
            if named in {"", tenant["tenant"]}
        ]
        return {
            "serving": True,
            "uptime_s": round((self._clock.elapsed_us() - self._began_us) / 1e6, 1),
            **{name: sum(of_one.get(name, 0) for of_one in told) for name in SUMMED},
            "workers": [
                {"worker": number, "pid": self._supervisor.pid(number)}
                | {name: value for name, value in of_one.items() if name != "tenants"}
                for number, of_one in zip(numbers, told, strict=True)
            ],
            "tenants": sorted(tenants, key=lambda tenant: tenant["tenant"]),
        }

    async def _told(self, number: int, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask one worker for its status; if a tenant is named, only its own one about that."""
        if arguments.get("tenant") and self._owner(arguments) != number:
            arguments = {}
        try:
            return await self._supervisor.ask(number, "status", arguments, _unwatched)
        except WorkerGone:
            count = len(self._supervisor.numbers)
            theirs = [tenant for tenant in self._tenants.tenants() if owner_of(tenant, count) == number]
            return {"serving": False, "tenants": [{"tenant": tenant, "is": "unavailable"} for tenant in theirs]}

    def _owner(self, arguments: Mapping[str, Any]) -> int:
        """Return the worker that has the tenant whom the arguments name; any can say what is wrong with them."""
        tenant = arguments.get("tenant")
        return owner_of(tenant, len(self._supervisor.numbers)) if isinstance(tenant, str) else 1


def _unwatched(progress: Mapping[str, Any]) -> None:
    """Take no notice of the progress."""
