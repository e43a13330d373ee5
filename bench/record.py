"""The history of the benches: a line of JSON for each run, and what has changed since the last one of this machine.

Machines are shared and have slow hours. So each bench stands between two measurements of a yardstick, two loops that
never change, and what has changed is also told as if the machine were as fast as it was then.
"""

import json
import math
import os
import platform
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from figures import FACT, MORE, Figure, seconds_of

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
HISTORY = BENCH / "history.jsonl"

DROP = 0.15
"""A figure that is worse by more than this is reported."""

YARDSTICK_ROUNDS = 7
FSYNCS = 10
PACKAGES = {"apsw": "apsw-sqlite3mc", "grpclib": "grpclib", "protobuf": "protobuf"}


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How long two loops took, one of plain Python, one of bare APSW in memory; and one row with its fsync."""

    python_ms: float
    sqlite_ms: float
    fsync_ms: float

    def slower_than(self, other: "Yardstick") -> float:
        """Return how many times as long the loops took."""
        return math.sqrt(self.python_ms / other.python_ms * self.sqlite_ms / other.sqlite_ms)


@dataclass(frozen=True, slots=True)
class Measured:
    """A bench's figures, and the yardstick before and after it."""

    figures: Sequence[Figure]
    before: Yardstick
    after: Yardstick

    @property
    def yardstick(self) -> Yardstick:
        """Return the mean of both."""
        both = zip(astuple(self.before), astuple(self.after), strict=True)
        return Yardstick(*(statistics.mean(times) for times in both))


@dataclass(frozen=True, slots=True)
class Machine:
    """What must be the same for figures to be compared."""

    cpu: str
    cores: int


@dataclass(frozen=True, slots=True)
class Record:
    """One run: when, of which commit, on what, and what each bench measured."""

    utc: str
    commit: str
    dirty: bool
    machine: Machine
    versions: Mapping[str, str]
    benches: Mapping[str, Measured]

    @property
    def name(self) -> str:
        """Say which run it was."""
        return f"{self.commit[:7] or 'no commit'}{' and changes' if self.dirty else ''}, {self.utc}"


class Change(NamedTuple):
    """A figure against the last one; the machine is `slower`, its disk `slower_disk`, by so many times."""

    bench: str
    figure: Figure
    then: float
    slower: float
    slower_disk: float
    since: str

    @property
    def ratio(self) -> float:
        """Return the figure by the last one, as measured."""
        return self.figure.value / self.then

    @property
    def ratio_by_yardstick(self) -> float:
        """Return what the ratio would be on a machine as fast as then."""
        return self.ratio * self.slower**self.figure.speed

    @property
    def is_drop(self) -> bool:
        """Say whether it is worse than DROP allows, the machine's own speed apart."""
        return worse(self.figure, self.ratio_by_yardstick) > DROP


def worse(figure: Figure, ratio: float) -> float:
    """Return by which part a ratio makes a figure worse; negative if it is better, 0 for a fact."""
    if figure.better == FACT:
        return 0
    return 1 - ratio if figure.better == MORE else ratio - 1


def yardstick() -> Yardstick:
    """Measure the loops, medians; half a second in quiet moments."""
    cursor: Any = apsw.Connection(":memory:").cursor()

    def python() -> None:
        seen: dict[int, str] = {}
        for number in range(60_000):
            seen[number * 7919 % 1_009] = f"{number & 7} {len(seen)}"

    def sqlite() -> None:
        cursor.execute("DROP TABLE IF EXISTS yard; CREATE TABLE yard (one INTEGER PRIMARY KEY, two INTEGER) STRICT")
        for number in range(7_000):
            cursor.execute(
                "INSERT INTO yard VALUES (?1, ?2) ON CONFLICT DO UPDATE SET two = two + 1", (number % 500, number)
            )

    with tempfile.TemporaryDirectory(prefix="bf-bench-") as folder:
        disk = apsw.Connection(f"{folder}/yard.db")
        on_disk: Any = disk.cursor()
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE yard (one INTEGER)"):
            on_disk.execute(statement).fetchall()

        def fsyncs() -> None:
            for number in range(FSYNCS):
                on_disk.execute("INSERT INTO yard VALUES (?)", (number,))

        loops = [(seconds_of(python), seconds_of(sqlite), seconds_of(fsyncs)) for _ in range(YARDSTICK_ROUNDS)]
        disk.close()
    python_s, sqlite_s, disk_s = (statistics.median(took) for took in zip(*loops, strict=True))
    return Yardstick(*(round(seconds * 1e3, 3) for seconds in (python_s, sqlite_s, disk_s / FSYNCS)))


def this_machine() -> Machine:
    """Name this machine."""
    try:
        facts = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        facts = []
    cpu = next((line.partition(":")[2].strip() for line in facts if line.startswith("model name")), platform.machine())
    return Machine(cpu, len(os.sched_getaffinity(0)))


def git(*words: str, repository: Path = ROOT) -> str:
    """Return what git says about a checkout; CalledProcessError if it refuses."""
    done = subprocess.run(["git", "-C", str(repository), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def checkout() -> tuple[str, bool]:
    """Return the commit, and whether there are changes besides the history; without git, nothing is known."""
    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--", ".", f":!{HISTORY.relative_to(ROOT)}"))
    except (OSError, subprocess.CalledProcessError):
        return "", True


def empty_record() -> Record:
    """Say what is going to be measured, and when and on what."""
    commit, dirty = checkout()
    versions = {"python": platform.python_version(), "sqlite": apsw.sqlite_lib_version()}
    versions |= {name: version(package) for name, package in PACKAGES.items()}
    utc = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Record(utc, commit, dirty, this_machine(), versions, {})


def as_json(record: Record) -> str:
    """Return a record as a line."""
    return json.dumps(asdict(record), ensure_ascii=False)


def from_json(line: str) -> Record:
    """Read a record from its line."""
    told: dict[str, Any] = json.loads(line)
    told["machine"] = Machine(**told["machine"])
    for name, bench in told["benches"].items():
        figures = [Figure(**figure) for figure in bench["figures"]]
        told["benches"][name] = Measured(figures, Yardstick(**bench["before"]), Yardstick(**bench["after"]))
    return Record(**told)


def read_history(path: Path = HISTORY) -> list[Record]:
    """Return all records, oldest first; none if there is no file yet."""
    return [from_json(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def append_history(record: Record, path: Path = HISTORY) -> None:
    """Add a record."""
    with path.open("a", encoding="utf-8") as history:
        history.write(as_json(record) + "\n")


def changes(record: Record, history: Sequence[Record]) -> list[Change]:
    """Compare each figure with the last one of its name that was measured on the same machine, if there is one."""
    last: dict[tuple[str, str], tuple[Record, Figure]] = {
        (bench, figure.name): (earlier, figure)
        for earlier in history
        if earlier.machine == record.machine
        for bench, measured in earlier.benches.items()
        for figure in measured.figures
    }
    found: list[Change] = []
    for bench, measured in record.benches.items():
        for figure in measured.figures:
            earlier, then = last.get((bench, figure.name), (None, None))
            if earlier and then and then.value and then.unit == figure.unit:
                stick, past = measured.yardstick, earlier.benches[bench].yardstick
                disk = stick.fsync_ms / past.fsync_ms
                found.append(Change(bench, figure, then.value, stick.slower_than(past), disk, earlier.name))
    return found
