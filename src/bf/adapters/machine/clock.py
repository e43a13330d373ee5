"""The machine's own clock."""

import time


class MachineClock:
    """The time of day, as the operating system knows it."""

    def now_us(self) -> int:
        """Return microseconds since 1970, UTC."""
        return time.time_ns() // 1_000

    def elapsed_us(self) -> int:
        """Return microseconds since some moment."""
        return time.monotonic_ns() // 1_000
