"""What runs came to, added up: counts, faults, named situations, and what was violated."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bf.sim.world import Outcome


class Seed(NamedTuple):
    """What is to be run: a seed of a scenario, and how long if not as long as the scenario says."""

    scenario: str
    number: int
    seconds: float | None = None

    @property
    def command(self) -> str:
        """Return the words that say it on a command line."""
        hours = f" --hours {self.seconds / 3_600:g}" if self.seconds else ""
        return f"--scenario {self.scenario} --seed {self.number}{hours}"

    @property
    def stem(self) -> str:
        """Return how its files are called."""
        return f"{self.scenario}-{self.number}" + (f"-{self.seconds / 3_600:g}h" if self.seconds else "")


class Failed(NamedTuple):
    """A seed that violated an invariant."""

    scenario: str
    number: int
    seconds: float | None
    invariant: str
    what: str
    tenant: str

    @property
    def seed(self) -> Seed:
        """Return what was run."""
        return Seed(self.scenario, self.number, self.seconds)


@dataclass
class Tally:
    """Runs added up."""

    seeds: int = 0
    real_s: float = 0.0
    simulated_s: float = 0.0
    steps: int = 0
    requests: int = 0
    answers: int = 0
    messages: int = 0
    syncs: int = 0
    checks: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    sometimes: Counter[str] = field(default_factory=Counter[str])
    buggified: Counter[str] = field(default_factory=Counter[str])
    failed: list[Failed] = field(default_factory=list[Failed])

    @classmethod
    def of(cls, seed: Seed, outcome: Outcome) -> "Tally":
        """Take of one run what is to be added up."""
        broken = outcome.violation
        return cls(
            seeds=1,
            simulated_s=outcome.simulated_s,
            steps=outcome.steps,
            requests=outcome.requests,
            answers=outcome.answers,
            messages=outcome.messages,
            syncs=outcome.syncs,
            checks=outcome.checks,
            faults=+outcome.faults,
            sometimes=+outcome.sometimes,
            buggified=+outcome.buggified,
            failed=[Failed(*seed, broken.invariant, broken.what, broken.tenant)] if broken else [],
        )

    @classmethod
    def lost(cls, seed: Seed, because: str) -> "Tally":
        """Count a run that came to no end."""
        return cls(seeds=1, failed=[Failed(*seed, "simulation", because, "")])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Tally":
        """Read what `to_dict` wrote; TypeError, KeyError or ValueError if it is something else."""
        read: dict[str, Any] = {name: Counter[str](data[name]) for name in ("faults", "sometimes", "buggified")}
        read["failed"] = [Failed(*each) for each in data["failed"]]
        return cls(**{**data, **read})

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can say."""
        counters = {"faults": dict(self.faults), "sometimes": dict(self.sometimes), "buggified": dict(self.buggified)}
        return {**vars(self), **counters}

    def add(self, other: "Tally") -> None:
        """Add runs."""
        self.seeds += other.seeds
        self.real_s += other.real_s
        self.simulated_s += other.simulated_s
        self.steps += other.steps
        self.requests += other.requests
        self.answers += other.answers
        self.messages += other.messages
        self.syncs += other.syncs
        self.checks += other.checks
        self.faults += other.faults
        self.sometimes += other.sometimes
        self.buggified += other.buggified
        self.failed += other.failed

    @property
    def seeds_per_s(self) -> float:
        """Return how many seeds a second of real time took."""
        return self.seeds / self.real_s if self.real_s else 0.0

    def sentence(self) -> str:
        """Tell all of it in one sentence."""
        kinds = ", ".join(f"{name} {count:,}" for name, count in self.faults.most_common())
        violated = f"{len(self.failed):,} of them violated an invariant" if self.failed else "nothing was violated"
        seeds = f"{self.seeds:,} {'seed' if self.seeds == 1 else 'seeds'}"
        faults = f"{self.faults.total():,} faults{f' ({kinds})' if kinds else ''}"
        return (
            f"{seeds}: simulated {long(self.simulated_s)} in {long(self.real_s)}, {self.seeds_per_s:.1f} seeds/s, "
            f"{self.steps:,} steps, {self.requests:,} requests, {faults}, {self.checks:,} checks; {violated}"
        )


def long(seconds: float) -> str:
    """Say how long something takes in the unit that suits it."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.1f} s"
