"""A network of links, each with a delay, a width, and faults of its own.

Rules of this file:
1. A link goes one way. What is sent over it arrives in the order in which it was sent, each at a time of its own.
2. What is lost in a stream comes later, as TCP sends it again; what is sent into a cut does not come.
3. Each link has dice of its own, so that a change elsewhere changes nothing here.
"""

from asyncio import Future
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple, Protocol
from zlib import crc32

from bf.sim.loop import Life, Owner

RESEND_S = 0.2
"""How long a lost packet is missed."""

DELAY_S_MAX = 10.0
"""How long anything is under way at most, however slow the link."""

APART_S = 1e-9
"""How much later than the one before it anything arrives at least."""


class Profile(NamedTuple):
    """What kind of link: its delay, how much that varies, how often a packet is lost, and its width."""

    delay_s: float
    jitter_s: float
    loss: float
    bytes_per_s: float


PROFILES = {
    "local": Profile(0, 0, 0, 1e12),
    "intranet": Profile(0.000_3, 0.000_2, 0, 1e9),
    "internet": Profile(0.015, 0.01, 0.001, 1e7),
    "mobile": Profile(0.06, 0.08, 0.02, 5e5),
    "lossy": Profile(0.005, 0.02, 0.1, 1e6),
}


class Time(Protocol):
    """What a network asks of the loop on which it is: a simulated one, or asyncio's own."""

    next_number: Callable[[], int]
    world: Life
    current: Life

    @property
    def recorder(self) -> Callable[[float, str, str, str], None] | None:
        """Return whoever wants to see what happens."""
        ...

    @property
    def now(self) -> float:
        """Return the time, in seconds."""
        ...

    def note(self, *facts: int) -> None:
        """Let facts count in the digest of a run."""
        ...

    def call_soon(self, callback: Callable[..., object], *args: Any) -> object:
        """Run a callback in the next turn."""
        ...

    def call_for(self, owner: Owner, when: float, callback: Callable[..., object], *args: Any) -> object:
        """Run a callback for somebody, at a time."""
        ...

    def create_future(self) -> Future[Any]:
        """Make a future."""
        ...

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell what nobody has caught."""
        ...


class Link:
    """One way between two machines."""

    def __init__(self, loop: Time, name: str, profile: Profile, dice: Random) -> None:
        self.name = name
        self.profile = profile
        self.cuts = 0
        """How many partitions cut it now."""
        self.slowness = 1.0
        self.sent = 0
        self._loop = loop
        self._roll = dice.random
        self._free_at = 0.0
        self._last_at = 0.0
        self._label = crc32(name.encode())

    def send(
        self, owner: Owner, size: int, checksum: int, deliver: Callable[..., object], *args: Any
    ) -> bool:  # as asyncio's
        """Let `deliver` be called at the other end, in the life of `owner`; False if it goes into a cut."""
        loop, profile = self._loop, self.profile
        self.sent += 1
        loop.note(self._label, size, checksum)
        if loop.recorder:
            loop.recorder(loop.now, "message", self.name, f"{size} bytes{' into a cut' if self.cuts else ''}")
        if self.cuts:
            return False
        self._free_at = min(max(self._free_at, loop.now), loop.now + DELAY_S_MAX) + size / profile.bytes_per_s
        delay = profile.delay_s + profile.jitter_s * self._roll()
        if profile.loss and self._roll() < profile.loss:
            delay += RESEND_S
        self._last_at = max(self._free_at + min(delay * self.slowness, DELAY_S_MAX), self._last_at + APART_S, loop.now)
        loop.call_for(owner, self._last_at, self._arrive, deliver, args)
        return True

    def _arrive(self, deliver: Callable[..., object], args: tuple[Any, ...]) -> None:
        if not self.cuts:
            deliver(*args)


class Network:
    """The links between machines, made when they are first used."""

    def __init__(self, loop: Time, seed: str, profile_of: Callable[[str, str], Profile]) -> None:
        """Draw from a seed; `profile_of` says what kind of link there is between two machines."""
        self._loop = loop
        self._seed = seed
        self._profile_of = profile_of
        self._links: dict[tuple[str, str], Link] = {}

    def link(self, source: str, target: str) -> Link:
        """Return the link from one machine to another."""
        found = self._links.get((source, target))
        if found is None:
            name = f"{source}>{target}"
            found = Link(
                self._loop, name, self._profile_of(source, target), Random(f"{self._seed}/{name}")
            )  # repeatable on purpose
            self._links[source, target] = found
        return found

    def links(self) -> list[Link]:
        """Return every link that was used."""
        return list(self._links.values())

    @property
    def messages(self) -> int:
        """How many messages were sent."""
        return sum(link.sent for link in self._links.values())
