"""A retailer that grows all day: more warehouses, more products, more sales in each step, and everything else besides.

What is open at the end of a step is fulfilled, cancelled or left open in the next one. All that a step does is in
flight together, in an order that the seed draws.
"""

from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import cast

from google.protobuf.message import Message

from bf.cli.stresses.play import Answer, Player, uids_of
from bf.client import Told
from bf.core.uid import uid_text
from bf.inventory.api import requests_pb2 as rq

STEPS = 100
ZONES, ROWS, BINS = 10, 20, 30
SKUS = 6_000
ORDERS, MORE_ORDERS = 300, 10
"""How many orders come in a step, and how many more in each later one."""
ARRIVALS, QUESTIONS, MOVES = 1.25, 0.125, 0.0125
"""How many of each come with an order, in every step: what grows is the retailer, not the share of dear requests."""
FULFILLED, CANCELLED = 0.75, 0.05
"""Which share of what is open is fulfilled, and cancelled, in a step."""
Loc = rq.AddLocationsReq.Loc


@dataclass(frozen=True)
class Open:
    """A reservation that is open, and what it promises by product."""

    uid: str
    units: dict[str, int]


class BlackFriday:
    """Steps of 6,211 locations and 6,000 products, with arrivals, sales, fulfilments, cancels, moves and questions."""

    def __init__(self, player: Player, seed: int, name: str) -> None:
        """Draw from a seed; what is added is called after `name`."""
        self._player = player
        self._seed = seed
        self._name = name
        self._zones: list[str] = []
        self._rows: list[str] = []
        self._bins: list[str] = []
        self._skus: dict[str, str] = {}
        """By product."""
        self._products: list[str] = []
        self._lying: dict[str, dict[str, int]] = defaultdict(dict)
        """By product and bin: the units that lie there."""
        self._stocked: list[str] = []
        self._open: list[Open] = []

    async def furnish(self, step: int) -> None:
        """Build a warehouse of three levels, and add products."""
        rows = [[Loc(name=f"Bin {place}") for place in range(BINS)] for _ in range(ROWS)]
        zones = [
            Loc(name=f"Zone {zone}", locs=[Loc(name=f"Row {row}", locs=locs) for row, locs in enumerate(rows)])
            for zone in range(ZONES)
        ]
        house = Loc(name=f"{self._name}Warehouse {step}", locs=zones)
        built = cast(
            "rq.AddLocationsResp", await self._player.one(rq.AddLocationsReq(locs=[house], parent=uid_text(0)))
        )
        self._zones += uids_of(built.locs, 1)
        self._rows += uids_of(built.locs, 2)
        self._bins += uids_of(built.locs, 3)
        skus = [f"{self._name}SKU {step}-{number}" for number in range(SKUS)]
        added = cast("rq.AddProductsResp", await self._player.one(rq.AddProductsReq(skus=skus)))
        self._skus.update(zip(added.uids, skus, strict=True))
        self._products += added.uids
        totals = self._player.totals
        totals.products = len(self._products)
        totals.locations = step + len(self._zones) + len(self._rows) + len(self._bins)

    async def trade(self, step: int) -> None:
        """Let goods arrive; then sell, fulfil, cancel, move and ask, all at once."""
        dice = Random(f"{self._seed}/{self._name}/{step}")  # noqa: S311  # a workload, not a secret
        orders = ORDERS + MORE_ORDERS * step
        await self._arrive(dice, round(ARRIVALS * orders))
        sales = [self._order(dice, f"{self._name}{step}-{number}") for number in range(orders)]
        dice.shuffle(self._open)
        fulfilled = int(FULFILLED * len(self._open))
        cancelled = fulfilled + int(CANCELLED * len(self._open))
        closing = self._open[:cancelled]
        closes: list[Message] = [self._fulfilment(each) for each in closing[:fulfilled]]
        closes += [rq.CancelReq(reservation=each.uid) for each in closing[fulfilled:]]
        moves = [
            rq.MoveLocationReq(uid=dice.choice(self._rows), new_parent=dice.choice(self._zones))
            for _ in range(round(MOVES * orders))
        ]
        questions: list[Message] = [
            dice.choice(
                (
                    rq.GetLocInventoryReq(location=dice.choice(self._zones)),
                    rq.GetLocInventoryReq(location=dice.choice(self._bins)),
                    rq.ListLocationsReq(location=dice.choice(self._rows)),
                )
            )
            for _ in range(round(QUESTIONS * orders))
        ]
        everything = list(enumerate([*sales, *closes, *moves, *questions]))
        dice.shuffle(everything)
        answers = await self._player.all([request for _, request in everything])
        told = {at: answer for (at, _), answer in zip(everything, answers, strict=True)}
        self._close(closing, closes, [told[len(sales) + at] for at in range(len(closes))])
        self._sell(sales, [told[at] for at in range(len(sales))])

    async def _arrive(self, dice: Random, count: int) -> None:
        arrivals = [
            rq.UpdateInventoryReq(
                location=dice.choice(self._bins),
                product=dice.choice(self._products),
                on_hand_change=dice.randint(10, 100),
            )
            for _ in range(count)
        ]
        for arrival, answer in zip(arrivals, await self._player.all(arrivals), strict=True):
            if not isinstance(answer, Told):
                self._player.totals.on_hand += arrival.on_hand_change
                lying = self._lying[arrival.product]
                if not lying:
                    self._stocked.append(arrival.product)
                lying[arrival.location] = lying.get(arrival.location, 0) + arrival.on_hand_change

    def _order(self, dice: Random, code: str) -> rq.ReserveReq:
        products = [dice.choice(self._stocked) for _ in range(dice.randint(1, 5))]
        items = [rq.ReserveReq.Item(sku=self._skus[product], quantity=dice.randint(1, 3)) for product in products]
        return rq.ReserveReq(reservation=code, location=uid_text(0), items=items)

    def _fulfilment(self, reservation: Open) -> rq.FulfillReq:
        """Take what was promised from where it lies, as far as it is known."""
        items: list[rq.FulfillReq.Item] = []
        for product, promised in reservation.units.items():
            left = promised
            for place, units in self._lying[product].items():
                taken = min(left, units)
                if taken:
                    items.append(rq.FulfillReq.Item(product=product, location=place, quantity=taken))
                    self._lying[product][place] -= taken
                    left -= taken
        return rq.FulfillReq(reservation=reservation.uid, items=items)

    def _close(self, closing: list[Open], closes: list[Message], answers: list[Answer]) -> None:
        totals, kept = self._player.totals, self._open[len(closing) :]
        for reservation, request, answer in zip(closing, closes, answers, strict=True):
            items = list(request.items) if isinstance(request, rq.FulfillReq) else []
            if isinstance(answer, Told):
                kept.append(reservation)
                for item in items:
                    self._lying[item.product][item.location] += item.quantity
                continue
            totals.reserved -= sum(reservation.units.values())
            totals.on_hand -= sum(item.quantity for item in items)
        self._open = kept

    def _sell(self, sales: list[rq.ReserveReq], answers: list[Answer]) -> None:
        products = {sku: product for product, sku in self._skus.items()}
        for order, answer in zip(sales, answers, strict=True):
            if not isinstance(answer, Told):
                units = dict[str, int]()
                for item in order.items:
                    units[products[item.sku]] = units.get(products[item.sku], 0) + item.quantity
                self._open.append(Open(cast("rq.ReserveResp", answer).reservation, units))
                self._player.totals.reserved += sum(units.values())
