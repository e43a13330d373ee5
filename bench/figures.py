"""What every bench has in common: it measures figures, and prints them as a table or, for other programs, as JSON.

A bench is a file here with parts, functions that take how much to do and yield figures. It runs alone:

    python bench/NAME.py [PART ...] [--quick] [--json]
"""

import argparse
import asyncio
import gc
import inspect
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

MORE: Literal["more"] = "more"
LESS: Literal["less"] = "less"
FACT: Literal["fact"] = "fact"
"""Whether more or less of a figure is better; of a fact, neither."""

Better = Literal["more", "less", "fact"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a bench measured; its name is its own within the bench."""

    name: str
    value: float
    unit: str
    better: Better

    @property
    def speed(self) -> int:
        """Say how it changes with the speed of the machine: 1 for rates, -1 for times, 0 for sizes and ratios."""
        if self.unit.endswith("/s"):
            return 1
        return -1 if self.unit.split()[0] in {"s", "ms", "µs"} else 0


Figures = Iterable[Figure]
Part = Callable[[int], Figures | Awaitable[Figures]]


class Size(NamedTuple):
    """What `--size` counts, how much of it is usual, and how little does for a smoke run."""

    of: str
    usual: int
    quick: int


def bench_parser(doc: str | None, parts: Mapping[str, Part], size: Size) -> argparse.ArgumentParser:
    """Return what every bench reads from its command line."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}")
    parser.add_argument("--size", type=int, default=size.usual, help=f"{size.of} (default: {size.usual:,})")
    parser.add_argument("--quick", action="store_const", dest="size", const=size.quick, help=f"--size {size.quick}")
    parser.add_argument("--json", action="store_true", help="a figure a line, for machines")
    return parser


def run_bench(
    doc: str | None, parts: Mapping[str, Part], size: Size, usual: Sequence[str] = (), argv: Sequence[str] | None = None
) -> None:
    """Measure the parts that the command line names, else the `usual` ones or all, and print their figures."""
    parser = bench_parser(doc, parts, size)
    print_figures(parser, parser.parse_args(argv), parts, usual)


def print_figures(
    parser: argparse.ArgumentParser, args: argparse.Namespace, parts: Mapping[str, Part], usual: Sequence[str] = ()
) -> None:
    """Measure, and print each figure as soon as it is known."""
    if args.size < 1:
        parser.error("--size: must be positive")
    names: Sequence[str] = args.parts or usual or list(parts)
    for name in names:
        if name not in parts:
            parser.error(f"PART: there is no {name!r}; the parts are: {', '.join(parts)}")
    for name in names:
        gc.collect()
        for figure in measured(parts[name], args.size):
            print(json.dumps(asdict(figure)) if args.json else line(figure), flush=True)


def measured(part: Part, size: int) -> Figures:
    """Return a part's figures."""
    found = part(size)
    return asyncio.run(awaited(found)) if inspect.isawaitable(found) else found


async def awaited(found: Awaitable[Figures]) -> Figures:
    """Wait for the figures of a part that has a loop of its own."""
    return await found


def line(figure: Figure) -> str:
    """Return a figure as a line of a bench's own table."""
    return f"{figure.name:<64} {amount(figure.value):>12} {figure.unit}"


def amount(value: float) -> str:
    """Return a number with the digits that say something."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.1f}" if abs(value) >= 100 else f"{value:,.2f}"  # noqa: PLR2004  # three digits or four


def seconds_of(work: Callable[[], object]) -> float:
    """Return how many seconds something takes, by the wall."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
