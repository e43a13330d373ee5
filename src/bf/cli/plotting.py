"""Lines drawn into a file, by matplotlib, which is an extra: only who asks for a plot needs it."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from bf.cli.usage import UsageError

Point = tuple[float, float]

KINDS = (".svg", ".png")
INCHES = (10.0, 6.0)
MARKS = "os^v"
"""Lines get colours in turn, and a mark in turn, so that more of them than there are colours can be told apart."""


def require_plotting(argument: str, path: Path) -> None:
    """Make sure that a plot can be drawn, before what it shows is measured; UsageError names the `argument`."""
    if path.suffix not in KINDS:
        raise UsageError(f"{argument}: {path} is no {' or '.join(KINDS)} file; name one, for example plot.svg")
    if not path.parent.is_dir():
        raise UsageError(f"{argument}: there is no folder {path.parent}; make it first")
    _canvas(argument)


def plot_lines(
    path: Path, title: str, x_label: str, y_label: str, lines: Mapping[str, Sequence[Point]], *, log: bool = False
) -> None:
    """Draw named lines through their points (x, y) into a .svg or .png file, on logarithmic axes if `log`.

    UsageError if matplotlib is missing, the file is of another kind, or its folder is not there.
    """
    require_plotting("--plot", path)
    figure = _canvas("--plot")
    axes = figure.subplots()
    for (name, points), mark in zip(lines.items(), cycle(MARKS), strict=False):
        axes.plot([x for x, _ in points], [y for _, y in points], marker=mark, label=name)
    if log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path)


def _canvas(argument: str) -> Any:  # noqa: ANN401  # matplotlib's types are partial
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise UsageError(f"{argument}: matplotlib is not installed; install bf with its extra: bf[plot]") from error
    return Figure(figsize=INCHES, layout="constrained")
