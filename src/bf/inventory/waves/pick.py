"""Pick a wave: fulfil its reservations in its order, each from the places that were planned.

A reservation that was overtaken is skipped, and the answer says why: it was fulfilled or cancelled meanwhile, its goods
were moved out of the wave's location, or they were taken from a place that has others inside it, which still cover the
promise. It leaves the wave as it is; if it is open, the next wave may have it.
"""

from bf.core.feature import applies, handles
from bf.core.refusal import Refusal
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import WavePicked
from bf.inventory.api.requests_pb2 import PickWaveReq, PickWaveResp
from bf.inventory.checks import rows_to_fetch
from bf.inventory.errors import NotOnHand, PlacedOutside, ReservationNotFound, WaveNotFound
from bf.inventory.limits import WAVE_LINES_MAX
from bf.inventory.stock.fulfill import hand_over
from bf.inventory.stock.promises import find_lines
from bf.inventory.waves.inside import require_inside


@handles(PickWaveReq, requires="fulfilment-waves")
def pick_wave(tx: Tx, req: PickWaveReq) -> PickWaveResp:
    """Pick all that is left of the wave, or the next few of it."""
    row = tx.one("SELECT location FROM wave WHERE code = ?", req.wave)
    if row is None:
        raise WaveNotFound(field="wave", wave=req.wave)
    resp = PickWaveResp()
    for (reservation,) in tx.query(
        "SELECT reservation FROM wave_reservation WHERE wave = ? ORDER BY reservation LIMIT ?",
        req.wave,
        rows_to_fetch(req.limit, WAVE_LINES_MAX),
    ):
        uid = uid_text(reservation)
        why = _picked(tx, row[0], uid)
        if why:
            resp.skipped.add(reservation=uid, reason=why.reason, message=str(why))
        else:
            resp.picked.append(uid)
    skipped = [WavePicked.Skipped(reservation=each.reservation, reason=each.reason) for each in resp.skipped]
    tx.apply(WavePicked(wave=req.wave, picked=resp.picked, skipped=skipped))
    left = tx.one("SELECT count(*) FROM wave_reservation WHERE wave = ?", req.wave)
    assert left, "a count is a row"
    resp.left = left[0]
    return resp


@applies(WavePicked)
def wave_picked(tx: Tx, event: WavePicked) -> None:
    """Let reservations leave the wave; a wave without any is closed, and its code may be used again."""
    for reservation in (*event.picked, *(each.reservation for each in event.skipped)):
        tx.write("DELETE FROM wave_reservation WHERE reservation = ?", number_of(reservation))
    tx.write(
        "DELETE FROM wave WHERE code = ?1 AND NOT EXISTS (SELECT 1 FROM wave_reservation WHERE wave = ?1)", event.wave
    )


def _picked(tx: Tx, location: int, reservation: str) -> Refusal | None:
    """Fulfil a reservation as it was planned, or say why that cannot be done any more."""
    try:
        lines = find_lines(tx, reservation)
        require_inside(tx, location, reservation, lines)
        hand_over(tx, reservation, lines, lines)
    except (ReservationNotFound, PlacedOutside, NotOnHand) as overtaken:
        return overtaken
    return None
