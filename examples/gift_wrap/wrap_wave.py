"""Wrap a wave: all its reservations that are not wrapped yet. For tenants that pick in waves."""

from examples.gift_wrap.errors import NoSuchWave
from examples.gift_wrap.events_pb2 import WaveWrapped
from examples.gift_wrap.requests_pb2 import WrapWaveReq, WrapWaveResp
from examples.gift_wrap.wrap import PAPER_CHARS_MAX

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.core.uid import number_of, uid_text
from bf.inventory.checks import require_text


@handles(WrapWaveReq, requires="fulfilment-waves")
def wrap_wave(tx: Tx, req: WrapWaveReq) -> WrapWaveResp:
    """Leave what is wrapped already in its paper."""
    require_text("paper", req.paper, "PAPER_CHARS_MAX", PAPER_CHARS_MAX)
    if not tx.one("SELECT 1 FROM wave WHERE code = ?", req.wave):
        raise NoSuchWave(field="wave", wave=req.wave)
    rows = tx.query(
        """
        SELECT reservation FROM wave_reservation
        WHERE wave = ? AND reservation NOT IN (SELECT reservation FROM gift_wrap_gift)
        ORDER BY reservation
        """,
        req.wave,
    )
    reservations = [uid_text(reservation) for (reservation,) in rows]
    if reservations:
        tx.apply(WaveWrapped(reservations=reservations, paper=req.paper))
    return WrapWaveResp(reservations=reservations)


@applies(WaveWrapped)
def wave_wrapped(tx: Tx, event: WaveWrapped) -> None:
    """Note the paper of each."""
    for reservation in event.reservations:
        tx.write("INSERT INTO gift_wrap_gift VALUES (?, ?)", number_of(reservation), event.paper)
