"""Steps as a table that grows while they are played."""

from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

from bf.cli.stresses.play import Row

SHOWN_COUNT_MAX = 40
"""How many steps stay in sight."""

WIDE_CHARS = 130
"""From which width on there is room for what the retailer has; a file, or a pipe, is as wide as it must be."""

COLUMNS: dict[str, Callable[[Row], str]] = {
    "step": lambda row: str(row.step),
    "ms": lambda row: f"{1_000 * row.seconds:,.0f}",
    "ms a request": lambda row: f"{row.trading_ms:.3f}",
    "state MB": lambda row: _size(row.state_bytes),
    "log MB": lambda row: _size(row.log_bytes),
    "refused": lambda row: f"{sum(row.refused.values()):,}",
    "Reserve p50/p99 ms": lambda row: _latency(row, "Reserve"),
    "Update p50/p99 ms": lambda row: _latency(row, "UpdateInventory"),
}
WIDE_COLUMNS: dict[str, Callable[[Row], str]] = {
    "locations": lambda row: f"{row.locations:,}",
    "products": lambda row: f"{row.products:,}",
    "on hand": lambda row: f"{row.on_hand:,}",
    "reserved": lambda row: f"{row.reserved:,}",
}


class Steps:
    """A table of steps; in the end, what the whole came to."""

    def __init__(self, title: str, workers: int, console: Console) -> None:
        if not console.is_terminal:
            console.width = WIDE_CHARS
        self._title = title
        self._workers = workers
        self._columns = COLUMNS | (WIDE_COLUMNS if console.width >= WIDE_CHARS else {})
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
        table = Table(title=self._title, box=SIMPLE_HEAD, padding=(0, 1))
        for name in (*(["worker"] if several else []), *self._columns):
            table.add_column(name, justify="right")
        for worker, row in self._rows[-SHOWN_COUNT_MAX:]:
            table.add_row(*([str(worker)] if several else []), *(cell(row) for cell in self._columns.values()))
        return table


def summary(rows: Sequence[Row]) -> str:
    """Say in one sentence what the steps came to."""
    refused = Counter[str]()
    for row in rows:
        refused.update(row.refused)
    seconds, requests = sum(row.seconds for row in rows), sum(row.requests for row in rows)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in refused.most_common()) or "none"
    return f"{requests:,} requests in {seconds:.1f} s: {requests / seconds:,.0f} a second; refused: {reasons}"


def _size(size: int | None) -> str:
    return "-" if size is None else f"{size / 1e6:,.1f}"


def _latency(row: Row, name: str) -> str:
    latency = row.latency.get(name)
    return f"{latency.p50_ms:.1f}/{latency.p99_ms:.1f}" if latency else "-"
