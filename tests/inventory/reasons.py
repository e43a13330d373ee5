"""Why a request is refused, and how uids are written."""

import re
from collections.abc import Container

from bf.core.refusal import Code

INVALID, NOT_FOUND, EXISTS, FAILED, UNIMPLEMENTED = Code(3), Code(5), Code(6), Code(9), Code(12)
NONE = -1
"""The number of no uid."""


class Reasons(set[Code]):
    """Why a request is refused; none is a request to carry out."""

    def when(self, wrong: object, code: Code) -> bool:
        self.update([code] if wrong else [])
        return bool(wrong)

    def uid(self, text: str, known: Container[int]) -> int:
        self.when(number(text) == NONE, INVALID)
        self.when(number(text) != NONE and number(text) not in known, NOT_FOUND)
        return number(text) if number(text) in known else NONE

    def text(self, text: str, most: int) -> None:
        self.when(not text.strip() or len(text) > most, INVALID)

    def unique(self, texts: list[str]) -> None:
        self.when(len(set(texts)) < len(texts), EXISTS)

    def count(self, count: int, most: int) -> None:
        self.when(not 1 <= count <= most, INVALID)

    def page(self, after: str, limit: int) -> None:
        self.when(limit < 0 or (after and number(after) == NONE), INVALID)


def uid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012x}"


def number(uid: str) -> int:
    """Return the number behind a well-formed uid, or NONE."""
    return int(uid[24:], 16) if re.fullmatch(r"00000000-0000-0000-0000-[0-9a-f]{12}", uid) else NONE
