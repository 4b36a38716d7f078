"""Parquet: each file has its own schema, columns match by name, and bad files are named."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bronze_tables import bronze_table
from pyspark.sql import Row, SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.errors import DeclarationError
from lakehouse.sources.listing import list_files
from lakehouse.sources.read import read_files, unreadable

BAD = Path(__file__).parents[3] / "shared" / "data" / "parquet_bad"


def table(columns: dict[str, str], *, on_new: str = "rescue") -> BronzeTable:
    return bronze_table("parquet", columns, on_new=on_new)


def put(folder: Path, name: str, **columns: pa.Array) -> None:
    pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def rows(spark: SparkSession, declared: BronzeTable, folder: Path) -> list[Row]:
    found = list_files(spark, declared.source, str(folder)).files
    return sorted(read_files(spark, declared, found).collect(), key=str)


def test_columns_of_the_declared_types_come_as_they_are(
    spark: SparkSession, tmp_path: Path
) -> None:
    day, money = datetime.date(2026, 1, 2), Decimal("0.10")
    nested = pa.array([[{"n": 1}]], pa.list_(pa.struct([("n", pa.int32())])))
    put(tmp_path, "a", d=pa.array([day]), m=pa.array([money], pa.decimal128(10, 2)), l=nested)
    kinds = {"l": "array<struct<n:int>>", "m": "decimal(10,2)", "d": "date"}
    (row,) = rows(spark, table(kinds), tmp_path)
    assert tuple(row)[:4] == ([Row(n=1)], money, day, None)


def test_files_of_different_schemas_are_read_together(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "1", a=pa.array([1], pa.int32()))
    put(tmp_path, "2", a=pa.array(["2", "x"]), b=pa.array(["new", None]))
    put(tmp_path, "3", A=pa.array([3.0, 3.5]))
    actual = [(row.a, row._rescued_data) for row in rows(spark, table({"a": "int"}), tmp_path)]
    assert sorted(actual, key=str) == [
        (1, None),
        (2, '{"new":{"b":"new"}}'),
        (3, None),
        (None, '{"malformed":{"a":"3.5"}}'),
        (None, '{"malformed":{"a":"x"}}'),
    ]


def test_a_decimal_is_not_rounded(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a", a=pa.array([Decimal("1.100"), Decimal("1.005")], pa.decimal128(10, 3)))
    actual = [tuple(row)[:2] for row in rows(spark, table({"a": "decimal(10,2)"}), tmp_path)]
    assert actual == [(Decimal("1.10"), None), (None, '{"malformed":{"a":"1.005"}}')]


def test_new_columns_can_be_added_as_text(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "1", a=pa.array([1], pa.int32()))
    put(tmp_path, "2", a=pa.array([2], pa.int32()), c=pa.array([[1, 2]]), **{"d e": pa.array([1])})
    declared = table({"a": "int"}, on_new="add_new_columns")
    actual = [(row.a, row.c, row._rescued_data) for row in rows(spark, declared, tmp_path)]
    assert actual == [(1, None, None), (2, "[1,2]", '{"new":{"d e":"1"}}')]


def test_an_option_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    declaration = tmp_path / "t.yml"
    declaration.write_text("source:\n  options: {mergeSchema: 'true'}\n")
    put(tmp_path, "a", a=pa.array([1]))
    declared = table({"a": "int"})
    source = declared.source.model_copy(update={"options": {"mergeSchema": "true"}})
    declared = declared.model_copy(update={"source": source, "file": declaration})
    with pytest.raises(DeclarationError, match=r"t\.yml:2: unknown option 'mergeSchema'"):
        rows(spark, declared, tmp_path)


def test_a_file_without_rows_is_no_fault(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a", a=pa.array([], pa.int32()))
    assert rows(spark, table({"a": "int"}), tmp_path) == []


@pytest.mark.skipif(not BAD.is_dir(), reason="../shared/data/parquet_bad is not here")
def test_damaged_files_are_named_and_the_others_are_read(
    spark: SparkSession, tmp_path: Path
) -> None:
    for file in BAD.glob("*.parquet"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "no.parquet").write_bytes(b"not parquet at all")
    put(tmp_path, "good", a=pa.array([1], pa.int32()))
    declared = table({"a": "int"})
    found = list_files(spark, declared.source, str(tmp_path)).files
    reasons = unreadable(spark, declared, found)
    names = {Path(path).stem.removeprefix("ARROW-") for path in reasons}
    # GH-43605 is sound, and of GH-45185 Spark reads every row.
    damaged = {"GH-41317", "GH-41321", "GH-47662", "RS-GH-6229-DICTHEADER", "RS-GH-6229-LEVELS"}
    assert names == damaged | {"no", "PARQUET-1481"}
    assert not any("\n" in why or "java" in why or " at org" in why for why in reasons.values())
    rest = [file for file in found if file.key not in reasons]
    assert read_files(spark, declared, rest).where("a = 1").count() == 1
