"""Text is cast without loss only: nothing is rounded, truncated or guessed."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.casting import cast_scalar


def cast(spark: SparkSession, text: str, kind: str, **options: str) -> str | None:
    data_type = spark.createDataFrame([], f"c {kind}").schema["c"].dataType
    df = spark.createDataFrame([(text,)], "c string")
    row = df.select(cast_scalar(F.col("c"), data_type, options).cast("string").alias("c")).first()
    return row["c"] if row else None


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("007", "string", "007"),
        (" 5 ", "int", "5"),
        ("17850.0", "bigint", "17850"),
        ("17850.5", "bigint", None),
        ("99999999999", "int", None),
        ("1e3", "int", None),
        ("1.50", "decimal(10,2)", "1.50"),
        ("1.505", "decimal(10,2)", None),
        ("0.30000000000000004", "decimal(10,2)", "0.30"),
        ("17850.0", "decimal(9,0)", "17850"),
        ("1e3", "decimal(10,2)", "1000.00"),
        ("123456789.00", "decimal(10,2)", None),
        (
            "12345678901234567890123456789012345678",
            "decimal(38,0)",
            "12345678901234567890123456789012345678",
        ),
        ("1,50", "decimal(10,2)", None),
        ("2011-07-21", "date", "2011-07-21"),
        ("2011-07-21 00:00:00", "date", "2011-07-21"),
        ("2011-07-21 08:44:00", "date", None),
        ("2011-02-30", "date", None),
        ("2011-07", "date", None),
        ("2011", "date", None),
        ("2011-07-21 08:44:00", "timestamp", "2011-07-21 08:44:00"),
        ("2011-07-21T08:44:00.5+02:00", "timestamp", "2011-07-21 06:44:00.5"),
        ("2011-07-21", "timestamp", "2011-07-21 00:00:00"),
        ("08:44", "timestamp", None),
        ("21.07.2011", "timestamp", None),
        ("yes", "boolean", "true"),
        ("maybe", "boolean", None),
        ("1.5", "double", "1.5"),
        ("", "int", None),
    ],
)
def test_a_value_or_nothing(spark: SparkSession, text: str, kind: str, value: str | None) -> None:
    assert cast(spark, text, kind) == value


def test_declared_forms_of_dates(spark: SparkSession) -> None:
    assert cast(spark, "21.07.2011", "date", dateFormat="dd.MM.yyyy") == "2011-07-21"
    assert cast(spark, "2011-07-21", "date", dateFormat="dd.MM.yyyy") is None
    form = "dd.MM.yyyy HH:mm"
    assert cast(spark, "21.07.2011 8:44", "timestamp", timestampFormat=form) is None
    assert (
        cast(spark, "21.07.2011 08:44", "timestamp", timestampFormat=form) == "2011-07-21 08:44:00"
    )
