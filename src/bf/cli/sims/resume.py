"""What a long campaign has done, in a file: it goes on where it was, as long as the code is what it was.

The file is JSON: a digest of the code, how long runs are, the seeds that are done as ranges, and what they came to.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bf
from bf.cli.sims.tally import Seed, Tally
from bf.cli.usage import UsageError, read_text


@dataclass
class Notes:
    """Which seeds are done, and what they came to."""

    seconds: float | None = None
    done: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    """By scenario, the numbers of its seeds."""
    tally: Tally = field(default_factory=Tally)

    def has(self, seed: Seed) -> bool:
        """Say whether a seed is done."""
        return seed.number in self.done.get(seed.scenario, ())

    def note(self, seed: Seed, tally: Tally) -> None:
        """Note that a seed is done."""
        self.done.setdefault(seed.scenario, set()).add(seed.number)
        self.tally.add(tally)

    def save(self, path: Path) -> None:
        """Write the file: all of it, or it stays as it was."""
        ranges = {name: [list(each) for each in ranges_of(numbers)] for name, numbers in self.done.items()}
        data = {"code": code(), "seconds": self.seconds, "done": ranges, "tally": self.tally.to_dict()}
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.draft")
        draft.write_text(json.dumps(data), "utf-8")
        draft.replace(path)


def load(path: Path, seconds: float | None) -> tuple[Notes, str]:
    """Read a file if it is there, and say in a sentence how it goes on; UsageError if it is something else."""
    if not path.exists():
        return Notes(seconds), ""
    try:
        data = json.loads(read_text("--resume", path))
        if data["code"] != code():
            return Notes(seconds), f"{path} is of other code than this: all begins anew"
        done = {
            str(name): {number for first, last in ranges for number in range(first, last + 1)}
            for name, ranges in data["done"].items()
        }
        notes = Notes(data["seconds"], done, Tally.from_dict(data["tally"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"--resume: {path} holds no notes of a campaign; name another file") from error
    if notes.seconds != seconds:
        raise UsageError(f"--resume: {path} is of runs of another length; name another file, or the same --hours")
    return notes, f"{notes.tally.seeds:,} seeds are done already, as {path} says"


def ranges_of(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of numbers without a gap."""
    first = last = None
    for number in sorted(numbers):
        if first is None or last is None:
            first = number
        elif number != last + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


def code() -> str:
    """Return a digest of the code that runs: seeds that it has passed say nothing of other code."""
    digest = hashlib.sha256()
    root = Path(bf.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
