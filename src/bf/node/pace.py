"""Pace: long work beside traffic, in slices, and no faster than its budget of bytes."""

import asyncio

from bf.core.ports import Clock

SLICE_US_MAX = 2_000
"""How long a slice of work holds up everybody else, in microseconds."""


class Pace:
    """Lets others have their turn between slices of long work."""

    def __init__(self, clock: Clock, bytes_per_s: int = 0) -> None:
        """Keep to a budget of bytes a second; 0 is none."""
        self._clock = clock
        self._bytes_per_s = bytes_per_s
        self._slice_began_us = self._began_us = clock.elapsed_us()
        self._spent_bytes = 0

    async def step(self, spent_bytes: int = 0) -> None:
        """Note that some bytes were read or written; waits if the slice is over, or the budget is used up."""
        self._spent_bytes += spent_bytes
        now_us = self._clock.elapsed_us()
        if self._bytes_per_s:
            ahead_us = self._spent_bytes * 1_000_000 // self._bytes_per_s - (now_us - self._began_us)
            if ahead_us > SLICE_US_MAX:
                await asyncio.sleep(ahead_us / 1e6)
                self._slice_began_us = self._clock.elapsed_us()
                return
        if now_us - self._slice_began_us > SLICE_US_MAX:
            await asyncio.sleep(0)
            self._slice_began_us = self._clock.elapsed_us()
