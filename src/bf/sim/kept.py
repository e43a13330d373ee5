"""Plans in files: what is kept of a failure, and the corpus of those that are run for ever.

A file is JSON: the plan, why it is kept or what it violated, and the commit it was seen at. A bare plan is read too.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bf.sim.draw import FAULTS
from bf.sim.plan import Plan

CORPUS = Path(__file__).with_name("corpus")
"""Where plans are kept that every change has to pass."""

ENDING = ".plan.json"


@dataclass(frozen=True)
class Kept:
    """A plan, and what is to be known of it."""

    plan: Plan
    why: str = ""
    """Why it is kept, in a sentence."""
    invariant: str = ""
    what: str = ""
    """What it violated when it was written, in which words."""
    commit: str = ""

    def to_json(self) -> str:
        """Write it as text: a line for each thing to know, and one for the plan."""
        known = {"why": self.why, "invariant": self.invariant, "what": self.what, "commit": self.commit}
        lines = [f"{json.dumps(name)}: {json.dumps(value)}," for name, value in known.items() if value]
        return "\n".join(["{", *lines, f'"plan": {self.plan.to_json()}', "}", ""])

    @classmethod
    def from_json(cls, text: str) -> "Kept":
        """Read what `to_json` wrote, or a bare plan; ValueError if it is something else."""
        data: Any = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("a plan is a JSON object")  # noqa: TRY004  # one error for whatever is in a file
        whole = cast("dict[str, Any]", data)
        if "plan" not in whole:
            return cls(plan_of(text))
        known = {name: str(value) for name, value in whole.items() if name != "plan"}
        if not set(known) <= {"why", "invariant", "what", "commit"}:
            raise ValueError(f"a kept plan has no {sorted(set(known) - {'why', 'invariant', 'what', 'commit'})}")
        return cls(plan_of(json.dumps(whole["plan"])), **known)


def plan_of(text: str) -> Plan:
    """Read a plan; ValueError whatever is wrong with it."""
    try:
        plan = Plan.from_json(text)
        sound = bool(plan.servers and plan.homes) and set(plan.homes.values()) <= set(plan.servers)
        sound = sound and all(ask.client in plan.clients and ask.tenant in plan.homes for ask in plan.asks)
        sound = sound and all(fault.what in FAULTS for fault in plan.faults)
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"this is no plan: {error}") from error
    if not sound:
        raise ValueError("a plan has servers and tenants on them, and its clients, tenants and kinds of faults exist")
    return plan


def read(path: Path) -> Kept:
    """Read a plan's file; OSError or ValueError."""
    return Kept.from_json(path.read_text("utf-8"))


def write(path: Path, kept: Kept) -> None:
    """Write a plan's file, and its folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(kept.to_json(), "utf-8")


def corpus(folder: Path = CORPUS) -> list[Path]:
    """Return the kept plans of a folder, by name."""
    return sorted(folder.glob(f"*{ENDING}"))
