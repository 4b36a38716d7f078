"""``replace_keys`` gives what computing everything gives: random change sets over both inputs.

A world is a change set of its own: its rows carry its number, so that one refresh covers all.
"""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import till as t
from pyspark.sql import SparkSession
from till import Till

pytestmark = pytest.mark.usefixtures("privacy_key")
WORLDS, DAYS = 100, ("2026-03-02", "2026-03-03", "2026-03-04")
SHOPS = (
    "world: {type: int, pii: none}; shop: {type: int, pii: none}; "
    "region: {type: string, pii: none}; n: {type: int, pii: none}; op: {type: string, pii: none}"
)
SALES = (
    "world: {type: int, pii: none}; sale: {type: int, pii: none}; shop: {type: int, pii: none}; "
    'amount: {type: "decimal(9,2)", pii: none}; n: {type: int, pii: none}; '
    "op: {type: string, pii: none}"
)
HISTORY = "write: scd2\nsequence_by: n\napply_as_deletes: \"op = 'D'\"\nkeys: "
GOLD = """SELECT s.world, h.region, count(*) AS sales, sum(s.amount) AS total
FROM silver.sales AS s
LEFT JOIN silver.shops AS h ON h.world = s.world AND h.shop = s.shop
GROUP BY s.world, h.region"""


class World:
    """The current rows of one world, changed at random; a model of both tables and of gold."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seed = random.Random(number)
        self.sequence = 0
        self.shops: dict[int, str | None] = {}
        self.sales: dict[int, tuple[int, Decimal]] = {}

    def changes(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Inserts, updates, deletes and moves of shops and of sales."""
        shops, sales = [], []
        for _ in range(self.seed.randint(0, 3)):
            shop, region = self.seed.randint(1, 4), self.seed.choice(["north", "south", None])
            deleted = self.seed.random() < 0.3
            shops.append(self._row(shop=shop, region=region, op="D" if deleted else "U"))
            self.shops.pop(shop, None) if deleted else self.shops.update({shop: region})
        for _ in range(self.seed.randint(0, 6)):
            sale, shop = self.seed.randint(1, 8), self.seed.randint(1, 5)
            amount = Decimal(self.seed.randint(1, 900)) / 100
            deleted = self.seed.random() < 0.3
            row = {"sale": sale, "shop": shop, "amount": str(amount)}
            sales.append(self._row(**row, op="D" if deleted else "U"))
            self.sales.pop(sale, None) if deleted else self.sales.update({sale: (shop, amount)})
        return shops, sales

    def _row(self, **values: Any) -> dict[str, Any]:
        self.sequence += 1
        return {"world": self.number, "n": self.sequence, **values}

    def gold(self) -> list[tuple[str, str | None, str, str]]:
        groups: dict[str | None, list[Decimal]] = defaultdict(list)
        for shop, amount in self.sales.values():
            groups[self.shops.get(shop)].append(amount)
        return [
            (str(self.number), region, str(len(of_group)), f"{sum(of_group):.2f}")
            for region, of_group in groups.items()
        ]


def test_a_hundred_change_sets(spark: SparkSession, tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.bronze("shops", SHOPS)
    till.bronze("sales", SALES)
    till.silver("shops", "SELECT world, shop, region, n, op FROM bronze.shops",
                f"{HISTORY}[world, shop]")  # fmt: skip
    till.silver("sales", "SELECT world, sale, shop, amount, n, op FROM bronze.sales",
                f"{HISTORY}[world, sale]")  # fmt: skip
    till.gold("regions", GOLD, "source: silver.sales\nlookups: [silver.shops]\n"
              "write: replace_keys\nkeys: [world, region]")  # fmt: skip
    worlds = [World(number) for number in range(WORLDS)]
    for day in DAYS:
        changes = [world.changes() for world in worlds]
        till.land("shops", day, *[row for shops, _ in changes for row in shops])
        till.land("sales", day, *[row for _, sales in changes for row in sales])
        assert all(outcome.error is None for outcome in t.run(till, spark, day))
        expected = sorted((row for world in worlds for row in world.gold()), key=str)
        actual = t.rows(till, spark, "gold.regions", "world", "region", "sales", "total")
        assert actual == expected
    lake = till.shop(spark).opened()
    lake.run("aggregate", date=DAYS[-1], full_refresh=True)
    assert t.rows(till, spark, "gold.regions", "world", "region", "sales", "total") == expected
