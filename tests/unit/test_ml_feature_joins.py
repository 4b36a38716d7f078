"""A join as of each row's day equals a loop over all rows in plain Python."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.ml.feature_joins import join_newest

FIRST = date(2026, 3, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.mark.parametrize("max_age", [None, 0, 3])
def test_each_row_gets_the_newest_features_of_its_key(
    spark: SparkSession, max_age: int | None
) -> None:
    dice = random.Random(7)
    rows = [
        (number, dice.choice(["a", "b", "c", "d", None]), day(dice.randrange(20)))
        for number in range(400)
    ]
    known = {(key, day(dice.randrange(20))) for key in "abc" for _ in range(6)}
    features = [(key, at, place, None if place % 5 == 0 else 1.5 * place)
                for place, (key, at) in enumerate(sorted(known))]  # fmt: skip

    def newest(key: str | None, at: date) -> tuple[Any, Any]:
        fits = [
            (when, size, share)
            for name, when, size, share in features
            if name == key and when <= at and (max_age is None or (at - when).days <= max_age)
        ]
        return max(fits)[1:] if fits else (None, None)

    joined = join_newest(
        spark.createDataFrame(rows, "id int, shop string, as_of date"),
        spark.createDataFrame(
            [*features, (None, FIRST, 99, 9.9)], "shop string, as_of date, size int, share double"
        ),
        on="shop",
        max_age_days=max_age,
    )
    assert joined.columns == ["id", "shop", "as_of", "size", "share"]
    found = sorted(tuple(row) for row in joined.collect())
    assert found == sorted((*row, *newest(*row[1:])) for row in rows)
