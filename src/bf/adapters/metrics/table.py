"""Every metric: its name without `bf_`, what it tells, its unit, its labels, and its buckets if it has some.

Labels come from closed sets: requests of the domain, status codes, names of refusals, and words of ours. There is no
tenant among them, since there are thousands, and nothing that a tenant has written.
"""

from typing import NamedTuple

MILLISECOND = 1e-3

FAST = tuple(count * MILLISECOND for count in (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 5_000))
"""For what takes from a handler's time to a disk that hangs."""

SLOW = (0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0)
"""For what takes as long as there is data."""

COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SIZES = (256, 1024, 4 * 1024, 16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024)


class Metric(NamedTuple):
    """A counter, or with buckets a histogram."""

    name: str
    tells: str
    unit: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


TABLE = (
    Metric("requests", "Requests that were answered, by name and status code", "requests", ("request", "code")),
    Metric("refusals", "Requests that were not carried out, by the refusal's name", "requests", ("reason",)),
    Metric("request_seconds", "From taking a request in to its answer", "seconds", ("request",), FAST),
    Metric("queue_seconds", "How long the first request of a batch had waited for its turn", "seconds", (), FAST),
    Metric("append_seconds", "How long the log took to make a batch durable", "seconds", (), FAST),
    Metric("batch_commits", "Commits that were appended together", "commits", (), COUNTS),
    Metric("batch_bytes", "Size of a batch before it is sealed", "bytes", (), SIZES),
    Metric("replay_events", "Events by which states were brought to where their logs were", "events"),
    Metric("replay_seconds", "How long a tenant that was opened took until its state was there", "seconds", (), SLOW),
    Metric("state_rebuilds", "States made from a whole log: of new tenants, for new schemas, after damage", "states"),
    Metric("pause_seconds", "How long a tenant's traffic waited: compact, rebuild", "seconds", ("why",), FAST),
    Metric("cells_opened", "Tenants that were opened because they were called", "cells"),
    Metric("worker_ends", "Workers that ended unasked, and were started again", "workers"),
    Metric("cell_stops", "Tenants that stopped by themselves: log, damaged state, fault", "cells", ("why",)),
)


class Gauge(NamedTuple):
    """A number that is looked up when it is asked for."""

    name: str
    tells: str


GAUGES = (
    Gauge("queue_requests", "Requests of all tenants that wait at this moment"),
    Gauge("open_cells", "Tenants that are open at this moment"),
    Gauge("workers", "Processes that serve tenants at this moment"),
    Gauge("replaying_cells", "Tenants whose states are not yet where their logs are"),
)
