"""Making a failing plan small: whatever can go, goes, as long as the same invariant is violated.

Passes go from large to small, again and again until nothing more goes or no more runs are allowed:

machines    whole tenants, clients and servers, with all that is about them
time        the end of the day
faults, asks, buggify points    by halves, then quarters, then ones (delta debugging)
numbers     shorter faults, rounder times, smaller numbers, the plainest settings
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from bf.sim.errors import ViolationError
from bf.sim.plan import Ask, Fault, Plan
from bf.sim.watching import simulate
from bf.sim.world import FURNISH_S

T = TypeVar("T")

RUNS_COUNT_MAX = 500
"""How many plans are tried, unless it is told otherwise."""

STEPS_MORE = 4
"""How many times as many steps as the first plan a smaller one may take."""

STEPS_LEAST = 100_000

PLAINEST = Plan("", "", 1.0)
"""What settings are when nobody has chosen them."""


STRUCTURE = {"scenario", "seed", "seconds", "servers", "homes", "clients", "products", "asks", "faults", "buggify"}
"""What a plan has besides its settings."""


class NothingIsViolatedError(Exception):
    """There is nothing to shrink."""


@dataclass(frozen=True)
class Small:
    """A plan that fails as a larger one did."""

    plan: Plan
    violation: ViolationError
    runs: int
    """How many plans were tried."""


def shrink(plan: Plan, runs_max: int = RUNS_COUNT_MAX, told: Callable[[int, Plan], None] | None = None) -> Small:
    """Find a smaller plan that violates the same invariant; NothingIsViolatedError if this one violates none.

    `told` hears how many plans were tried, and of the smallest one that fails.
    """
    shrinking = _Shrinking(plan, runs_max, told)
    for _ in range(runs_max):
        before = shrinking.plan
        shrinking.once()
        if shrinking.plan == before or shrinking.runs >= runs_max:
            break
    return Small(shrinking.plan, shrinking.violation, shrinking.runs)


def size(plan: Plan) -> str:
    """Say how large a plan is."""
    counts = {
        "server": len(plan.servers),
        "tenant": len(plan.homes),
        "client": len(plan.clients),
        "ask": len(plan.asks),
        "fault": len(plan.faults),
        "buggify point": len(plan.buggify),
    }
    told = (f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in counts.items())
    return f"{', '.join(told)}, {plan.seconds:g} s"


class _Shrinking:
    def __init__(self, plan: Plan, runs_max: int, told: Callable[[int, Plan], None] | None) -> None:
        outcome = simulate(plan)
        if outcome.violation is None:
            raise NothingIsViolatedError
        self.plan = plan
        self.violation: ViolationError = outcome.violation
        self.runs = 1
        self._runs_max = runs_max
        self._steps_max = max(STEPS_LEAST, STEPS_MORE * outcome.steps)
        self._told = told
        self._tried = {plan.to_json()}

    def once(self) -> None:
        """Go through all passes."""
        self._machines()
        self._time()
        self._keep_some("faults")
        self._keep_some("asks")
        self._keep_some_points()
        self._settings()
        self._numbers()

    def _take(self, smaller: Plan) -> bool:
        """Try a plan; take it if it fails as the first one did."""
        text = smaller.to_json()
        if self.runs >= self._runs_max or text in self._tried:
            return False
        self._tried.add(text)
        self.runs += 1
        violation = simulate(smaller, steps_max=self._steps_max).violation
        fails = violation is not None and violation.invariant == self.violation.invariant
        if violation is not None and fails:
            self.plan, self.violation = smaller, violation
        if self._told:
            self._told(self.runs, self.plan)
        return fails

    # Passes

    def _machines(self) -> None:
        for tenant in list(self.plan.homes):
            if len(self.plan.homes) > 1:
                self._take(_without(self.plan, tenant))
        for client in list(self.plan.clients):
            self._take(_without(self.plan, client))
        for server in list(self.plan.servers):
            if len(self.plan.servers) > 1:
                self._take(_without_server(self.plan, server))

    def _time(self) -> None:
        """Let the day end earlier: at half of it, or after the last that happens."""
        for share in (0.5, 0.75, 0.9):
            while self._take(_until(self.plan, self.plan.seconds * share)):
                pass
        for share in (0.1, 0.5):
            self._take(_sooner(self.plan, share))
        last = max(
            [ask.at_s for ask in self.plan.asks] + [fault.at_s + fault.for_s for fault in self.plan.faults] + [1.0]
        )
        if last + 1 < self.plan.seconds:
            self._take(replace(self.plan, seconds=float(int(last) + 1)))

    def _keep_some(self, name: str) -> None:
        """Leave out parts of a list: halves, then quarters, then ones."""

        def take(items: Sequence[Any]) -> bool:
            changes: Mapping[str, Any] = {name: tuple(items)}
            return self._take(replace(self.plan, **changes))

        _fewer(getattr(self.plan, name), take)

    def _keep_some_points(self) -> None:
        _fewer(list(self.plan.buggify.items()), lambda some: self._take(replace(self.plan, buggify=dict(some))))

    def _settings(self) -> None:
        names = [each.name for each in fields(Plan) if each.name not in STRUCTURE]
        plain: dict[str, Any] = {name: getattr(PLAINEST, name) for name in names}
        for name, value in [*plain.items(), ("products", 1), ("clients", dict.fromkeys(self.plan.clients, "local"))]:
            if getattr(self.plan, name) != value:
                changes: Mapping[str, Any] = {name: value}
                self._take(replace(self.plan, **changes))

    def _numbers(self) -> None:
        """Make each number that is left as plain as can be."""
        for index in range(len(self.plan.faults)):
            for simpler in _simpler_faults(self.plan.faults[index]):
                faults = list(self.plan.faults)
                faults[index] = simpler
                self._take(replace(self.plan, faults=tuple(faults)))
        for index in range(len(self.plan.asks)):
            for simpler in _simpler_asks(self.plan.asks[index]):
                asks = list(self.plan.asks)
                asks[index] = simpler
                self._take(replace(self.plan, asks=tuple(asks)))


def _fewer(items: Sequence[T], take: Callable[[Sequence[T]], bool]) -> None:
    """Leave out as much of a list as can be: all, halves, quarters, ones; `take` says whether it is taken so."""
    rest, chunk = list(items), len(items)
    while chunk:
        at = 0
        while at < len(rest):
            some = rest[:at] + rest[at + chunk :]
            if take(some):
                rest = some
            else:
                at += chunk
        chunk //= 2


def _without(plan: Plan, gone: str) -> Plan:
    """Leave out a tenant or a client, with all that is about it."""
    return replace(
        plan,
        homes={name: home for name, home in plan.homes.items() if name != gone},
        clients={name: profile for name, profile in plan.clients.items() if name != gone},
        asks=tuple(ask for ask in plan.asks if gone not in (ask.tenant, ask.client)),
        faults=tuple(fault for fault in plan.faults if gone not in _ends(fault)),
    )


def _without_server(plan: Plan, gone: str) -> Plan:
    """Leave out a server; its tenants live on another one."""
    servers = tuple(name for name in plan.servers if name != gone)
    homes = {tenant: servers[0] if home == gone else home for tenant, home in plan.homes.items()}
    faults = tuple(fault for fault in plan.faults if gone not in _ends(fault))
    return replace(plan, servers=servers, homes=homes, faults=faults)


def _until(plan: Plan, seconds: float) -> Plan:
    """Let a day end early."""
    asks = tuple(ask for ask in plan.asks if ask.at_s < seconds)
    faults = tuple(fault for fault in plan.faults if fault.at_s < seconds)
    return replace(plan, seconds=max(2.0, float(round(seconds))), asks=asks, faults=faults)


def _sooner(plan: Plan, share: float) -> Plan:
    """Let everything happen sooner, in its order."""

    def at(at_s: float) -> float:
        return FURNISH_S + (at_s - FURNISH_S) * share

    asks = tuple(ask._replace(at_s=at(ask.at_s)) for ask in plan.asks)
    faults = tuple(fault._replace(at_s=at(fault.at_s)) for fault in plan.faults)
    return replace(plan, asks=asks, faults=faults)


def _ends(fault: Fault) -> list[str]:
    return fault.target.replace(">", "|").split("|")


def _simpler_faults(fault: Fault) -> Iterator[Fault]:
    if fault.for_s:
        yield fault._replace(for_s=0.1)
        yield fault._replace(for_s=round(fault.for_s, 1))
    yield fault._replace(at_s=round(fault.at_s, 1))
    if fault.number:
        yield fault._replace(number=1)


def _simpler_asks(ask: Ask) -> Iterator[Ask]:
    yield ask._replace(numbers=(0,) * len(ask.numbers))
    yield ask._replace(numbers=tuple(number % 10 for number in ask.numbers))
    yield ask._replace(at_s=round(ask.at_s, 1))
    if ask.what not in ("put", "ask"):
        yield ask._replace(what="put")
