"""A meter whose numbers Prometheus reads."""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bf.adapters.metrics.table import GAUGES, TABLE, Metric

logger = logging.getLogger("bf.metrics")

PREFIX = "bf_"


class Child(Protocol):
    """One series: a metric with its labels."""

    def inc(self, amount: float = 1) -> None:
        """Add."""
        ...

    def observe(self, amount: float) -> None:
        """Note one value."""
        ...


class PrometheusMeter:
    """Counts in a registry of its own."""

    def __init__(self, gauges: Callable[[], Mapping[str, float]], version: str = "", *, strict: bool = False) -> None:
        """Look the gauges up with a function; `strict` raises KeyError or ValueError for what the table does not have.

        Otherwise that is logged once: a meter stops no work.
        """
        self.registry = CollectorRegistry()
        self._strict = strict
        self._metrics = {metric.name: _made(metric, self.registry) for metric in TABLE}
        self._children: dict[tuple[object, ...], Child] = {}
        self.registry.register(_Gauges(gauges))
        ProcessCollector(registry=self.registry)
        Info(f"{PREFIX}build", "The release that runs", registry=self.registry).info({"version": version})

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Add to a counter."""
        self._child(name, labels).inc(by)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Note one value of a histogram."""
        self._child(name, labels).observe(value)

    def _child(self, name: str, labels: Mapping[str, str]) -> Child:
        key = (name, *labels.items())
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._found(name, labels)
        return child

    def _found(self, name: str, labels: Mapping[str, str]) -> Child:
        try:
            metric = self._metrics[name]
            return metric.labels(**labels) if labels else metric  # pyright: ignore[reportReturnType]  # theirs is a mixture
        except (KeyError, ValueError):
            if self._strict:
                raise
            logger.error("no metric is named %s with the labels %s", name, sorted(labels))  # noqa: TRY400  # no news
            return _Nothing()


class _Nothing:
    """A series that nobody has declared."""

    def inc(self, amount: float = 1) -> None:
        """Add to nothing."""

    def observe(self, amount: float) -> None:
        """Note nothing."""


class _Gauges(Collector):
    """Numbers that are looked up when Prometheus comes."""

    def __init__(self, gauges: Callable[[], Mapping[str, float]]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each gauge as it is now."""
        values = self._gauges()
        for gauge in GAUGES:
            yield GaugeMetricFamily(f"{PREFIX}{gauge.name}", gauge.tells, value=values[gauge.name])


def _made(metric: Metric, registry: CollectorRegistry) -> Counter | Histogram:
    name, labels = f"{PREFIX}{metric.name}", metric.labels
    if metric.buckets:
        return Histogram(name, metric.tells, labels, buckets=metric.buckets, registry=registry)
    return Counter(name, metric.tells, labels, registry=registry)
