"""Later releases of the domain, as far as an upgrade has to cope with them: one more table, which new code fills."""

from collections.abc import Callable
from copy import copy
from typing import Any

from bf.core.domain import Domain
from bf.core.tx import Applier, Tx
from bf.core.uid import number_of
from bf.inventory.api.events_pb2 import Cancelled, Fulfilled, Reserved


def next_release(domain: Domain) -> Domain:
    """Return a domain as a later release could have it: other tables, other code, the same facts."""
    later = copy(domain)
    later.version += 1
    table = f"open_order_{later.version}"
    later.schema += f"\nCREATE TABLE {table} (uid INTEGER PRIMARY KEY, code TEXT NOT NULL) STRICT;\n"

    def note(tx: Tx, event: Reserved) -> None:
        tx.write(f"INSERT INTO {table} VALUES (?, ?)", number_of(event.reservation), event.code)  # noqa: S608  # our own name

    def forget(tx: Tx, event: Fulfilled | Cancelled) -> None:
        tx.write(f"DELETE FROM {table} WHERE uid = ?", number_of(event.reservation))  # noqa: S608  # our own name

    before = domain.appliers
    later.appliers = before | {
        Reserved: _both(before[Reserved], note),
        Fulfilled: _both(before[Fulfilled], forget),
        Cancelled: _both(before[Cancelled], forget),
    }
    return later


def _both(first: Applier, second: Callable[[Tx, Any], None]) -> Applier:
    def apply(tx: Tx, event: Any) -> None:
        first(tx, event)
        second(tx, event)

    return apply
