"""Random requests about what a model knows: mostly sensible ones that hit existing things, some odd ones."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from tests.inventory.model import ROOT, SCRIPTS, Model, Units
from tests.inventory.reasons import uid

from bf.inventory.api import requests_pb2 as rq
from bf.inventory.limits import CODE_CHARS_MAX, LOCATION_DEPTH_MAX, NAME_CHARS_MAX, ON_HAND_UNITS_MAX

T = TypeVar("T")

ODD_UIDS = [
    "",
    "1",
    "sku",
    uid(999),
    uid(2**48 - 1),
    uid(2**48),  # a digit too many
    uid(2**64),  # beyond the integers of SQL
    uid(-1),
    uid(10).upper(),
    uid(1) + " ",
    "00000000-0000-0000-0001-000000000001",
    "00000000-0000-0000-0000-00000000_001",
    "00000000-0000-0000-0000-+00000000001",
]
ODD_TEXTS = [
    "",
    " ",
    "\t\u3000\n",
    "x" * (CODE_CHARS_MAX + 1),
    "x" * NAME_CHARS_MAX,
    "{0}%s",
    "'; --",
    "a\x00b",
    "ß",
    "SS",
]
ODD_QUANTITIES = [0, -1, -(2**63), 2**63 - 1, ON_HAND_UNITS_MAX, ON_HAND_UNITS_MAX - 3, ON_HAND_UNITS_MAX + 1]
NAMES = [*"ABCDEFGHIJ", "a"]
SKUS = ["cola", "fanta", "sprite", "Cola"]
CODES = ["sale-1", "sale-2", "sale-3", "Sale-1"]
TRUCKS = ["truck-1", "truck-2", "Truck-1"]
WAVES_FEATURE = "fulfilment-waves"
WAVES = ["wave-1", "wave-2", "Wave-1"]
REPORTS = ["houses", "in transit", "Houses"]
WORDS = ["in transit", "reefer", "Reefer"]

NO_TAGS: dict[str, str] = {}
TAGS = [{"channel": "web"}, {"": ""}, {"x" * 257: ""}, {"": "x" * 257}, {str(number): "" for number in range(101)}]


def one_of(draw: DrawFn, usual: Sequence[T], odd: Sequence[T], odds: int = 25) -> T:
    """Draw something usual, or once in so many times, or if there is nothing usual, something odd."""
    drawn = draw(st.integers(0, len(usual) * odds - 1)) if usual else 0  # one draw is half as slow as two
    is_odd = drawn >= len(usual) * (odds - 1)
    return odd[draw(st.integers(0, len(odd) - 1))] if is_odd else usual[drawn % len(usual)]


def a_location(draw: DrawFn, model: Model) -> str:
    """Mostly one of the newest, at times the root, and now and then the uid of a product or a reservation."""
    newest = [uid(each) for each in model.names if each != ROOT][-20:]
    return one_of(draw, newest, [uid(ROOT)] * 6 + [*map(uid, range(model.last)), *ODD_UIDS], 15)


def a_held_place(draw: DrawFn, model: Model) -> tuple[int, int]:
    """Return a location and a product that lies or is promised there; only if there is one."""
    held = [place for units in (model.stock, *model.promises.values()) for place in units if units[place]]
    return held[draw(st.integers(0, len(held) - 1))]


def a_step_up(draw: DrawFn, model: Model, location: int, last: int) -> str:
    """Return the location or something that it lies in; the last on the path is the root."""
    path = model.path(location)[:last] or [location]
    return uid(path[draw(st.integers(0, len(path) - 1))])


def a_product(draw: DrawFn, model: Model) -> str:
    return one_of(draw, [uid(each) for each in model.skus], [*map(uid, range(model.last)), *ODD_UIDS], 40)


@st.composite
def add_products(draw: DrawFn, model: Model) -> rq.AddProductsReq:
    new = [sku for sku in SKUS if sku not in model.skus.values()]
    count = one_of(draw, [1, 2, 3], [0], 6)
    return rq.AddProductsReq(skus=[one_of(draw, new, [*SKUS, *ODD_TEXTS], 15) for _ in range(count)])


@st.composite
def list_products(draw: DrawFn, model: Model) -> rq.ListProductsReq:
    return rq.ListProductsReq(
        skus=draw(st.lists(st.sampled_from([*SKUS, *ODD_TEXTS, *model.skus.values()]), max_size=3)),
        after=one_of(draw, ["", "", *map(uid, model.skus)], ODD_UIDS),
        limit=one_of(draw, [0, 0, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )


@st.composite
def add_locations(draw: DrawFn, model: Model) -> rq.AddLocationsReq:
    if draw(st.integers(1, 20)) == 20:
        locs = [a_chain(draw(st.integers(1, LOCATION_DEPTH_MAX + 2)))]
    else:
        locs = _locs(draw, draw(st.integers(1, 3)))
    return rq.AddLocationsReq(locs=locs, parent=a_location(draw, model))


def _locs(draw: DrawFn, levels: int) -> list[rq.AddLocationsReq.Loc]:
    unique = draw(st.integers(1, 10)) < 10
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=unique))
    odd_names = [one_of(draw, [name], ODD_TEXTS, 40) for name in names]
    return [rq.AddLocationsReq.Loc(name=name, locs=_locs(draw, levels - 1) if levels > 1 else []) for name in odd_names]


def a_chain(levels: int) -> rq.AddLocationsReq.Loc:
    """One inside the other."""
    return rq.AddLocationsReq.Loc(name="chain", locs=[a_chain(levels - 1)] if levels > 1 else [])


@st.composite
def list_locations(draw: DrawFn, model: Model) -> rq.ListLocationsReq:
    return rq.ListLocationsReq(
        location=a_location(draw, model), levels=one_of(draw, [0, 1, 2, 3], [-1, -(2**31), 2**31 - 1])
    )


@st.composite
def move_location(draw: DrawFn, model: Model) -> rq.MoveLocationReq:
    """Often something that holds or promises goods, or that lies around such a place; seldom into its own inside."""
    location = a_location(draw, model)
    if +model.stock and draw(st.integers(1, 4)) > 1:
        location = a_step_up(draw, model, a_held_place(draw, model)[0], -1)
    elsewhere = [uid(each) for each in model.names if location not in map(uid, model.path(each))]
    return rq.MoveLocationReq(uid=location, new_parent=one_of(draw, elsewhere, [location, a_location(draw, model)], 10))


@st.composite
def update_inventory(draw: DrawFn, model: Model) -> rq.UpdateInventoryReq:
    """Put something somewhere, or more or less of it where it lies: all of it, or one too many."""
    location, product, changes = a_location(draw, model), a_product(draw, model), [1, 2, 5]
    if +model.stock and draw(st.integers(1, 3)) > 1:
        at, number = a_held_place(draw, model)
        units = model.stock[at, number]
        location, product, changes = uid(at), uid(number), [1, -1, -1, -2, -units, -units - 1]
    change = one_of(draw, changes, [*ODD_QUANTITIES, *(-each for each in ODD_QUANTITIES if each > -(2**63))])
    return rq.UpdateInventoryReq(location=location, product=product, on_hand_change=change)


@st.composite
def get_loc_inventory(draw: DrawFn, model: Model) -> rq.GetLocInventoryReq:
    return rq.GetLocInventoryReq(
        location=a_location(draw, model),
        after=one_of(draw, ["", "", *map(uid, model.skus)], ODD_UIDS),
        limit=one_of(draw, [0, 0, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )


@st.composite
def reserve(draw: DrawFn, model: Model) -> rq.ReserveReq:
    """Anywhere, or where something lies: there, or in anything that it lies in; a little, all that is free, or more."""
    location, skus, free = a_location(draw, model), [*model.skus.values()], 1
    if +model.stock and draw(st.integers(1, 5)) > 1:
        at, number = a_held_place(draw, model)
        location, skus = a_step_up(draw, model, at, 99), [model.skus[number]]
        inside = next(each for each in model.names if uid(each) == location)
        free = max(1, model.on_hand(inside, number) - model.reserved(inside, number))
    items = [
        rq.ReserveReq.Item(
            sku=one_of(draw, skus, [*SKUS, *ODD_TEXTS]),
            quantity=one_of(draw, [1, 1, free, free + 1], ODD_QUANTITIES, 40),
        )
        for _ in range(one_of(draw, [1, 1, 1, 2, 3], [0]))
    ]
    unused = [code for code in CODES if code not in model.codes.values()]
    code = one_of(draw, unused, [*CODES, *ODD_TEXTS], 15)
    return rq.ReserveReq(reservation=code, items=items, tags=one_of(draw, [NO_TAGS], TAGS, 10), location=location)


@st.composite
def fulfill(draw: DrawFn, model: Model) -> rq.FulfillReq:
    """Some or all of what an open reservation promises, from where it lies; at times too much, or the wrong things."""
    reservation = one_of(draw, [*model.promises], [*range(model.last + 2)])
    items = list[rq.FulfillReq.Item]()
    for (location, number), promised in model.promises.get(reservation, Units()).items():
        left, holding = promised, [at for at in model.inside(location) if model.stock[at, number]]
        while left > 0 and holding:
            at = holding.pop(draw(st.integers(0, len(holding) - 1)))
            most = min(left, model.stock[at, number])
            items.append(
                rq.FulfillReq.Item(
                    product=one_of(draw, [uid(number)], [a_product(draw, model)]),
                    location=one_of(draw, [uid(at)], [a_location(draw, model)]),
                    quantity=one_of(draw, [most, most, 1], [*ODD_QUANTITIES, left + 1]),
                )
            )
            left -= most + draw(st.integers(0, 1))
    return rq.FulfillReq(reservation=one_of(draw, [uid(reservation)], ODD_UIDS), items=items)


@st.composite
def cancel(draw: DrawFn, model: Model) -> rq.CancelReq:
    return rq.CancelReq(
        reservation=one_of(draw, [*map(uid, model.promises)], [*map(uid, range(model.last)), *ODD_UIDS])
    )


@st.composite
def tag_locations(draw: DrawFn, model: Model) -> rq.TagLocationsReq:
    add, remove = (draw(st.lists(st.sampled_from(WORDS), max_size=2)) for _ in range(2))
    tag = one_of(draw, WORDS, ODD_TEXTS, 40)
    return rq.TagLocationsReq(
        locations=[a_location(draw, model) for _ in range(one_of(draw, [1, 2, 3], [0], 10))],
        add=[tag, *add],
        remove=[each for each in remove if each not in add or draw(st.integers(1, 5)) == 5],
    )


@st.composite
def list_tagged(draw: DrawFn, model: Model) -> rq.ListTaggedReq:
    return rq.ListTaggedReq(
        tag=one_of(draw, WORDS, ODD_TEXTS),
        after=one_of(draw, ["", "", *map(uid, model.tags)], ODD_UIDS),
        limit=one_of(draw, [0, 0, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )


@st.composite
def start_transfer(draw: DrawFn, model: Model) -> rq.StartTransferReq:
    """From where something lies: all of it, a little, or one too many; and something else of what lies there."""
    source, items = a_location(draw, model), [(a_product(draw, model), 1)]
    if +model.stock and draw(st.integers(1, 10)) > 1:
        at, _ = a_held_place(draw, model)
        held = [(uid(product), units) for (place, product), units in model.stock.items() if place == at and units]
        source, items = uid(at), held or items
    return rq.StartTransferReq(
        transfer=one_of(draw, [code for code in TRUCKS if code not in model.transfers], [*TRUCKS, *ODD_TEXTS], 15),
        source=source,
        destination=a_location(draw, model),
        items=[
            rq.StartTransferReq.Item(
                product=one_of(draw, [product], [a_product(draw, model)], 20),
                quantity=one_of(draw, [1, 1, units, units + 1], ODD_QUANTITIES, 40),
            )
            for product, units in items * one_of(draw, [1, 1, 1, 2], [0])
        ],
    )


@st.composite
def receive_transfer(draw: DrawFn, model: Model) -> rq.ReceiveTransferReq:
    """Some or all of what is in transit, or nothing; with a reason now and then."""
    code = one_of(draw, [*model.transfers], [*TRUCKS, *ODD_TEXTS])
    in_transit = model.transfers[code].in_transit if code in model.transfers else {1: 1}
    items = [
        rq.ReceiveTransferReq.Item(
            product=one_of(draw, [uid(product)], [a_product(draw, model)], 30),
            quantity=one_of(draw, [units, units, 1], [*ODD_QUANTITIES, units + 1]),
        )
        for product, units in in_transit.items()
        if draw(st.integers(1, 4)) > 1
    ]
    return rq.ReceiveTransferReq(
        transfer=code, items=items, reason=one_of(draw, ["", "", "", "broken"], [" ", "x" * 1_001], 20)
    )


@st.composite
def cancel_transfer(draw: DrawFn, model: Model) -> rq.CancelTransferReq:
    return rq.CancelTransferReq(transfer=one_of(draw, [*model.transfers], [*TRUCKS, *ODD_TEXTS]))


@st.composite
def list_transfers(draw: DrawFn, model: Model) -> rq.ListTransfersReq:
    return rq.ListTransfersReq(
        after=one_of(draw, ["", "", *model.transfers], [*TRUCKS, *ODD_TEXTS]),
        limit=one_of(draw, [0, 0, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )


@st.composite
def take_stock(draw: DrawFn, model: Model) -> rq.TakeStockReq:
    """Where something lies: as it is, a little less or more, or nothing of it; at times of all products."""
    location = a_location(draw, model)
    if +model.stock and draw(st.integers(1, 5)) > 1:
        location = uid(a_held_place(draw, model)[0])
    counts = list[rq.TakeStockReq.Count]()
    for product in draw(st.permutations([*model.skus]))[: draw(st.integers(1, 3))]:
        here = max(
            [0, *(units for (at, each), units in model.stock.items() if uid(at) == location and each == product)]
        )
        counts.append(
            rq.TakeStockReq.Count(
                product=one_of(draw, [uid(product)], [a_product(draw, model)], 30),
                counted=one_of(draw, [here, here + 1, max(0, here - 1), max(0, here - 1), 0], ODD_QUANTITIES),
            )
        )
    reason = one_of(draw, ["yearly", "mice"], ODD_TEXTS, 30)
    return rq.TakeStockReq(location=location, reason=reason, counts=counts)


@st.composite
def enable_feature(draw: DrawFn, _model: Model) -> rq.EnableFeatureReq:
    return rq.EnableFeatureReq(feature=one_of(draw, [WAVES_FEATURE], ODD_TEXTS, 10))


@st.composite
def disable_feature(draw: DrawFn, _model: Model) -> rq.DisableFeatureReq:
    return rq.DisableFeatureReq(feature=one_of(draw, [WAVES_FEATURE], ODD_TEXTS, 10))


def list_features(_model: Model) -> st.SearchStrategy[rq.ListFeaturesReq]:
    return st.just(rq.ListFeaturesReq())


@st.composite
def plan_wave(draw: DrawFn, model: Model) -> rq.PlanWaveReq:
    """Around an open reservation, mostly; all that is there, some by name, or the oldest."""
    location, named = a_location(draw, model), list[str]()
    if model.promises and draw(st.integers(1, 8)) > 1:
        reservations = draw(st.lists(st.sampled_from([*model.promises]), min_size=1, max_size=3))
        at = next(iter(model.promises[reservations[0]]))[0]
        location = a_step_up(draw, model, at, 99)
        if draw(st.integers(1, 3)) == 1:
            named = [one_of(draw, [uid(each)], [*map(uid, range(model.last)), *ODD_UIDS], 20) for each in reservations]
    return rq.PlanWaveReq(
        wave=one_of(draw, [code for code in WAVES if code not in model.waves], [*WAVES, *ODD_TEXTS], 15),
        location=location,
        reservations=named,
        limit=one_of(draw, [0, 0, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )


@st.composite
def pick_wave(draw: DrawFn, model: Model) -> rq.PickWaveReq:
    return rq.PickWaveReq(
        wave=one_of(draw, [*model.waves], [*WAVES, *ODD_TEXTS]),
        limit=one_of(draw, [0, 1, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )


@st.composite
def define_report(draw: DrawFn, model: Model) -> rq.DefineReportReq:
    rule = one_of(draw, ["locations", "children_of", "tagged"], ["", "both"], 20)
    return rq.DefineReportReq(
        name=one_of(draw, [name for name in REPORTS if name not in model.reports], [*REPORTS, *ODD_TEXTS], 15),
        locations=[a_location(draw, model) for _ in range(draw(st.integers(1, 4)))]
        if rule in {"locations", "both"}
        else [],
        children_of=a_location(draw, model) if rule == "children_of" else "",
        tagged=one_of(draw, WORDS, ODD_TEXTS, 40) if rule in {"tagged", "both"} else "",
    )


@st.composite
def drop_report(draw: DrawFn, model: Model) -> rq.DropReportReq:
    return rq.DropReportReq(name=one_of(draw, [*model.reports], [*REPORTS, *ODD_TEXTS]))


def list_reports(_model: Model) -> st.SearchStrategy[rq.ListReportsReq]:
    return st.just(rq.ListReportsReq())


@st.composite
def get_report(draw: DrawFn, model: Model) -> rq.GetReportReq:
    """Whole or in part; the next page of now, of earlier or of nowhere."""
    pages = [f"{position}:{uid(product)}" for position in (0, model.position) for product in model.skus]
    return rq.GetReportReq(
        name=one_of(draw, [*model.reports], [*REPORTS, *ODD_TEXTS]),
        sku_prefix=one_of(draw, ["", "", "", "c", "fa", "cola"], ODD_TEXTS),
        least=one_of(draw, [0, 0, 1, 2, 5], [-1, -(2**63), 2**63 - 1]),
        products=[a_product(draw, model) for _ in range(one_of(draw, [0, 0, 0, 1, 3], [0]))],
        page=one_of(draw, ["", "", *pages], [*ODD_UIDS, *ODD_TEXTS, f"{model.position + 1}:{uid(1)}"]),
        limit=one_of(draw, [0, 0, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )


@st.composite
def install_script(draw: DrawFn, _model: Model) -> rq.InstallScriptReq:
    hook = one_of(draw, ["reserve", "update"], ["report", *ODD_TEXTS], 15)
    broken = ["function reserve(", "error()", *(source for sources in SCRIPTS.values() for source in sources)]
    source = one_of(draw, SCRIPTS.get(hook, ()), [*broken, *ODD_TEXTS], 10)
    return rq.InstallScriptReq(hook=hook, name=one_of(draw, ["mine"], ["Mine", *ODD_TEXTS], 10), source=source)


@st.composite
def remove_script(draw: DrawFn, model: Model) -> rq.RemoveScriptReq:
    hook, name = one_of(draw, [(each.hook, each.name) for each in model.scripts], [("update", "mine"), ("", "mine")], 4)
    return rq.RemoveScriptReq(hook=hook, name=name)


def list_scripts(_model: Model) -> st.SearchStrategy[rq.ListScriptsReq]:
    return st.just(rq.ListScriptsReq())


@st.composite
def list_alerts(draw: DrawFn, _model: Model) -> rq.ListAlertsReq:
    return rq.ListAlertsReq(
        before=one_of(draw, [0, 0, 1, 2], [-1, -(2**63), 2**63 - 1]),
        limit=one_of(draw, [0, 0, 1, 2], [-1, -(2**31), 2**31 - 1]),
    )
