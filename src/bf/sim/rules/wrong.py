"""What is wrong with a request: where it is wrong in several ways, every code that is right is right here."""

from collections import defaultdict
from collections.abc import Container, Iterable
from typing import Protocol

from bf.core.refusal import Code
from bf.sim.books import Books, number_of

Wrong = set[int]
"""The codes that would be right; none: the request is to be carried out."""


class Item(Protocol):
    """Some units of a product."""

    product: str
    quantity: int


def find(text: str, known: Container[int], wrong: Wrong) -> int:
    """Return the number behind a uid, and note what is wrong with it."""
    uid = number_of(text)
    if uid < 0:
        wrong.add(Code.INVALID_ARGUMENT)
    elif uid not in known:
        wrong.add(Code.NOT_FOUND)
    return uid


def units_of(books: Books, items: Iterable[Item], wrong: Wrong) -> dict[int, int]:
    """Add up items by product, in their order, and note what is wrong with them."""
    units: dict[int, int] = defaultdict(int)
    for item in items:
        if item.quantity <= 0:
            wrong.add(Code.INVALID_ARGUMENT)
        units[find(item.product, books.skus, wrong)] += item.quantity
    return units
