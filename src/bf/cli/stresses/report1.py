"""The workload with which the prototype of 2022 was published: a warehouse more in each step, and many small orders.

It never looked whether there was enough, and sold three times what it had; most of these orders are refused here.
"""

from random import Random
from typing import cast

from bf.cli.stresses.play import Player, uids_of
from bf.client import Told
from bf.core.uid import uid_text
from bf.inventory.api import requests_pb2 as rq

STEPS = 20
ROWS, BINS = 10, 50
SKUS, ARRIVALS, ORDERS = 1_000, 100, 1_000
Loc = rq.AddLocationsReq.Loc


class Report1:
    """20 steps of 511 locations, 1,000 products, 100 arrivals and 1,000 orders."""

    def __init__(self, player: Player, seed: int, name: str) -> None:
        """Draw from a seed; what is added is called after `name`."""
        self._player = player
        self._seed = seed
        self._name = name
        self._locations: list[str] = []
        self._products: list[str] = []
        self._skus: list[str] = []

    async def furnish(self, step: int) -> None:
        """Build a warehouse in one request, and add products in another."""
        rows = [Loc(name=f"Row {row}", locs=[Loc(name=f"Bin {place}") for place in range(BINS)]) for row in range(ROWS)]
        house = Loc(name=f"{self._name}Warehouse {step}", locs=rows)
        built = cast(
            "rq.AddLocationsResp", await self._player.one(rq.AddLocationsReq(locs=[house], parent=uid_text(0)))
        )
        for depth in range(3):
            self._locations += uids_of(built.locs, depth)
        skus = [f"{self._name}SKU {step}-{number}" for number in range(SKUS)]
        added = cast("rq.AddProductsResp", await self._player.one(rq.AddProductsReq(skus=skus)))
        self._skus += skus
        self._products += added.uids
        totals = self._player.totals
        totals.locations, totals.products = len(self._locations), len(self._products)

    async def trade(self, step: int) -> None:
        """Let goods arrive and orders come."""
        dice = Random(f"{self._seed}/{self._name}/{step}")  # noqa: S311  # a workload, not a secret
        totals = self._player.totals
        arrivals = [
            rq.UpdateInventoryReq(
                location=dice.choice(self._locations),
                product=dice.choice(self._products),
                on_hand_change=dice.randint(0, 99),
            )
            for _ in range(ARRIVALS)
        ]
        for arrival, answer in zip(arrivals, await self._player.all(arrivals), strict=True):
            totals.on_hand += 0 if isinstance(answer, Told) else arrival.on_hand_change
        orders = [
            rq.ReserveReq(
                reservation=f"{self._name}{step}-{number}",
                location=uid_text(0),
                items=[
                    rq.ReserveReq.Item(sku=dice.choice(self._skus), quantity=dice.randint(1, 5))
                    for _ in range(dice.randint(1, 10))
                ],
            )
            for number in range(ORDERS)
        ]
        for order, answer in zip(orders, await self._player.all(orders), strict=True):
            totals.reserved += 0 if isinstance(answer, Told) else sum(item.quantity for item in order.items)
