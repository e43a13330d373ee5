"""What a run of specs looks like: a block for each failing one, a line at the end, or JSON."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from bf.adapters.kata.messages import line_of
from bf.cli.choice import Choice
from bf.cli.differences import Difference
from bf.core.spec import Spec

SHOWN_MESSAGES_MAX = 40
"""How many messages of one section a block shows."""

RED, GREEN, DIM, PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Result:
    """How one spec went: what differs, or the last line of a traceback."""

    choice: Choice
    differences: Sequence[Difference] = ()
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether the spec holds."""
        return not self.differences and not self.error


def coloured(text: str, colour: str) -> str:
    """Colour a text for people at a terminal who have not set NO_COLOR."""
    return f"{colour}{text}{PLAIN}" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


def block(result: Result) -> str:
    """Tell all of a failing spec."""
    spec = result.choice.spec
    lines = [
        coloured(f"FAILED {spec.name}", RED) + coloured(f"  ({result.choice.feature})", DIM),
        *_section("given", spec.given),
        *_section("when", [spec.when]),
        *_expected(spec),
        "  but",
        *(f"    {coloured(str(difference), RED)}" for difference in result.differences),
    ]
    return "\n".join([*lines, f"    {coloured(result.error, RED)}", ""] if result.error else [*lines, ""])


def summary(results: Sequence[Result], seconds: float) -> str:
    """Count a run in one line."""
    passed = sum(result.passed for result in results)
    failed = len(results) - passed
    counts = f"{coloured(f'{passed} passed', GREEN)}, {coloured(f'{failed} failed', RED if failed else PLAIN)}"
    return f"{counts} in {seconds:.2f} s"


def as_json(results: Sequence[Result], seconds: float) -> str:
    """Write a run for machines."""
    specs = [
        {
            "name": result.choice.spec.name,
            "feature": result.choice.feature,
            "passed": result.passed,
            "differences": [
                {"path": difference.path, "expected": difference.expected, "actual": difference.actual}
                for difference in result.differences
            ],
            "error": result.error,
        }
        for result in results
    ]
    passed = sum(result.passed for result in results)
    counts = {"passed": passed, "failed": len(results) - passed, "seconds": round(seconds, 3)}
    return json.dumps({**counts, "specs": specs}, indent=2, ensure_ascii=False)


def _expected(spec: Spec) -> Iterator[str]:
    if spec.refused:
        yield "  expected"
        yield f"    {spec.refused.code.title}: {spec.refused}"
        return
    yield from _section("expected", [spec.then] if spec.then is not None else [])
    yield from _section("events", spec.events)


def _section(title: str, messages: Sequence[Message]) -> Iterator[str]:
    yield f"  {title}"
    yield from (f"    {line_of(message)}" for message in messages[:SHOWN_MESSAGES_MAX])
    if not messages:
        yield "    nothing"
    if len(messages) > SHOWN_MESSAGES_MAX:
        yield f"    and {len(messages) - SHOWN_MESSAGES_MAX} more"
