"""Metrics of several processes on one page: what is counted is added up, and the processes' own are told apart.

Rules of this file:
1. A counter never goes back, or Prometheus would count a server anew: what a worker that ended had counted is kept.
2. A process that does not answer is told as it was when it last did, but for what it has at this moment.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

PROCESS = "process_"
"""How the names of metrics begin that are about a process, and make no sense as a sum."""

WORKER = "worker"
COUNTED = {"counter", "histogram"}
"""The types of what never goes back."""

Said = list[dict[str, Any]]
"""Metrics as JSON."""

Series = tuple[str, tuple[tuple[str, str], ...]]


def said(families: Iterable[Metric]) -> Said:
    """Say metrics in a form that JSON has."""
    return [
        {
            "name": family.name,
            "tells": family.documentation,
            "type": family.type,
            "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
        }
        for family in families
    ]


class Joined(Collector):
    """The metrics of all processes of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._latest: dict[str, tuple[int, Said]] = {}
        """By the name of a process, its number in the system, and what it said last."""
        self._present: Mapping[str, object] = {}
        self._ended: list[Said] = []

    def note(self, heard: Mapping[str, tuple[int, Said]]) -> None:
        """Take what each process that answered says now, with its number in the system."""
        self._present = heard
        for name, (pid, families) in heard.items():
            before = self._latest.get(name)
            if before and before[0] != pid:
                self._ended = [said(_sums([*self._ended, _counted(before[1])]))]
            self._latest[name] = pid, families

    def collect(self) -> Iterator[Metric]:
        """Yield every metric once."""
        sources = list(self._ended)
        for name, (_, families) in self._latest.items():
            sources.append(_named(name, families if name in self._present else _counted(families)))
        yield from _sums(sources)


def _counted(families: Said) -> Said:
    return [family for family in families if family["type"] in COUNTED and not family["name"].startswith(PROCESS)]


def _named(name: str, families: Said) -> Said:
    """Add a process's name to the metrics that are about it."""
    return [
        family | {"samples": [[sample, labels | {WORKER: name}, value] for sample, labels, value in family["samples"]]}
        if family["name"].startswith(PROCESS)
        else family
        for family in families
    ]


def _sums(sources: Sequence[Said]) -> Iterator[Metric]:
    """Join families of one name, and samples of one series; the moment of a beginning is that of the first."""
    joined: dict[str, Metric] = {}
    values: dict[str, dict[Series, float]] = {}
    for family in (family for families in sources for family in families):
        name = family["name"]
        joined.setdefault(name, Metric(name, family["tells"], family["type"]))
        series = values.setdefault(name, {})
        for sample, labels, value in family["samples"]:
            key = sample, tuple(labels.items())
            if key not in series:
                series[key] = value
            elif sample.endswith("_created"):
                series[key] = min(series[key], value)
            elif family["type"] != "info":
                series[key] += value
    for name, metric in joined.items():
        for (sample, labels), value in values[name].items():
            metric.add_sample(sample, dict(labels), value)
        yield metric
