"""The worked examples in docstrings are true: the rewritten SQL, and the rows that it gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from types import ModuleType

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.refresh import history
from lakehouse.sql import affected_keys, as_of, as_of_range, bind, hidden_columns
from lakehouse.sql.parse import parse
from lakehouse.sql.point_in_time import TableHistory
from lakehouse.sql.query import Query

CUSTOMERS = TableHistory("scd2", ("customer", "city"), ("customer",), valid_from_type="date")
ORDERS = TableHistory("append", ("customer",))
REWRITES: dict[ModuleType, Callable[[Query], Query]] = {
    hidden_columns: lambda query: hidden_columns.add_hidden_columns(
        query, "bronze.orders", lookups=["silver.stores"]
    ),
    as_of: lambda query: as_of.rewrite_as_of(query, {"silver.customers": CUSTOMERS}),
    as_of_range: lambda query: as_of.rewrite_as_of_range(query, {"silver.orders": ORDERS}),
    affected_keys: lambda query: affected_keys.select_affected_keys(
        query, ["city"], "silver.stores"
    ),
}
AS_OF = {"as_of": date(2026, 1, 4)}
BOOLEANS, DAY, NUMBERS = {"true", "false"}, re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d+")


def blocks(module: ModuleType) -> dict[str, str]:
    """The indented blocks of a docstring by the label on the line before them."""
    parts = re.findall(r"^(\S+):\n((?: {4}.*\n)+)", (module.__doc__ or "") + "\n", re.MULTILINE)
    return dict(parts)


def rewritten(module: ModuleType) -> Query:
    example = blocks(module)
    inputs = [name for name in example if re.fullmatch(r"(bronze|silver)\.\w+", name)]
    query = parse(example["input"], file="x.sql", inputs=inputs, parameters=("as_of", "until"))
    return REWRITES[module](query)


def table(spark: SparkSession, text: str) -> DataFrame:
    header, *lines = [line.split() for line in text.splitlines()]
    return spark.createDataFrame(
        [tuple(value(word) for word in line) for line in lines],
        ", ".join(
            f"{name} {kind({line[place] for line in lines})}" for place, name in enumerate(header)
        ),
    )


def value(word: str) -> object:
    if word == "NULL" or word in BOOLEANS:
        return {"true": True, "false": False}.get(word)
    if DAY.fullmatch(word):
        return date.fromisoformat(word)
    return int(word) if NUMBERS.fullmatch(word) else word


def kind(words: set[str]) -> str:
    known = words - {"NULL"}
    if known <= BOOLEANS:
        return "boolean"
    if all(DAY.fullmatch(word) for word in known):
        return "date"
    return "bigint" if all(NUMBERS.fullmatch(word) for word in known) else "string"


@pytest.mark.parametrize("module", REWRITES, ids=lambda module: str(module.__name__))
def test_the_rewritten_sql_of_an_example_is_what_the_code_makes(module: ModuleType) -> None:
    shown, made = blocks(module)["rewritten"], rewritten(module).sql()
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", made)


@pytest.mark.parametrize("module", REWRITES, ids=lambda module: str(module.__name__))
def test_the_rows_of_an_example_are_what_spark_gives(
    spark: SparkSession, module: ModuleType
) -> None:
    example = blocks(module)
    frames = {
        name.removeprefix("_library."): table(spark, text)
        for name, text in example.items()
        if "." in name
    }
    actual = bind.run(spark, rewritten(module), frames, AS_OF)
    expected = table(spark, example["output"])
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_the_example_of_a_history_is_what_its_events_give(spark: SparkSession) -> None:
    example = blocks(history)
    expected = table(spark, example["history"])
    actual = history.derive_history(table(spark, example["events"]), keys=["key"])
    assert_df_equality(
        actual.select(*expected.columns), expected, ignore_row_order=True, ignore_nullable=True
    )
