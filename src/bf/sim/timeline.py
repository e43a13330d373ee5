"""What happened in a run, for people: as lines of text, and as one page that needs nothing else.

Rules of this file:
1. Whatever a violation names, by a request's id, is marked; the end of what matters is where the last of it happened.
2. A page stays small whatever a run was: of messages, syncs and requests it keeps those near what matters, and of the
   others every so many.
3. Texts come from a run and may hold anything: the page gets them as data, never as HTML.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from bf.core.refusal import Code
from bf.sim.errors import ViolationError
from bf.sim.history import Asked
from bf.sim.plan import Fault, Plan
from bf.sim.watching import Happening
from bf.sim.world import Outcome

T = TypeVar("T")

PAGE = Path(__file__).with_name("timeline.html")

LAST_COUNT = 15
"""How many happenings of a tenant are shown where a failure is told."""

NEAR_S = 10.0
"""What is near: so long before and after what a violation names."""

REQUESTS_COUNT_MAX = 20_000
MESSAGES_COUNT_MAX = 40_000
POINTS_COUNT_MAX = 30_000
LINES_COUNT_MAX = 200_000

WORLD, SERVER, CLIENT = "world", "server", "client"
OK, REFUSED, UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class Timeline:
    """A run that was watched."""

    outcome: Outcome
    happenings: Sequence[Happening]
    replay: str = ""
    """The command that runs it again."""
    commit: str = ""

    @property
    def plan(self) -> Plan:
        """Return what the run was made of."""
        return self.outcome.plan

    @cached_property
    def names(self) -> set[str]:
        """Return the ids of the requests that the violation names."""
        violation = self.outcome.violation
        return set(re.findall(r"[\w-]+/[\w-]+/\d+", violation.what)) if violation else set()

    @cached_property
    def until_s(self) -> float:
        """Return when the last of what the violation names happened; the end of the run if it names nothing."""
        named = [happening.at_s for happening in self.happenings if self.is_named(happening)]
        return max(named, default=self.happenings[-1].at_s if self.happenings else 0.0)

    def is_named(self, happening: Happening) -> bool:
        """Say whether the violation names the request that this is about."""
        names = self.names
        return bool(names) and happening.kind in ("ask", "answer") and not names.isdisjoint(happening.what.split())

    def _is_burial(self, happening: Happening) -> bool:
        """Say whether it is only that the run was over."""
        return (
            happening.kind == "life" and happening.at_s >= self.outcome.simulated_s and happening.what.endswith("ends")
        )

    def lanes(self) -> list[tuple[str, str]]:
        """Return every machine, with its kind, from top to bottom."""
        plan = self.plan
        clients = [(name, CLIENT) for name in (*plan.clients, "furnisher")]
        return [(WORLD, WORLD), *((name, SERVER) for name in plan.servers), *clients]

    def lane_of(self, where: str) -> str:
        """Return the machine on whose lane something is shown: a link is its first end's, a tenant is its server's."""
        end = re.split(r"[>|]", where)[0]
        return self.plan.homes.get(end, end)

    def last_of(self, tenant: str, count: int = LAST_COUNT) -> list[Happening]:
        """Return the last happenings that a tenant has seen, up to the last one that the violation names."""
        home, until_s, names = self.plan.homes.get(tenant, ""), self.until_s, self.names
        lived = [each for each in self.happenings if each.at_s <= until_s and not self._is_burial(each)]
        seen = [
            happening
            for happening in lived
            if (
                (happening.kind in ("ask", "answer") and happening.what.startswith(f"{tenant}:"))
                or (
                    happening.kind in ("fault", "life", "log")
                    and home in (happening.where, self.lane_of(happening.where))
                )
                or happening.kind == "phase"
            )
        ]
        if tenant not in self.plan.homes:
            seen = [each for each in lived if each.kind not in ("message", "sync")]
        first = [each for each in seen[:-count] if names and self.is_named(each)][-count:]
        return [*first, *seen[-count:]]


def as_text(timeline: Timeline) -> str:
    """Write a line for each happening, the newest LINES_COUNT_MAX of them, and what was violated."""
    outcome = timeline.outcome
    head = [
        f"{outcome.plan.scenario}, seed {outcome.plan.seed}, {outcome.plan.seconds:g} s",
        told(outcome.violation),
        f"run it again: {timeline.replay}",
        "",
    ]
    left_out = len(timeline.happenings) - LINES_COUNT_MAX
    if left_out > 0:
        head.append(f"… {left_out:,} happenings before")
    lines = [
        f"{happening}{'   <-- named in the violation' if timeline.is_named(happening) else ''}"
        for happening in timeline.happenings[-LINES_COUNT_MAX:]
    ]
    return "\n".join([*head, *lines, "", told(outcome.violation), ""])


def told(violation: ViolationError | None) -> str:
    """Say in a sentence what was violated."""
    if violation is None:
        return "nothing was violated"
    return f"violated: {violation}"


def as_page(timeline: Timeline) -> str:
    """Write the page: HTML, CSS, a little JavaScript and the run's data in one text."""
    outcome, plan = timeline.outcome, timeline.plan
    data = json.dumps(_data(timeline), separators=(",", ":")).replace("<", "\\u003c")
    violated = "bad" if outcome.violation else "good"
    title = f"invariant {outcome.violation.invariant} is violated" if outcome.violation else "nothing was violated"
    facts = {
        "scenario": plan.scenario,
        "seed": plan.seed,
        "commit": timeline.commit or "none",
        "simulated": f"{outcome.simulated_s:,.1f} s",
        "steps": f"{outcome.steps:,}",
        "happenings": f"{len(timeline.happenings):,}",
        "asks": f"{len(plan.asks):,}",
        "faults": f"{len(plan.faults):,}",
    }
    lanes = timeline.lanes()
    tenant = outcome.violation.tenant if outcome.violation else ""
    fields = {
        "TITLE": escape(f"{plan.seed}: {title}"),
        "VIOLATED": violated,
        "HEADING": escape(title),
        "SENTENCE": escape(outcome.violation.what if outcome.violation else "every invariant held"),
        "FACTS": "".join(f"<span><b>{escape(name)}</b> {escape(fact)}</span>" for name, fact in facts.items()),
        "REPLAY": escape(timeline.replay),
        "LANES": "".join(f'<div class="lane {kind}">{escape(name)}</div>' for name, kind in lanes),
        "TENANTS": "".join(f"<option>{escape(name)}</option>" for name in plan.homes),
        "LAST": "".join(_row(timeline, happening) for happening in timeline.last_of(tenant)),
        "DATA": data,
    }
    page = PAGE.read_text("utf-8")
    return re.sub(r"%%([A-Z]+)%%", lambda found: fields[found[1]], page)


def _row(timeline: Timeline, happening: Happening) -> str:
    cells = (f"{happening.at_s:.6f}", happening.kind, happening.where, happening.what)
    marked = ' class="named"' if timeline.is_named(happening) else ""
    return f"<tr{marked}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _data(timeline: Timeline) -> dict[str, Any]:
    """Return what the page draws: times in seconds, machines by the number of their lane."""
    outcome, until_s = timeline.outcome, timeline.until_s
    lanes = timeline.lanes()
    number = {name: index for index, (name, _) in enumerate(lanes)}
    kinds: dict[str, list[Happening]] = {}
    for happening in timeline.happenings:
        kinds.setdefault(happening.kind, []).append(happening)
    end = max(outcome.simulated_s, until_s, *(happening.at_s for happening in timeline.happenings[-1:]), 1e-3)
    messages = _thinned(kinds.pop("message", []), MESSAGES_COUNT_MAX, until_s, lambda each: each.at_s)
    lives = _lives(kinds.pop("life", []), timeline.plan.servers, end)
    for gone in ("fault", "ask", "answer"):
        kinds.pop(gone, None)
    points = sorted(each for several in kinds.values() for each in several)
    points = _thinned(points, POINTS_COUNT_MAX, until_s, lambda each: each.at_s)
    asked = _thinned(outcome.history.asked, REQUESTS_COUNT_MAX, until_s, lambda each: each.began_s)
    faults = [fault for fault in timeline.plan.faults if fault.at_s <= end]
    return {
        "end": round(end, 6),
        "until": round(until_s, 6) if outcome.violation else None,
        "healed": min(timeline.plan.seconds, end),
        "tenant": outcome.violation.tenant if outcome.violation else "",
        "lanes": [{"name": name, "kind": kind} for name, kind in lanes],
        "lives": [[number[name], round(begin, 6), round(over, 6), text] for name, begin, over, text in lives],
        "faults": [_fault(timeline, fault, number, end) for fault in faults],
        "requests": [_request(timeline, each, number) for each in asked if each.client in number],
        "messages": [_message(each, number) for each in messages],
        "points": [
            [round(each.at_s, 6), number.get(timeline.lane_of(each.where), 0), each.kind, each.what] for each in points
        ],
        "of": {"messages": outcome.messages, "requests": len(outcome.history.asked)},
    }


def _lives(happenings: Sequence[Happening], servers: Sequence[str], end: float) -> list[tuple[str, float, float, str]]:
    """Return the spans in which each server's process lived."""
    spans: list[tuple[str, float, float, str]] = []
    begun: dict[str, tuple[float, str]] = {}
    for at_s, _, where, what in happenings:
        if where in servers and what.endswith("begins"):
            begun[where] = at_s, what.removesuffix(" begins")
        elif where in begun:
            since, name = begun.pop(where)
            spans.append((where, since, at_s, name))
    return spans + [(where, since, end, name) for where, (since, name) in begun.items()]


def _fault(timeline: Timeline, fault: Fault, number: dict[str, int], end: float) -> list[Any]:
    ends = re.split(r"[>|]", fault.target)
    lane = number.get(timeline.lane_of(fault.target), 0)
    other = number.get(ends[1], lane) if len(ends) > 1 else lane
    over = min(fault.at_s + fault.for_s, max(timeline.plan.seconds, fault.at_s), end)
    return [round(fault.at_s, 6), round(over, 6), lane, other, fault.what, str(fault)]


def _request(timeline: Timeline, asked: Asked, number: dict[str, int]) -> list[Any]:
    answered = asked.answer is not None
    fate = UNKNOWN if asked.answer is None else OK if asked.answer.code == Code.OK else REFUSED
    named = int(asked.request_id in timeline.names)
    over = round(asked.ended_s, 6) if answered else None
    return [round(asked.began_s, 6), over, number[asked.client], fate, named, asked.tenant, str(asked)]


def _message(happening: Happening, number: dict[str, int]) -> list[Any]:
    source, _, target = happening.where.partition(">")
    size, cut = re.match(r"\d*", happening.what), int("into a cut" in happening.what)
    size_bytes = int(size[0]) if size and size[0] else 0
    return [round(happening.at_s, 6), number.get(source, 0), number.get(target, 0), size_bytes, cut]


def _thinned(items: Sequence[T], count_max: int, until_s: float, at: Callable[[T], float]) -> Sequence[T]:
    """Keep what is near the time that matters, if there is room for half of it, and every so many of the rest."""
    if len(items) <= count_max:
        return items
    near = [item for item in items if abs(at(item) - until_s) <= NEAR_S][-count_max // 2 :]
    far = [item for item in items if abs(at(item) - until_s) > NEAR_S]
    step = -(-len(far) // (count_max - len(near)))
    return sorted([*far[::step], *near], key=at)
