"""Steps as a table that grows while they are played."""

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from bf.cli.stresses.play import Row

SHOWN_COUNT_MAX = 40
"""How many steps stay in sight."""

COLUMNS = (
    *("step", "ms", "ms/request", "state", "log", "locations", "products", "on hand", "reserved", "refused"),
    *("reserve p50/p99 ms", "update p50/p99 ms"),
)


class Steps:
    """A table of steps; in the end, what the whole came to."""

    def __init__(self, title: str, workers: int, console: Console) -> None:
        self._title = title
        self._workers = workers
        self._rows: list[tuple[int, Row]] = []
        self._live = Live(console=console, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.__enter__()
        self._live.update(self._table())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.update(self._table(), refresh=True)
        self._live.__exit__(kind, error, trace)

    def show(self, worker: int, row: Row) -> None:
        """Add a step."""
        self._rows.append((worker, row))
        self._live.update(self._table())

    def _table(self) -> Table:
        several = self._workers > 1
        table = Table(title=self._title)
        for name in (
            *(["worker"] if several else []),
            "step",
            "ms",
            "ms/request",
            "state",
            "log",
            "locations",
            "products",
        ):
            table.add_column(name, justify="right")
        for name in ("on hand", "reserved", "refused", "reserve p50/p99 ms", "update p50/p99 ms"):
            table.add_column(name, justify="right")
        for worker, row in self._rows[-SHOWN_COUNT_MAX:]:
            table.add_row(*([str(worker)] if several else []), *_cells(row))
        return table


def _cells(row: Row) -> list[str]:
    return [
        str(row.step),
        f"{1_000 * row.seconds:,.0f}",
        f"{row.trading_ms:.3f}",
        _size(row.state_bytes),
        _size(row.log_bytes),
        f"{row.locations:,}",
        f"{row.products:,}",
        f"{row.on_hand:,}",
        f"{row.reserved:,}",
        f"{sum(row.refused.values()):,}",
        _latency(row, "Reserve"),
        _latency(row, "UpdateInventory"),
    ]


def summary(rows: Sequence[Row]) -> str:
    """Say in one sentence what the steps came to."""
    refused = Counter[str]()
    for row in rows:
        refused.update(row.refused)
    seconds, requests = sum(row.seconds for row in rows), sum(row.requests for row in rows)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in refused.most_common()) or "none"
    return f"{requests:,} requests in {seconds:.1f} s: {requests / seconds:,.0f} a second; refused: {reasons}"


def _size(size: int | None) -> str:
    return "-" if size is None else f"{size / 1e6:,.1f} MB"


def _latency(row: Row, name: str) -> str:
    latency = row.latency.get(name)
    return f"{latency.p50_ms:.1f}/{latency.p99_ms:.1f}" if latency else "-"
