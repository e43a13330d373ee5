"""Situations that a campaign has to reach: what never happens was never tried, however green a campaign is."""

from collections.abc import Iterable, Mapping

from bf.sim.buggify import POINTS
from bf.sim.draw import FAULTS, SCENARIOS

CAMPAIGN_SEEDS_MIN = 2_000
"""How many seeds are a campaign: so many that what never happened can be held against it."""

SITUATIONS: Mapping[str, str] = {
    "a request was repeated": "a client did not learn what became of it",
    "a queue was full": "more requests waited than may",
    "state_rebuilds": "a state was made anew of its log",
    "pause_seconds/compact": "a tenant went over to a compacted log",
    "pause_seconds/rebuild": "a tenant went over to a rebuilt state",
    "cell_stops/log": "a cell stopped because of its log",
    "compact: ended": "an operator compacted a log",
    "rotate: ended": "an operator changed keys",
    "forget: ended": "an operator destroyed keys",
    "rebuild: ended": "an operator rebuilt a state",
    "verify: ended": "an operator verified a state",
    "upgrade: ended": "a later release took over",
    "limit: ended": "an operator set a limit",
    "compact: CompactionError": "a compaction was given up",
    "compact: DamagedLogError": "a log could not be compacted, because it was damaged",
    "done: TagLocationsReq": "locations were tagged",
    "done: StartTransferReq": "goods left on their way to another place",
    "done: ReceiveTransferReq": "some of them arrived",
    "done: CancelTransferReq": "the rest of them came back",
    "done: TakeStockReq": "what was counted was entered",
    "done: PlanWaveReq": "orders were planned to be picked together",
    "done: PickWaveReq": "some of them were picked",
    "done: DefineReportReq": "a report was defined",
    "done: GetReportReq": "a report was read",
    "done: DropReportReq": "a report was dropped",
    "refused: NotAvailable": "an order was refused for want of stock",
    "refused: NotOnHand": "more was taken than was there",
    "refused: LimitReached": "more was asked for than a limit allows",
    "refused: Uncovered": "stock was moved away under an order",
    "refused: NotInTransit": "more arrived than was sent",
    "refused: TransferTaken": "a transfer was started twice",
    "refused: TransferNotFound": "a transfer was received when it was closed",
    "refused: BelowPromise": "less was counted than was promised",
    "refused: FeatureNotEnabled": "waves were asked for where they are not enabled",
    "refused: WaveTaken": "a wave was planned twice",
    "refused: WaveNotFound": "a wave was picked when it was closed",
    "refused: NothingToPick": "a wave was planned with no order left",
    "refused: ReportNameTaken": "a report was defined twice",
    "refused: ReportNotFound": "a report was asked for that was not there",
    "refused: NotReserved": "something was fulfilled that was not reserved",
    "refused: ReservationNotFound": "a reservation was closed twice",
    "refused: RequestIdReused": "a request id was used for another request",
    "refused: CodeTaken": "a reservation was made twice",
    "refused: SkuTaken": "a product was added twice",
    "refused: BadMove": "a location was moved into itself",
    "refused: MalformedUid": "a request made no sense",
}
"""By the name that a run counts it under, what it means."""


def never(
    sometimes: Mapping[str, int],
    buggified: Mapping[str, int],
    faults: Mapping[str, int],
    scenarios: Iterable[str] = SCENARIOS,
) -> list[str]:
    """Return what a campaign has not reached: situations, buggify points, and faults that its scenarios may have."""
    possible = {fault for name in scenarios for fault in SCENARIOS[name].faults}
    return [
        *(name for name in SITUATIONS if not sometimes.get(name)),
        *(f"buggify: {name}" for name in POINTS if not buggified.get(name)),
        *(f"fault: {name}" for name in FAULTS if name in possible and not faults.get(name)),
    ]
