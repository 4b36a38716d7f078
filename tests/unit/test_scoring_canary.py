"""The share of a canary: stable, of the right size, and independent of the hold-out."""

from __future__ import annotations

import hashlib

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.ml.split import is_held_out
from lakehouse.scoring.canary import is_in_canary

pytestmark = pytest.mark.spark
PEOPLE = [f"k1_{number:05d}" for number in range(4000)]


def chosen(spark: SparkSession, share: float, model: str = "shop_churn") -> set[str]:
    people = spark.createDataFrame([(name,) for name in [*PEOPLE, None]], "person string")
    rows = people.where(is_in_canary(F.col("person"), share, model=model)).collect()
    return {row["person"] for row in rows}


def test_the_share_is_that_of_sha_256_and_nobody_leaves_a_larger_one(spark: SparkSession) -> None:
    tenth = chosen(spark, 0.1)
    assert tenth == {
        name for name in PEOPLE
        if int(hashlib.sha256(f"canary:shop_churn:{name}".encode()).hexdigest()[:13], 16)
        < 0.1 * 16**13
    }  # fmt: skip
    assert 330 < len(tenth) < 470  # 400 ± 3.7 standard errors
    assert tenth < chosen(spark, 0.2)
    assert chosen(spark, 0.0) == set()
    assert 20 < len(tenth & chosen(spark, 0.1, "shop_other")) < 65


def test_the_share_is_independent_of_the_hold_out(spark: SparkSession) -> None:
    held_out = {name for name in PEOPLE if is_held_out(name, 0.1)}
    tenth = chosen(spark, 0.1)
    # A tenth of a tenth of 4,000 is 40, give or take 6; all of them if the hashes were one.
    assert 20 < len(tenth & held_out) < 65
