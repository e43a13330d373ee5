"""Logs that a flood cannot fill: each line once a minute, so many different ones, and the rest counted."""

import logging
import time
from collections import Counter
from collections.abc import Callable

from bf.adapters.access.limits import AUDIT_LINES_MAX, LOG_LINES_MAX

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


class BoundedLines(logging.Filter):
    """Lets so many lines of each logger through in a minute; for libraries, whose every complaint has a traceback."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._until_s = 0.0
        self._lines = Counter[str]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written; the last one of a minute says so."""
        if self._now_s() >= self._until_s:
            self._lines.clear()
            self._until_s = self._now_s() + MINUTE_S
        self._lines[record.name] += 1
        if self._lines[record.name] == LOG_LINES_MAX:
            record.msg = f"{record.msg} (LOG_LINES_MAX: no more of {record.name} in this minute)"
        return self._lines[record.name] <= LOG_LINES_MAX
