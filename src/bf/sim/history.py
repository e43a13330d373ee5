"""What clients saw: every request, when it was sent, and what came back, if anything."""

from collections.abc import Callable
from dataclasses import dataclass, field

from google.protobuf.message import Message

from bf.core.ports import Answer


@dataclass
class Asked:
    """One request and its fate."""

    number: int
    client: str
    tenant: str
    request: Message
    request_id: str
    began_s: float
    seen: int
    """The newest position that somebody had been told of when it was sent first."""
    ended_s: float = 0.0
    tries: int = 0
    answer: Answer | None = None
    """None: nobody knows what became of it."""

    def __str__(self) -> str:
        fate = "unknown" if self.answer is None else f"{self.answer.code} {self.answer.reason} at {self.answer.event}"
        return f"{self.client} {type(self.request).__name__} {self.request_id} ({self.tries} tries): {fate}"


@dataclass
class History:
    """Everything that was asked, in the order in which it was begun."""

    asked: list[Asked] = field(default_factory=list[Asked])
    known: dict[str, int] = field(default_factory=dict[str, int])
    """By tenant, the newest position that somebody has been told of."""
    recorder: Callable[[float, str, str, str], None] | None = None

    def begin(self, client: str, tenant: str, request: Message, request_id: str, now_s: float) -> Asked:
        """Note that a request is sent."""
        asked = Asked(len(self.asked), client, tenant, request, request_id, now_s, self.known.get(tenant, 0))
        self.asked.append(asked)
        if self.recorder:
            self.recorder(now_s, "ask", client, f"{tenant}: {type(request).__name__} {request_id}")
        return asked

    def end(self, asked: Asked, answer: Answer, now_s: float) -> None:
        """Note what came back."""
        asked.answer, asked.ended_s = answer, now_s
        if self.recorder:
            self.recorder(now_s, "answer", asked.client, f"{asked.tenant}: {asked}")
        self.known[asked.tenant] = max(self.known.get(asked.tenant, 0), answer.event)
