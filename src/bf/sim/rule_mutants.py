"""Mutants of the rules of stock keeping: what is noticed only because customers use it, and the books know it."""

from bf.inventory.scripts.decisions import Followed
from bf.sim.mutant import Mutant


def _nothing(*_words: object) -> None:
    """Do nothing."""


def _as_it_is(_tx: object, location: int, _product: int, units: int, _promised: int) -> list[tuple[int, int]]:
    """Plan to take goods from wherever inside a location."""
    return [(location, units)]


def _none(*_words: object) -> frozenset[int]:
    """Find nothing."""
    return frozenset()


def _yes(*_words: object) -> bool:
    """Agree."""
    return True


def _accept(*_words: object) -> Followed:
    """Let nothing follow."""
    return Followed()


RULE_MUTANTS = (
    Mutant(
        "what has arrived is not in transit any more",
        "inventory/transfers/receive.py",
        [("bf.inventory.transfers.receive:leave_transit", _nothing)],
    ),
    Mutant(
        "what was in transit comes back",
        "inventory/transfers/cancel.py",
        [("bf.inventory.transfers.cancel:put", _nothing)],
    ),
    Mutant(
        "a count leaves promises their goods",
        "inventory/stock/count.py",
        [("bf.inventory.stock.count:_require_promises_kept", _nothing)],
    ),
    Mutant(
        "what is planned is promised from its places",
        "inventory/waves/plan.py",
        [("bf.inventory.waves.plan:_places", _as_it_is)],
    ),
    Mutant(
        "a disabled feature is refused",
        "inventory/features/optional.py",
        [("bf.inventory.features.optional:is_enabled", _yes)],
    ),
    Mutant(
        "nothing counts twice in a report",
        "inventory/reports/columns.py",
        [("bf.inventory.reports.columns:_nested", _none)],
    ),
    Mutant(
        "an alert of a script is kept",
        "inventory/stock/update.py",
        [("bf.inventory.stock.update:ask_update", _accept)],
    ),
)
"""Each changes what a feature does, so what the books say is the only safeguard."""
