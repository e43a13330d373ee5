"""Drawing a plan: a scenario says what kind of day it is, a seed says everything else.

Rules of this file:
1. A plan is drawn whole before it begins; nothing is drawn later that could depend on what has happened.
2. Swarm testing: each seed switches on some of what a scenario allows, and some of it strongly; what is always on
   hides what happens without it.
3. Whatever is drawn has a stream of its own, so that one thing more changes little else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from random import Random

from bf.sim.buggify import POINTS
from bf.sim.faults import ELSEWHERE, OPERATIONS
from bf.sim.plan import Ask, Fault, Plan
from bf.sim.world import FURNISH_S

HOUR_S = 3_600

SHORT_S = 60.0
"""How long a short run is, in simulated seconds."""

SCRIPTED = 1 / 3
"""In how many runs tenants have a script that places orders."""

WATCHED = 1 / 5
"""In how many runs they have one that raises alerts."""

WAVES = 3 / 4
"""In how many of the runs in which somebody plans waves tenants have enabled it from the beginning."""

USUAL = {
    "put": 4,
    "take": 3,
    "reserve": 8,
    "fulfill": 4,
    "cancel": 2,
    "ask": 5,
    "list": 1,
    "move": 1,
    "add location": 1,
    "add product": 1,
    "bad": 0.5,
    "again": 1,
    "reuse": 0.3,
    "put once": 0.5,
}
"""How often clients ask for what, in relation."""

DEPARTMENTS: Sequence[Mapping[str, float]] = (
    {"start transfer": 6, "receive": 8, "cancel transfer": 1, "transfers": 2},
    {"plan wave": 5, "pick wave": 5, "switch waves": 0.5},
    {"define report": 4, "report": 8, "drop report": 0.5, "tag": 2, "tagged": 1},
    {"count": 5},
    {"alerts": 2},
)
"""What some tenants do besides, whole: what belongs together is of no use alone."""

AT_WORK = 1 / 4
"""In how many runs there is each of them."""

FAULTS: Mapping[str, tuple[float, float]] = {
    "kill": (0.05, 5),
    "power cut": (0.05, 8),
    "restart": (0, 0),
    "pause": (0.1, 4),
    "cut": (0.2, 8),
    "one-way cut": (0.2, 8),
    "slow link": (0.5, 10),
    "slow disk": (0.5, 10),
    "full disk": (0.5, 6),
    "failed sync": (0, 0),
    "bit rot": (2, 30),
    "lost record": (2, 30),
    "moved record": (2, 30),
    "twin": (2, 20),
    "limit": (0, 0),
    "clock jump": (0, 0),
    "clock drift": (0, 0),
    "upgrade": (0, 0),
    "cut off from its log": (0.2, 15),
    "lost disk": (0.1, 3),
    "log: kill": (0.05, 5),
    "log: power cut": (0.05, 5),
    "log: slow disk": (0.5, 10),
    "log: failed sync": (0, 0),
    "compact": (0, 0),
    "rotate": (0, 0),
    "rebuild": (0, 0),
    "verify": (0, 0),
    "forget": (0, 0),
}
"""Every fault and operation, and how long it lasts at least and at most, in seconds."""


TENANTS = ("acme", "bolt", "coop", "dune", "echo")


@dataclass(frozen=True)
class Scenario:
    """A kind of day."""

    summary: str
    seconds: float = SHORT_S
    faults: Mapping[str, float] = field(
        default_factory=lambda: dict.fromkeys(FAULTS, 1.0) | dict.fromkeys(("twin", *ELSEWHERE), 0.0)
    )
    """What may go wrong, and how often in relation."""
    faults_per_minute: tuple[float, float] = (2, 12)
    asks_per_minute: tuple[float, float] = (10, 60)
    rising: float = 1.0
    """How many times as much is asked in the end as in the beginning."""
    together: bool = False
    """Whether faults come together, late in the day."""
    profiles: Sequence[str] = ("local", "intranet", "internet", "mobile", "lossy")
    grpc: bool = False
    asks: Mapping[str, float] = field(default_factory=lambda: USUAL)
    tenants: tuple[int, int] = (1, 2)
    clients: tuple[int, int] = (1, 4)
    servers: tuple[int, int] = (1, 2)
    floods: float = 0.01
    """In how many runs somebody sends far more at once than may wait; that costs as much as twenty other runs."""
    remote: float = 0.0
    """In how many runs tenants' logs are on a machine of their own."""


ONLY = dict[str, float]

SCENARIOS = {
    "swarm": Scenario("a minute in which anything may go wrong"),
    "grpc": Scenario("the same, with HTTP/2 over simulated connections", asks_per_minute=(10, 60), grpc=True),
    "black-friday": Scenario(
        "a day on which load rises a hundredfold and faults come together",
        seconds=86_400,
        faults_per_minute=(0.02, 0.1),
        asks_per_minute=(2, 8),
        rising=100,
        together=True,
        tenants=(3, 5),
        clients=(4, 8),
    ),
    "quiet-week": Scenario(
        "a week in which little is asked and little goes wrong",
        seconds=7 * 86_400,
        faults_per_minute=(0.001, 0.005),
        asks_per_minute=(0.02, 0.1),
    ),
    "flaky-disk": Scenario(
        "disks that are slow, full, rotten or lose power",
        faults=ONLY(
            {
                "power cut": 4,
                "kill": 2,
                "slow disk": 2,
                "full disk": 2,
                "failed sync": 3,
                "bit rot": 1,
                "lost record": 1,
            }
        ),
        faults_per_minute=(6, 20),
    ),
    "mobile-clients": Scenario(
        "customers on bad links, cut off now and then",
        faults=ONLY({"cut": 3, "one-way cut": 3, "slow link": 3, "kill": 1}),
        profiles=("mobile", "lossy"),
    ),
    "restart-storm": Scenario(
        "servers that end again and again",
        faults=ONLY({"kill": 4, "power cut": 3, "restart": 4, "pause": 1}),
        faults_per_minute=(15, 40),
    ),
    "compaction-under-fire": Scenario(
        "logs are compacted all the time, whatever else happens",
        faults=ONLY(
            {"compact": 8, "kill": 2, "power cut": 2, "failed sync": 1, "full disk": 1, "verify": 1, "slow disk": 2}
            | {"rebuild": 2, "rotate": 1}
        ),
        faults_per_minute=(10, 30),
    ),
    "key-rotation": Scenario(
        "keys are changed and destroyed all the time",
        faults=ONLY({"rotate": 5, "forget": 3, "kill": 2, "power cut": 2, "compact": 1, "moved record": 1}),
        faults_per_minute=(8, 24),
    ),
    "two-servers": Scenario(
        "two processes write to one directory, where one should be",
        faults=ONLY({"twin": 4, "kill": 2, "power cut": 2, "pause": 2, "slow disk": 1, "failed sync": 1}),
        faults_per_minute=(6, 20),
        servers=(1, 1),
    ),
    "flood": Scenario(
        "somebody sends thousands of requests at once",
        faults=ONLY({"slow disk": 2, "kill": 1, "limit": 1}),
        profiles=("local", "intranet"),
        floods=1.0,
    ),
    "remote-log": Scenario(
        "logs on a machine of their own, from which owners are cut off, but not from their customers",
        faults=ONLY(
            {
                "cut off from its log": 5,
                "lost disk": 2,
                "kill": 2,
                "log: kill": 1,
                "log: power cut": 2,
                "log: slow disk": 1,
                "log: failed sync": 1,
                "pause": 1,
                "cut": 1,
            }
        ),
        faults_per_minute=(6, 20),
        remote=1.0,
    ),
    "schema-upgrade": Scenario(
        "later releases take over while everybody asks",
        faults=ONLY({"upgrade": 4, "rebuild": 2, "kill": 2, "restart": 2, "power cut": 1, "verify": 1}),
        faults_per_minute=(8, 24),
    ),
}
"""Every scenario by its name."""


def draw(name: str, seed: int, seconds: float | None = None) -> Plan:
    """Draw the plan of a seed, for as long as its scenario says or `seconds`; KeyError if there is no such scenario."""
    return _Drawing(name, SCENARIOS[name], f"{name}/{seed}", seconds or SCENARIOS[name].seconds).plan()


class _Drawing:
    def __init__(self, name: str, scenario: Scenario, seed: str, seconds: float) -> None:
        self._name = name
        self._scenario = scenario
        self._seed = seed
        self._seconds = seconds
        dice = self._dice = self._stream("world")
        self._servers = [f"server-{number + 1}" for number in range(dice.randint(*scenario.servers))]
        self._tenants = TENANTS[: dice.randint(*scenario.tenants)]
        self._homes = {tenant: dice.choice(self._servers) for tenant in self._tenants}
        clients = [f"client-{number + 1}" for number in range(dice.randint(*scenario.clients))]
        self._clients = {client: dice.choice(scenario.profiles) for client in clients}

    def plan(self) -> Plan:
        """Draw everything."""
        dice, asks = self._dice, tuple(self._asks())
        return Plan(
            scenario=self._name,
            seed=self._seed,
            seconds=self._seconds,
            servers=tuple(self._servers),
            homes=self._homes,
            clients=self._clients,
            products=dice.randint(1, 5),
            sealed=self._name == "key-rotation" or (dice.random() < 0.25 and not self._scenario.remote),  # noqa: PLR2004  # sealing costs a fifth of a run
            grpc=self._scenario.grpc,
            remote=self._dice.random() < self._scenario.remote,
            scripted=self._stream("scripts").random() < SCRIPTED,
            watched=self._stream("watchmen").random() < WATCHED,
            waves=self._stream("waves").random() < WAVES and any(ask.what == "plan wave" for ask in asks),
            sync_s=dice.choice((0.0002, 0.002, 0.02)),
            patience_s=dice.choice((0.5, 2.0, 5.0)),
            asks=asks,
            faults=tuple(self._faults()),
            buggify=self._buggify(),
        )

    def _asks(self) -> list[Ask]:
        scenario, dice = self._scenario, self._stream("asks")
        per_minute = dice.uniform(*scenario.asks_per_minute)
        kinds = _some(dice, scenario.asks, always=("put", "reserve"))
        for department in DEPARTMENTS:
            kinds |= department if dice.random() < AT_WORK else {}
        count = int(per_minute * self._seconds / 60)
        times = sorted(self._time(dice, scenario.rising) for _ in range(count))
        clients, names, odds = list(self._clients), list(kinds), list(kinds.values())
        asks = [
            Ask(
                at_s,
                dice.choice(clients),
                dice.choice(self._tenants),
                dice.choices(names, odds)[0],
                tuple(dice.randrange(1_000) for _ in range(4)),
            )
            for at_s in times
        ]
        if dice.random() < scenario.floods and asks:
            number = dice.randrange(len(asks))
            asks[number] = asks[number]._replace(what="flood")
        return asks

    def _time(self, dice: Random, rising: float) -> float:
        """Draw a time, later ones more often if load rises."""
        while True:
            at = dice.random()
            if rising == 1 or dice.random() < exp(5 * (at - 1)) + 1 / rising:
                return FURNISH_S + at * max(0.0, self._seconds - FURNISH_S)

    def _faults(self) -> list[Fault]:
        scenario, dice = self._scenario, self._stream("faults")
        kinds = _some(dice, scenario.faults)
        count = round(dice.uniform(*scenario.faults_per_minute) * self._seconds / 60)
        moments = [FURNISH_S + dice.random() * (self._seconds - FURNISH_S) for _ in range(max(1, count // 8))]
        faults: list[Fault] = []
        for _ in range(count):
            what = dice.choices(list(kinds), list(kinds.values()))[0]
            at_s = FURNISH_S + dice.random() * (self._seconds - FURNISH_S)
            if scenario.together and dice.random() < 0.5:  # noqa: PLR2004  # half of them come together
                at_s = min(self._seconds, dice.choice(moments) + dice.random() * 5)
            fault = Fault(at_s, dice.uniform(*FAULTS[what]), what, self._target(dice, what), self._number(dice, what))
            faults.append(fault)
            if what == "compact" and "power cut" in kinds and dice.random() < 0.2:  # noqa: PLR2004  # while it switches
                faults.append(Fault(at_s + dice.random() * 0.15, 1, "power cut", self._homes[fault.target]))
            if what in OPERATIONS and not scenario.remote and dice.random() < 0.4:  # noqa: PLR2004  # two operators at once
                faults.append(
                    fault._replace(at_s=at_s + dice.random() * 0.05, what=dice.choice(("compact", "rebuild", "verify")))
                )
            if what == "kill" and "power cut" in kinds and dice.random() < 0.3:  # noqa: PLR2004  # what the second life has believed is put to the test
                later = at_s + fault.for_s + dice.uniform(0.01, 2)
                faults.append(Fault(later, dice.uniform(*FAULTS["power cut"]), "power cut", fault.target))
        return sorted(faults)

    def _target(self, dice: Random, what: str) -> str:
        if what in (*OPERATIONS, "bit rot", "lost record", "moved record"):
            return dice.choice(self._tenants)
        server = dice.choice(self._servers)
        if what in ("cut", "slow link"):
            return f"{dice.choice(list(self._clients))}|{server}"
        if what == "one-way cut":
            ends = [dice.choice(list(self._clients)), server]
            return ">".join(ends if dice.random() < 0.5 else ends[::-1])  # noqa: PLR2004  # a coin
        return server

    def _number(self, dice: Random, what: str) -> int:
        match what:
            case "slow link" | "slow disk" | "log: slow disk":
                return dice.choice((5, 50, 500))
            case "failed sync" | "log: failed sync":
                return dice.randint(1, 3)
            case "clock jump":
                return dice.choice((-86_400, -3_600, -5, 5, 3_600, 86_400))
            case "clock drift":
                return dice.choice((-500, -20, 20, 500))
            case _:
                return dice.randrange(10_000)

    def _buggify(self) -> dict[str, float]:
        dice = self._stream("buggify")
        if dice.random() < 0.5:  # noqa: PLR2004  # half of all runs are free of it
            return {}
        odds = {point: dice.choice((0.01, 0.05, 0.25)) for point in POINTS if dice.random() < 0.4}  # noqa: PLR2004  # some
        if self._scenario.faults.get("twin") or self._scenario.remote or self._seconds > HOUR_S:
            odds.pop("a log is compacted early", None)  # or there would be thousands of archives
        return odds

    def _stream(self, name: str) -> Random:
        return Random(f"{self._seed}/draw/{name}")


def _some(dice: Random, odds: Mapping[str, float], always: Sequence[str] = ()) -> dict[str, float]:
    """Switch on a random part of what there is, some of it strongly."""
    share = dice.choice((0.25, 0.5, 1.0))
    some = {
        name: weight * dice.choice((1, 1, 5))
        for name, weight in odds.items()
        if weight and (name in always or dice.random() < share)
    }
    return some or dict(odds)
