"""A run as data: machines, tenants, what clients ask, what goes wrong, all at absolute times, drawn before it begins.

A plan is what is kept of a failure, shrunk and replayed: a seed makes another plan as soon as the code that draws
changes, a plan stays what it is.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple, Self


class Ask(NamedTuple):
    """Somebody asks something at a time; what exactly follows from the numbers and from what the client knows then."""

    at_s: float
    client: str
    tenant: str
    what: str
    numbers: tuple[int, ...]


class Fault(NamedTuple):
    """Something goes wrong at a time, for a while."""

    at_s: float
    for_s: float
    what: str
    target: str
    number: int = 0

    def __str__(self) -> str:
        lasting = f" for {self.for_s:.2f} s" if self.for_s else ""
        return f"{self.what} of {self.target}{lasting}" + (f" ({self.number})" if self.number else "")


@dataclass(frozen=True)
class Plan:
    """Everything that a run is made of."""

    scenario: str
    seed: str
    seconds: float
    """How long clients ask and things go wrong; then all is healed."""
    servers: tuple[str, ...] = ("server-1",)
    homes: Mapping[str, str] = field(default_factory=dict[str, str])
    """By tenant, the server that it lives on."""
    clients: Mapping[str, str] = field(default_factory=dict[str, str])
    """By client, the profile of its links."""
    products: int = 4
    sealed: bool = False
    grpc: bool = False
    """Whether clients speak gRPC over simulated connections."""
    remote: bool = False
    """Whether tenants' logs are on a machine of their own, reached by messages."""
    scripted: bool = False
    """Whether tenants begin with a script that decides where orders are reserved."""
    watched: bool = False
    """Whether tenants begin with a script that raises an alert where too much lies."""
    waves: bool = False
    """Whether tenants can pick in waves from the beginning."""
    sync_s: float = 0.002
    patience_s: float = 5.0
    """How long a client waits for an answer before it asks again."""
    asks: tuple[Ask, ...] = ()
    faults: tuple[Fault, ...] = ()
    buggify: Mapping[str, float] = field(default_factory=dict[str, float])
    """By point, how often it misbehaves when it is reached."""

    @property
    def compacts(self) -> bool:
        """Say whether logs may be compacted: not under another process's hands, nor on another machine yet."""
        return not self.remote and not self.has("twin")

    def has(self, what: str) -> bool:
        """Say whether a kind of fault is in it."""
        return any(fault.what == what for fault in self.faults)

    def to_json(self) -> str:
        """Write it as text."""
        return json.dumps(asdict(self), indent=None, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; ValueError if it is something else."""
        data: dict[str, Any] = json.loads(text)
        known = {each.name for each in fields(cls)}
        if not isinstance(data, dict) or not set(data) <= known:  # pyright: ignore[reportUnnecessaryIsInstance]  # foreign text
            raise ValueError(f"a plan has no {sorted(set(data) - known)}")
        data["servers"] = tuple(data["servers"])
        data["asks"] = tuple(
            Ask(at_s, client, tenant, what, tuple(numbers)) for at_s, client, tenant, what, numbers in data["asks"]
        )
        data["faults"] = tuple(Fault(*each) for each in data["faults"])
        return cls(**data)
