"""A log that a flood cannot fill: each line once a minute, so many different ones, and the rest counted."""

import logging
import time
from collections.abc import Callable

from bf.adapters.access.limits import AUDIT_LINES_MAX

MINUTE_S = 60


class SparingLog:
    """Writes warnings into a logger, sparingly."""

    def __init__(self, logger: logging.Logger, now_s: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._now_s = now_s
        self._until_s = 0.0
        self._written = set[str]()
        self._left_out = 0

    def say(self, line: str, trouble: BaseException | None = None) -> None:
        """Write a line, with the traceback of a fault of ours, unless it was written in this minute already."""
        if self._now_s() >= self._until_s:
            self.flush()
            self._until_s = self._now_s() + MINUTE_S
        if line in self._written or len(self._written) >= AUDIT_LINES_MAX:
            self._left_out += 1
            return
        self._written.add(line)
        self._logger.warning("%s", line, exc_info=trouble)

    def flush(self) -> None:
        """Begin a new minute; say how many lines the last one left out."""
        if self._left_out:
            self._logger.warning("and %s more lines like those before", f"{self._left_out:,}")
        self._written.clear()
        self._left_out = 0
