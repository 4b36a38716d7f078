"""JSON: a line or document is one row or is rescued as a whole, and numbers stay exact."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bronze_tables import bronze_table
from pyspark.sql import Row, SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.errors import DeclarationError
from lakehouse.sources.listing import list_files
from lakehouse.sources.read import read_files

SUITE = Path(__file__).parents[3] / "shared" / "data" / "json_parsing" / "test_parsing"
AB = {"a": "int", "b": "string"}
DUPLICATES = ("y_object_duplicated_key", "y_object_duplicated_key_and_value")


def table(
    columns: dict[str, str], *, path: str = "{landing}", on_new: str = "rescue", **options: str
) -> BronzeTable:
    return bronze_table("json", columns, path=path, on_new=on_new, options=options)


def rows(spark: SparkSession, declared: BronzeTable, folder: Path) -> list[Row]:
    found = list_files(spark, declared.source, str(folder)).files
    return sorted(read_files(spark, declared, found).collect(), key=str)


def read(
    spark: SparkSession, folder: Path, text: str | bytes, declared: BronzeTable
) -> list[tuple[Any, ...]]:
    data = text.encode() if isinstance(text, str) else text
    (folder / "a.json").write_bytes(data)
    return [tuple(row)[:-2] for row in rows(spark, declared, folder)]


def test_a_line_is_a_row(spark: SparkSession, tmp_path: Path) -> None:
    text = '\ufeff{"a":1,"b":"x"}\n\n {"b":null} \r\n{"a":"3","b":2.50}\n'
    assert read(spark, tmp_path, text, table(AB)) == [(1, "x", None), (3, "2.5", None), (None,) * 3]


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"a":2}',
        '{"a":1,"b":{"x":1,"x":2}}',
        '{"a":1',
        '{"a":1}{"a":2}',
        '{"a":1}]',
        '{"a":1},{"a":2}',
        '{"a":1} // one',
        "{'a':1}",
        "[1]",
        "1",
        "null",
        "a,b",
    ],
)
def test_a_line_that_is_no_object_is_kept_whole(
    spark: SparkSession, tmp_path: Path, line: str
) -> None:
    (row,) = read(spark, tmp_path, line + "\n", table(AB))
    assert (row[:2], json.loads(row[2])) == ((None, None), {"unparsed": line})


def test_a_line_with_undecodable_bytes_is_rescued_as_a_whole(
    spark: SparkSession, tmp_path: Path
) -> None:
    (row,) = read(spark, tmp_path, b'{"a":1,"b":"\xff"}\n', table(AB))
    assert (row[:2], json.loads(row[2])) == ((None, None), {"unparsed": '{"a":1,"b":"\ufffd"}'})


def test_values_that_do_not_fit_and_new_fields_are_rescued(
    spark: SparkSession, tmp_path: Path
) -> None:
    text = '{"a":1.5,"b":"x","c":{"d":[1]},"e":null}\n'
    (row,) = read(spark, tmp_path, text, table(AB))
    rescued = {"malformed": {"a": "1.5"}, "new": {"c": '{"d":[1]}'}}
    assert (row[:2], json.loads(row[2])) == ((None, "x"), rescued)


def test_money_is_exact(spark: SparkSession, tmp_path: Path) -> None:
    text = '{"a":1234567890123456789012345678.10}\n{"a":"0.10"}\n{"a":1.005}\n'
    actual = read(spark, tmp_path, text, table({"a": "decimal(38,2)"}))
    exact = {Decimal("1234567890123456789012345678.10"), Decimal("0.10")}
    assert {row for row in actual if row[1] is None} == {(value, None) for value in exact}
    assert [row[1] for row in actual if row[1]] == ['{"malformed":{"a":"1.005"}}']


LINES = "array<struct<n:int,p:decimal(10,2),d:date>>"


def test_nested_values_are_typed(spark: SparkSession, tmp_path: Path) -> None:
    text = '{"a":[{"n":1,"p":0.10,"d":"2026-01-02"},{"n":"2"},{}]}\n{"a":[]}\n{"a":null}\n'
    actual = read(spark, tmp_path, text, table({"a": LINES}))
    first = Row(n=1, p=Decimal("0.10"), d=datetime.date(2026, 1, 2))
    second, third = Row(n=2, p=None, d=None), Row(n=None, p=None, d=None)
    assert actual == [(None, None), ([first, second, third], None), ([], None)]


@pytest.mark.parametrize(
    "value",
    ['[{"n":1.5}]', '[{"p":1.005}]', '[{"d":"2026"}]', '{"n":1}', "[1]", '"x"', '[{"n":{"m":1}}]'],
)
def test_a_nested_value_with_a_fault_is_rescued_whole(
    spark: SparkSession, tmp_path: Path, value: str
) -> None:
    (row,) = read(spark, tmp_path, f'{{"a":{value}}}\n', table({"a": LINES}))
    rescued = json.loads(row[1])["malformed"]["a"]
    assert row[0] is None
    assert rescued == "x" if value == '"x"' else json.loads(rescued) == json.loads(value)


def test_new_fields_can_be_added_as_text(spark: SparkSession, tmp_path: Path) -> None:
    text = '{"a":1}\n{"a":2,"c":true,"d.e":1}\n'
    actual = read(spark, tmp_path, text, table({"a": "int"}, on_new="add_new_columns"))
    assert actual == [(1, None, None), (2, "true", '{"new":{"d.e":"1"}}')]


def test_a_new_field_can_be_refused(spark: SparkSession, tmp_path: Path) -> None:
    declaration = tmp_path / "t.yml"
    declaration.write_text("on_new_column: fail_on_new_columns\n")
    declared = table({"a": "int"}, on_new="fail_on_new_columns")
    declared = declared.model_copy(update={"file": declaration})
    with pytest.raises(DeclarationError, match=r"a key in a\.json is not declared\n"):
        read(spark, tmp_path, '{"a":1}\n{"c":1}\n', declared)


def test_a_document_a_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('[\n {"a": 1},\n 2,\n {"a": 1e0}\n]\n')
    (tmp_path / "2.json").write_text('{\n "a": 3,\n "b": 1.10}\n')
    (tmp_path / "3.json").write_text("[]")
    declared = table(AB, multiLine="true")
    actual = [(row.a, row._rescued_data) for row in rows(spark, declared, tmp_path)]
    assert sorted(actual, key=str) == [(1, None), (1, None), (3, None), (None, '{"unparsed":"2"}')]


@pytest.mark.skipif(not SUITE.is_dir(), reason="../shared/data/json_parsing is not here")
@pytest.mark.parametrize("whole_file", ["true", "false"])
def test_a_suite_of_good_and_bad_documents(spark: SparkSession, whole_file: str) -> None:
    found: dict[str, list[str | None]] = {}
    for row in rows(spark, table({"unused": "int"}, multiLine=whole_file), SUITE):
        found.setdefault(Path(row._source_file).stem, []).append(row._rescued_data)
    whole = {
        name: [rescued for rescued in parts if rescued and '{"unparsed"' in rescued]
        for name, parts in found.items()
    }
    bad = {name: parts for name, parts in found.items() if name.startswith("n_")}
    assert [name for name in bad if len(whole[name]) < len(bad[name])] == []
    if whole_file == "true":
        objects = [name for name in found if name.startswith("y_object")]
        assert {name for name in objects if whole[name]} == set(DUPLICATES)
