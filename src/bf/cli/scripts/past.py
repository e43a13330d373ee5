"""A tenant's past, decided once more: each request on the state that it met, in a transaction that is taken back."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message

from bf.core.ports import Batch, Pos
from bf.core.refusal import Refusal
from bf.core.scripts import Script
from bf.core.state import State
from bf.core.tx import Tx
from bf.core.uid import number_of
from bf.inventory.api.events_pb2 import AlertRaised, InventoryUpdated, Reserved, ScriptInstalled, ScriptRemoved
from bf.inventory.api.requests_pb2 import ReserveReq, UpdateInventoryReq
from bf.inventory.scripts.asking import RESERVE, UPDATE, installed
from bf.inventory.scripts.world import TenantWorld
from bf.node.api.commit_pb2 import Commit
from bf.node.history import opened
from bf.node.replay import replay, replay_commit

ASKED: dict[str, type[Message]] = {RESERVE: ReserveReq, UPDATE: UpdateInventoryReq}
"""By hook, the request that asks its script."""


class Difference(NamedTuple):
    """A request that a script would have decided otherwise."""

    event: int
    time_us: int
    request: str
    about: str
    was: str
    would_be: str


class Past:
    """A scratch state that is replayed up to each request in question."""

    def __init__(self, state: State, script: Script) -> None:
        """Ask a script on a state that is empty, and not kept."""
        self._state = state
        self._script = script
        self._request = ASKED[script.hook]
        self._skip = 0
        self.same = self.different = self.refused = self.unseen = 0
        """Of the requests in question: as they were, otherwise, refused at that time, and not kept in the log."""

    def hooked(self, batch: Batch) -> int:
        """Count the requests of a batch that ask the hook."""
        return 0 if batch.baseline else sum(map(self._is_hooked, opened(batch).commits))

    def skip(self, count: int) -> None:
        """Leave the first so many of them as they were."""
        self._skip = max(0, count)

    def take(self, batch: Batch) -> Iterator[Difference]:
        """Go on with a batch, and yield what would have been different."""
        if batch.baseline or not self.hooked(batch):
            self._state.begin()
            replay(self._state, batch)
            self._state.keep(self._state.pos)
            self._state.commit()
            return
        for commit in opened(batch).commits:
            if self._is_hooked(commit):
                self._skip -= 1
                difference = self._decide(commit) if self._skip < 0 else None
                if difference:
                    yield difference
            self._state.begin()
            replay_commit(self._state, commit)
            self._state.keep(Pos(self._state.pos.event, batch.pos.batch))
            self._state.commit()

    def counts(self) -> dict[str, Any]:
        """Say in numbers what was found."""
        asked = self.same + self.different
        return {"asked": asked, "different": self.different, "refused_then": self.refused, "not_kept": self.unseen}

    def summary(self) -> str:
        """Say in words what was found."""
        words = f"asked about {self.same + self.different:,} requests: {self.different:,} would have been different"
        if self.refused or self.unseen:
            words += (
                f"\nnot asked about {self.refused + self.unseen:,}: {self.refused:,} were refused, "
                f"{self.unseen:,} are not kept in the log"
            )
        return words

    def _is_hooked(self, commit: Commit) -> bool:
        return commit.request == self._request.DESCRIPTOR.name

    def _decide(self, commit: Commit) -> Difference | None:
        if commit.HasField("refusal"):
            self.refused += 1
        elif not commit.HasField("asked"):
            self.unseen += 1
        else:
            return self._compare(commit)
        return None

    def _compare(self, commit: Commit) -> Difference | None:
        state = self._state
        happened = [state.domain.events[event.type].FromString(event.body) for event in commit.events]
        asked: Any = self._request.FromString(commit.asked)
        state.begin()
        try:
            was = self._told(happened)
            self._install()
            would_be = self._asked(asked, commit.time_us)
        finally:
            state.rollback()
        if was == would_be:
            self.same += 1
            return None
        self.different += 1
        about = asked.reservation if isinstance(asked, ReserveReq) else f"{asked.on_hand_change:+}"
        event = state.pos.event + len(commit.events)
        return Difference(event, commit.time_us, commit.request, about, was, would_be)

    def _install(self) -> None:
        """Let the hook ask the script, instead of one that it may have."""
        before = installed(self._tx(), self._script.hook)
        if before:
            removed = ScriptRemoved(hook=before.hook, name=before.name, version=self._active_version())
            self._state.replay([removed], self._state.time_us)
        script = self._script
        version = self._newest_version() + 1
        event = ScriptInstalled(hook=script.hook, name=script.name, version=version, source=script.source)
        self._state.replay([event], self._state.time_us)

    def _asked(self, request: Message, now_us: int) -> str:
        try:
            return self._told(self._state.execute(request, now_us).events)
        except Refusal as refusal:
            return f"refused: {refusal}"

    def _told(self, events: Sequence[Message]) -> str:
        """Write what happened for people; equal words are equal decisions."""
        return ", ".join(words for event in events for words in self._words(event))

    def _words(self, event: Message) -> Iterator[str]:
        if isinstance(event, Reserved):
            for item in sorted(event.items, key=lambda item: (item.product, item.location)):
                yield f"{item.quantity} of {self._sku(item.product)} at {self._place(item.location)}"
        elif isinstance(event, InventoryUpdated):
            yield f"{event.on_hand_change:+} of {self._sku(event.product)} at {self._place(event.location)}"
        else:
            assert isinstance(event, AlertRaised), f"a hooked request says no {type(event).__name__}"
            yield f"alert: {event.text}"

    def _place(self, uid: str) -> str:
        return TenantWorld(self._tx()).path(uid) or "the root"

    def _sku(self, uid: str) -> str:
        row = self._tx().one("SELECT sku FROM product WHERE uid = ?", number_of(uid))
        assert row is not None, f"product {uid} exists"
        return row[0]

    def _active_version(self) -> int:
        return self._one("SELECT version FROM script_version WHERE hook = ? AND active", self._script.hook)

    def _newest_version(self) -> int:
        return self._one("SELECT coalesce(max(version), 0) FROM script_version WHERE hook = ?", self._script.hook)

    def _one(self, sql: str, hook: str) -> int:
        row = self._tx().one(sql, hook)
        assert row is not None, "there is one"
        return row[0]

    def _tx(self) -> Tx:
        return Tx(self._state.database, {}, self._state.last_uid, self._state.time_us)
