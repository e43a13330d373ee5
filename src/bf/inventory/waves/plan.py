"""Plan a wave: choose open reservations to pick together, and decide from which places their goods are taken.

Rules of this file:
1. A wave takes reservations that are placed at its location or inside it, with all their lines, the oldest first. A
   reservation is in one wave at a time.
2. Planning allocates: what was promised from anywhere inside a location is promised from the very places from which it
   will be taken. So every other feature keeps the goods there, and the next wave plans with what is left.
3. The goods of a location itself come first, then those of each location inside it, in the order of their uids; from
   none more than is free there.
4. That is always enough, and breaks no promise. Let free(x) be what is on hand inside x less what is promised inside
   x, which is never negative. Then what lies at x itself and the free(c) of all children c of x add up to what is on
   hand inside x less what is promised inside its children: no less than what is promised at x itself.

Choosing reads the promises of all open reservations up to the newest that is chosen. Allocating a line costs as much as
the places from which it takes, and what lies beside them on the way down.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_number, uid_text
from bf.inventory.api.events_pb2 import Allocated, WavePlanned
from bf.inventory.api.requests_pb2 import PlanWaveReq, PlanWaveResp
from bf.inventory.checks import require_text, rows_to_fetch
from bf.inventory.errors import InAnotherWave, NothingToPick, ReservationNotFound, TooMany, TooMuchToShow, WaveTaken
from bf.inventory.limits import CODE_CHARS_MAX, WAVE_LINES_MAX
from bf.inventory.locations.tree import find_path, path_to_root
from bf.inventory.stock.promises import lines_of, promise_line
from bf.inventory.stock.totals import promise
from bf.inventory.waves.inside import require_inside

Pick = PlanWaveResp.Pick


@handles(PlanWaveReq, requires="fulfilment-waves")
def plan_wave(tx: Tx, req: PlanWaveReq) -> PlanWaveResp:
    """Plan all that was asked for or nothing; a wave beyond its limit is refused, never cut short."""
    require_text("wave", req.wave, "CODE_CHARS_MAX", CODE_CHARS_MAX)
    location = find_path(tx, "location", req.location)[0]
    most = rows_to_fetch(req.limit, WAVE_LINES_MAX)
    if tx.one("SELECT 1 FROM wave WHERE code = ?", req.wave):
        raise WaveTaken(field="wave", wave=req.wave)
    chosen = _named(tx, req, location)[:most] if req.reservations else _oldest(tx, location, most)
    if not chosen:
        raise NothingToPick(location=req.location)
    resp = PlanWaveResp()
    room = WAVE_LINES_MAX
    for reservation in chosen:
        room -= _allocate(tx, reservation, room)
        resp.picks.append(_pick(tx, reservation))
    tx.apply(WavePlanned(wave=req.wave, location=req.location, reservations=map(uid_text, chosen)))
    return resp


@applies(Allocated)
def allocated(tx: Tx, event: Allocated) -> None:
    """Move a promise down to the places from which it will be kept."""
    reservation, product, location = number_of(event.reservation), number_of(event.product), number_of(event.location)
    promise(tx, path_to_root(tx, location), product, -sum(item.quantity for item in event.items))
    tx.write(
        "DELETE FROM reservation_line WHERE reservation = ? AND product = ? AND location = ?",
        reservation,
        product,
        location,
    )
    for item in event.items:
        promise_line(tx, reservation, product, number_of(item.location), item.quantity)


@applies(WavePlanned)
def wave_planned(tx: Tx, event: WavePlanned) -> None:
    """Note which reservations the wave has."""
    tx.write("INSERT INTO wave VALUES (?, ?)", event.wave, number_of(event.location))
    for reservation in event.reservations:
        tx.write("INSERT INTO wave_reservation VALUES (?, ?)", number_of(reservation), event.wave)


def _named(tx: Tx, req: PlanWaveReq, location: int) -> Sequence[int]:
    """Return the reservations that a request names, the oldest first; one that cannot be planned refuses the wave."""
    if len(req.reservations) > WAVE_LINES_MAX:
        raise TooMany(field="reservations", count=len(req.reservations), limit="WAVE_LINES_MAX", most=WAVE_LINES_MAX)
    chosen: set[int] = set()
    for number, uid in enumerate(req.reservations):
        field = f"reservations[{number}]"
        reservation = uid_number(field, uid)
        lines = lines_of(tx, reservation)
        if not lines:
            raise ReservationNotFound(uid=uid)
        require_inside(tx, location, uid, lines)
        row = tx.one("SELECT wave FROM wave_reservation WHERE reservation = ?", reservation)
        if row:
            raise InAnotherWave(field=field, reservation=uid, wave=row[0])
        chosen.add(reservation)
    return sorted(chosen)


def _oldest(tx: Tx, location: int, most: int) -> Sequence[int]:
    """Return the oldest open reservations inside a location that no wave has."""
    places = tx.query("SELECT DISTINCT location FROM reservation_line")
    inside = json.dumps([place for (place,) in places if location in path_to_root(tx, place)])
    rows = tx.query(
        """
        SELECT reservation FROM reservation_line
        WHERE reservation NOT IN (SELECT reservation FROM wave_reservation)
        GROUP BY reservation HAVING min(location IN (SELECT value FROM json_each(?)))
        ORDER BY reservation LIMIT ?
        """,
        inside,
        most,
    )
    return [reservation for (reservation,) in rows]


def _allocate(tx: Tx, reservation: int, room: int) -> int:
    """Decide for each line of a reservation, those deepest in the tree first, and return from how many places."""
    lines = sorted(lines_of(tx, reservation).items(), key=lambda line: -len(path_to_root(tx, line[0][1])))
    count = 0
    for (product, location), quantity in lines:
        places = list(islice(_places(tx, location, product, quantity, quantity), room + 1))
        count += len(places)
        if count > room:
            raise TooMuchToShow(
                limit="WAVE_LINES_MAX", most=WAVE_LINES_MAX, remedy="name fewer reservations, or a lower `limit`"
            )
        if places != [(location, quantity)]:
            tx.apply(
                Allocated(
                    reservation=uid_text(reservation),
                    product=uid_text(product),
                    location=uid_text(location),
                    items=[Allocated.Item(location=uid_text(place), quantity=units) for place, units in places],
                )
            )
    return count


def _pick(tx: Tx, reservation: int) -> Pick:
    return Pick(
        reservation=uid_text(reservation),
        items=[
            PlanWaveResp.Item(product=uid_text(product), location=uid_text(location), quantity=quantity)
            for (product, location), quantity in lines_of(tx, reservation).items()
        ],
    )


def _places(tx: Tx, location: int, product: int, units: int, promised: int) -> Iterator[tuple[int, int]]:
    """Yield the places inside a location from which so many units are taken, of which so many are promised there."""
    row = tx.one("SELECT here, reserved FROM stock WHERE location = ? AND product = ?", location, product)
    assert row, f"nothing of product {product} lies inside location {location}"
    inside = tx.query(
        """
        SELECT uid, on_hand - reserved, reserved FROM location CROSS JOIN stock ON stock.location = uid
        WHERE parent = ? AND product = ? ORDER BY uid
        """,
        location,
        product,
    )
    here, reserved = row
    others = reserved - promised - sum(reserved_inside for _, _, reserved_inside in inside)
    taken = min(units, max(0, here - others))  # what lies here keeps the other promises that are made here
    if taken:
        yield location, taken
    for child, free, _ in inside:
        part = min(units - taken, free)
        if part:
            yield from _places(tx, child, product, part, 0)
            taken += part
    assert taken == units, f"{units - taken} units of product {product} are promised at {location} and not inside it"
