"""What happened lately in a cell, kept for whoever watches it, and while somebody does."""

import asyncio
from collections import deque
from collections.abc import Set as AbstractSet
from itertools import takewhile

from bf.core.api.changes_pb2 import ChangesResp
from bf.node.api.commit_pb2 import Batch
from bf.node.limits import CHANGES_BYTES_MAX, CHANGES_S_MAX


class Changes:
    """The newest batches, as many as CHANGES_BYTES_MAX holds: whoever reads too slowly is told of a gap."""

    def __init__(self, event: int) -> None:
        """Keep what comes after a position."""
        self._before = event
        """The position after which all is kept."""
        self._event = event
        self._kept = deque[tuple[int, Batch, AbstractSet[int], int]]()
        self._bytes = 0
        self._waiting = 0
        self._ended = False
        self._next = asyncio.get_running_loop().create_future()

    def note(self, event: int, batch: Batch, touched: AbstractSet[int], size: int) -> bool:
        """Keep a batch of so many bytes that the log has; False if there is no more room and nobody waits."""
        if event == self._event:
            return True
        self._event = event
        self._kept.append((event, batch, touched, size))
        self._bytes += size
        is_full = self._bytes > CHANGES_BYTES_MAX
        while self._bytes > CHANGES_BYTES_MAX:
            self._before, _, _, dropped = self._kept.popleft()
            self._bytes -= dropped
        self._wake()
        return not is_full or self._waiting > 0

    def end(self) -> None:
        """Let nobody wait any more."""
        self._ended = True
        self._wake()

    def now(self) -> ChangesResp:
        """Return the position from which on changes are kept for whoever begins to watch."""
        return ChangesResp(event=self._event)

    async def after(self, known: int) -> ChangesResp | None:
        """Wait, so long as CHANGES_S_MAX, for what happened after a position; None at the end of all."""
        if known == self._event and not self._ended:
            self._waiting += 1
            try:
                await asyncio.wait([self._next], timeout=CHANGES_S_MAX)
            finally:
                self._waiting -= 1
        if self._ended:
            return None
        told = ChangesResp(event=self._event, gap=not self._before <= known <= self._event)
        if not told.gap:
            newer = list(takewhile(lambda each: each[0] > known, reversed(self._kept)))
            for _, batch, touched, _ in reversed(newer):
                told.touched.extend(sorted(touched))
                for event in (each for commit in batch.commits for each in commit.events):
                    told.events.add(type=event.type, body=event.body)
        return told

    def _wake(self) -> None:
        self._next.set_result(None)
        self._next = asyncio.get_running_loop().create_future()
