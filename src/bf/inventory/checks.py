"""Checks of what callers write: texts, counts and quantities."""

from collections.abc import Sized

from bf.core.uid import uid_number
from bf.inventory.errors import (
    Blank,
    Negative,
    NothingAsked,
    NotPositive,
    TooLong,
    TooMany,
    TooManyUnits,
    TooMuchToShow,
)
from bf.inventory.limits import LISTED_PRODUCTS_MAX, ON_HAND_UNITS_MAX


def require_text(field: str, text: str, limit: str, most: int) -> None:
    """Refuse text that is blank or longer than the named limit, in characters."""
    if not text or text.isspace():
        raise Blank(field=field)
    require_short(field, text, limit, most)


def require_short(field: str, text: str, limit: str, most: int) -> None:
    """Refuse text that is longer than the named limit, in characters."""
    if len(text) > most:
        raise TooLong(field=field, chars=len(text), limit=limit, most=most)


def require_items(field: str, items: Sized, limit: str, most: int) -> None:
    """Refuse a list that is empty or longer than the named limit."""
    if not items:
        raise NothingAsked(field=field)
    if len(items) > most:
        raise TooMany(field=field, count=len(items), limit=limit, most=most)


def require_quantity(field: str, quantity: int) -> None:
    """Refuse a quantity that is not positive, or that no tenant can hold."""
    if quantity <= 0:
        raise NotPositive(field=field, quantity=quantity)
    require_holdable(field, quantity)


def require_holdable(field: str, quantity: int) -> None:
    """Refuse a quantity, of either sign, that no tenant can hold."""
    if abs(quantity) > ON_HAND_UNITS_MAX:
        raise TooManyUnits(field=field, quantity=quantity, most=ON_HAND_UNITS_MAX)


def page(after: str, limit: int, most: int = LISTED_PRODUCTS_MAX) -> tuple[int, int]:
    """Read a request's paging: the uid after which to begin, and how many rows to fetch."""
    return uid_number("after", after) if after else 0, rows_to_fetch(limit, most)


def rows_to_fetch(limit: int, most: int) -> int:
    """Read how many rows a request asks for; without a limit one more than may be shown.

    So `require_page` sees that there is more.
    """
    if limit < 0:
        raise Negative(field="limit", number=limit)
    return min(limit or most + 1, most + 1)


def require_page(rows: Sized, limit: str = "LISTED_PRODUCTS_MAX", most: int = LISTED_PRODUCTS_MAX) -> None:
    """Refuse an answer that shows more than its named limit."""
    if len(rows) > most:
        raise TooMuchToShow(limit=limit, most=most, remedy="ask in pages with `after` and `limit`")
