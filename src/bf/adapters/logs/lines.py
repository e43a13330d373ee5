"""Lines of the log, as text or as JSON, without a word of what tenants have stored.

Rules of this file:
1. An exception is told by its type and its frames. Its text may quote what a tenant has stored (a SKU in a message of
   protobuf, a row in an assertion), so it is told only for the exceptions of the platform whose sentences are ours.
2. Our own lines are told as they are; an exception among their arguments is told by rule 1. A tenant's name is the
   operator's word and may be there.
3. Of lines of libraries only the first words are told: what follows them may quote bytes that came over the wire.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from traceback import walk_tb
from typing import Any, NamedTuple, cast

TROUBLES_COUNT_MAX = 8
"""How many exceptions of one chain are told."""

FRAMES_COUNT_MAX = 40
"""How many frames of one exception are told, the innermost ones."""

FIRST_WORDS = re.compile(r"[\w %.,:-]{0,100}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
TENANT_FIRST = "tenant %s"
"""How a line begins that is about a tenant."""

Sentences = tuple[type[BaseException], ...]
"""Exceptions whose texts are ours and quote nobody."""


class Trouble(NamedTuple):
    """An exception, without what it may quote."""

    kind: str
    sentence: str
    frames: list[str]


class TextLines(logging.Formatter):
    """One line for people, and one for each exception."""

    def __init__(self, ours: Sentences) -> None:
        super().__init__()
        self._ours = ours

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        lines = [f"{_time(record)} {record.levelname} {record.name} {sentence(record, self._ours)}"]
        for trouble in troubles(record, self._ours):
            said = f": {trouble.sentence}" if trouble.sentence else ""
            lines.append(f"  {trouble.kind}{said}, in {' < '.join(reversed(trouble.frames)) or 'no frame'}")
        return "\n".join(CONTROL.sub(_escaped, line) for line in lines)


class JsonLines(logging.Formatter):
    """One object in a line, for machines."""

    def __init__(self, ours: Sentences) -> None:
        super().__init__()
        self._ours = ours

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": sentence(record, self._ours),
        }
        if isinstance(record.args, tuple) and record.args and str(record.msg).startswith(TENANT_FIRST):
            line["tenant"] = str(record.args[0])
        found = [
            {
                "type": trouble.kind,
                **({"message": trouble.sentence} if trouble.sentence else {}),
                "frames": trouble.frames,
            }
            for trouble in troubles(record, self._ours)
        ]
        if found:
            line["exceptions"] = found
        return json.dumps(line, ensure_ascii=False)


def sentence(record: logging.LogRecord, ours: Sentences) -> str:
    """Return what a line says, without what it may quote."""
    text = str(record.msg)
    if record.name != "bf" and not record.name.startswith("bf."):
        words = FIRST_WORDS.match(text)
        return words[0].strip() if words else ""
    args = record.args
    try:
        if isinstance(args, Mapping):
            return text % {name: _quoted(value, ours) for name, value in args.items()}
        return text % tuple(_quoted(value, ours) for value in args) if args else text
    except (TypeError, ValueError, KeyError):  # a fault in the line itself
        return text


def troubles(record: logging.LogRecord, ours: Sentences) -> Iterator[Trouble]:
    """Yield the exception of a record, and those that it came of."""
    error = record.exc_info[1] if record.exc_info else None
    return islice((_trouble(each, ours) for each in _chain(error)), TROUBLES_COUNT_MAX)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
                yield from _chain(each)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _trouble(error: BaseException, ours: Sentences) -> Trouble:
    frames = [
        f"{_short(frame.f_code.co_filename)}:{line}:{frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return Trouble(_kind(error), str(error) if isinstance(error, ours) else "", frames[-FRAMES_COUNT_MAX:])


def _quoted(value: object, ours: Sentences) -> object:
    return _kind(value) if isinstance(value, BaseException) and not isinstance(value, ours) else value


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _short(path: str) -> str:
    """Leave out where packages are installed."""
    return re.split(r"/(?:site-packages|src|lib/python[\d.]+)/", path)[-1]


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _escaped(found: "re.Match[str]") -> str:
    return found[0].encode("unicode_escape").decode()
