"""What watches a server: metrics on a port of their own, and traces; nothing unless it is asked for."""

import argparse
import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Metric

from bf.adapters.access.sparing import SparingLog
from bf.adapters.front.door import H1
from bf.adapters.front.front import Front
from bf.adapters.http.connection import http_faces
from bf.adapters.memory.meter import NoMeter
from bf.adapters.metrics.calls import MeteredCalls
from bf.adapters.metrics.meter import PrometheusMeter
from bf.adapters.metrics.page import Collect, metrics_app
from bf.cli.front import is_loopback
from bf.cli.listening import listen
from bf.cli.usage import UsageError, address
from bf.core.ports import Calls, Clock, Meter
from bf.node.node import Node
from bf.node.watch import WATCH

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


METRICS = "127.0.0.1:9464"
"""Where metrics are served unless something else is said; 9464 is OpenTelemetry's port for it."""


def watching_of(args: argparse.Namespace) -> "Watching":
    """Read `--metrics`, `--metrics-open` and `--trace`; UsageError if they do not fit together."""
    metrics = address("--metrics", args.metrics) if args.metrics else None
    if metrics and not args.metrics_open and not is_loopback(metrics[0]):
        raise UsageError(
            f"--metrics: {metrics[0]} is open to others, and whoever asks is told in plain text; "
            "use 127.0.0.1, or say --metrics-open"
        )
    return Watching(metrics, args.trace)


@dataclass(frozen=True, slots=True)
class Watching:
    """What to watch: where to serve metrics, and whether to send traces."""

    metrics: tuple[str, int] | None = None
    trace: bool = False


class Lookout:
    """A meter, a page that shows it, and traces."""

    def __init__(self, watching: Watching) -> None:
        """Prepare what was asked for; UsageError if it cannot be had."""
        self.watching = watching
        self._address = watching.metrics
        self._node: Node | None = None
        self._prometheus = PrometheusMeter(self._gauges, version("bf")) if watching.metrics else None
        self._provider = _provider() if watching.trace else None
        self._page: Front | None = None
        self.url = ""
        """Where the page is, once it is served."""
        self.meter: Meter = self._prometheus or NoMeter()

    def carried_out(self, node: Node, clock: Clock) -> Calls:
        """Watch a node, and return what has requests carried out by it, with their spans."""
        self._node = node
        if not self._provider:
            return node
        from bf.adapters.tracing.calls import TracedCalls  # noqa: PLC0415  # an extra

        return TracedCalls(node, clock, self._provider.get_tracer("bf"), WATCH)

    def taken_in(self, calls: Calls, clock: Clock) -> Calls:
        """Return what a front is to call, where requests are counted."""
        return MeteredCalls(calls, self.meter, clock) if self._prometheus else calls

    def families(self) -> list[Metric]:
        """Return all metrics as they are now."""
        return list(self._prometheus.registry.collect()) if self._prometheus else []

    async def start(self, collect: Collect | None = None) -> None:
        """Serve the page: with what `collect` gives, or with what was counted here."""
        if not self._address or not self._prometheus:
            return
        registry = self._prometheus.registry

        async def ours() -> CollectorRegistry:
            return registry

        listening = listen(*self._address, argument="--metrics")
        log = SparingLog(logging.getLogger("bf.metrics"))
        self._page = Front({H1: http_faces(metrics_app(collect or ours), "bf", log)}, None, log)
        await self._page.start(listening)
        host, port = listening.getsockname()[:2]
        self.url = f"http://[{host}]:{port}/metrics" if ":" in host else f"http://{host}:{port}/metrics"

    async def stop(self) -> None:
        """Close the page, and send the last spans."""
        if self._page:
            await self._page.stop()
        if self._provider:
            await asyncio.get_running_loop().run_in_executor(None, self._provider.shutdown)

    def _gauges(self) -> Mapping[str, float]:
        cells = [cell for cell in self._node.cells().values() if cell] if self._node else []
        return {
            "open_cells": len(cells),
            "queue_requests": sum(cell.waiting for cell in cells),
            "replaying_cells": sum(cell.alive and not cell.ready for cell in cells),
            "workers": int(self._node is not None),
        }


def _provider() -> "TracerProvider":
    try:
        from bf.adapters.tracing.exporting import exporting  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise UsageError("--trace: OpenTelemetry is not installed; install bf with its extra: bf[trace]") from error
    return exporting()
