"""CSV: columns are matched by name, and values that do not fit are rescued."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bronze_tables import bronze_table
from pyspark.sql import Row, SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.errors import DeclarationError
from lakehouse.sources.listing import SourceFile, list_files
from lakehouse.sources.read import read_files, unreadable

SPECTRUM = Path(__file__).parents[3] / "shared" / "data" / "csv_spectrum"


def table(
    columns: dict[str, str], *, file: Path = Path("t.yml"), on_new: str = "rescue", **options: str
) -> BronzeTable:
    path = "{landing}/*.csv*"
    return bronze_table("csv", columns, path=path, file=file, on_new=on_new, options=options)


def files(spark: SparkSession, declared: BronzeTable, folder: Path) -> list[SourceFile]:
    return list_files(spark, declared.source, str(folder)).files


def rows(spark: SparkSession, declared: BronzeTable, folder: Path) -> list[Row]:
    found = files(spark, declared, folder)
    return sorted(read_files(spark, declared, found).collect(), key=str)


def read(
    spark: SparkSession, folder: Path, text: str | bytes, declared: BronzeTable
) -> list[tuple[Any, ...]]:
    data = text.encode() if isinstance(text, str) else text
    (folder / "a.csv").write_bytes(data)
    return [tuple(row)[:-2] for row in rows(spark, declared, folder)]


AB = {"a": "int", "b": "string"}


def test_columns_are_found_by_name_in_every_order(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("b,a\ny,2\n")
    (tmp_path / "3.csv").write_text('\ufeff" B ", A\r\nz,3\r\n')
    actual = [(row.a, row.b, row._rescued_data) for row in rows(spark, table(AB), tmp_path)]
    assert actual == [(1, "x", None), (2, "y", None), (3, "z", None)]


def test_a_row_knows_its_file_and_its_day(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "a b+%41ä#[x]"
    folder.mkdir()
    for day in ("2026-01-01", "2026-01-02"):
        (folder / f"{day}.csv").write_text(f"a,b\n1,{day}\n")
    declared = table(AB)
    declared = declared.model_copy(
        update={"source": declared.source.model_copy(update={"path": "{landing}/{date}.csv"})}
    )
    found = files(spark, declared, folder)
    actual = read_files(spark, declared, found).orderBy("b").collect()
    assert [row._source_file for row in actual] == [file.key for file in found]
    assert [row._day for row in actual] == [datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)]


@pytest.mark.parametrize("other", ["longer/2026-01-02", "b/2026-02-30"])
def test_days_need_not_stand_at_the_same_place(
    spark: SparkSession, tmp_path: Path, other: str
) -> None:
    for name in ("a/2026-01-01", other):
        (tmp_path / name).parent.mkdir()
        (tmp_path / f"{name}.csv").write_text(f"a,b\n1,{name}\n")
    declared = bronze_table("csv", AB, path="{landing}/*/{date}.csv")
    found = files(spark, declared, tmp_path)
    actual = {(row._source_file, row._day) for row in read_files(spark, declared, found).collect()}
    assert actual == {(file.key, file.day) for file in found}


def test_the_columns_of_a_read(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    declared = table({"a": "int", "b": "decimal(9,2)"})
    expected = [
        ("a", "int"), ("b", "decimal(9,2)"), ("_rescued_data", "string"),
        ("_source_file", "string"), ("_day", "date"),
    ]  # fmt: skip
    assert read_files(spark, declared, files(spark, declared, tmp_path)).dtypes == expected
    assert read_files(spark, declared, []).dtypes == expected


def test_a_value_that_does_not_fit_is_null_and_rescued(spark: SparkSession, tmp_path: Path) -> None:
    actual = read(spark, tmp_path, "a,b\n1x,\n2,y\n", table(AB))
    assert actual == [(2, "y", None), (None, None, '{"malformed":{"a":"1x"}}')]


def test_an_empty_value_is_null_and_no_fault(spark: SparkSession, tmp_path: Path) -> None:
    assert read(spark, tmp_path, 'a,b\n"",""\n', table(AB)) == [(None, None, None)]


def test_a_new_column_is_rescued(spark: SparkSession, tmp_path: Path) -> None:
    actual = read(spark, tmp_path, "a,new one,b\n1,n,x\n2,,y\n", table(AB))
    assert actual == [(1, "x", '{"new":{"new one":"n"}}'), (2, "y", None)]


def test_a_column_that_a_file_lacks_is_null(spark: SparkSession, tmp_path: Path) -> None:
    assert read(spark, tmp_path, "b\nx\n", table(AB)) == [(None, "x", None)]


@pytest.mark.parametrize("line", ["1,x,y", "1"])
def test_a_line_of_another_length_is_kept_whole(
    spark: SparkSession, tmp_path: Path, line: str
) -> None:
    actual = read(spark, tmp_path, f"a,b\n{line}\n", table(AB))
    assert actual == [(None, None, json.dumps({"unparsed": line}, separators=(",", ":")))]


def test_rescued_data_can_be_asked_for_alone(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("b\nx\ny,z\n")
    declared = table({"b": "string"})
    df = read_files(spark, declared, files(spark, declared, tmp_path))
    assert df.where("_rescued_data IS NOT NULL").count() == 1
    assert df.count() == 2


def test_columns_with_the_same_name_are_rescued(spark: SparkSession, tmp_path: Path) -> None:
    actual = read(spark, tmp_path, "a,b,a\n1,x,2\n", table(AB))
    assert actual == [(None, "x", '{"new":{"a0":"1","a2":"2"}}')]


def test_new_columns_can_be_added_as_text(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("a,b,c,d e\n2,y,3,4\n")
    declared = table(AB, on_new="add_new_columns")
    df = read_files(spark, declared, files(spark, declared, tmp_path))
    assert df.columns == ["a", "b", "c", "_rescued_data", "_source_file", "_day"]
    actual = [(row.a, row.c, row._rescued_data) for row in df.orderBy("a").collect()]
    assert actual == [(1, None, None), (2, "3", '{"new":{"d e":"4"}}')]


def test_a_new_column_can_be_refused(spark: SparkSession, tmp_path: Path) -> None:
    declaration = tmp_path / "t.yml"
    declaration.write_text("table: bronze.t\non_new_column: fail_on_new_columns\n")
    (tmp_path / "a.csv").write_text("a,b,bb\n1,x,y\n")
    declared = table(AB, file=declaration, on_new="fail_on_new_columns")
    message = r"t\.yml:2: bronze\.t: field 3 of a\.csv is not declared; did you mean 'b'\?"
    with pytest.raises(DeclarationError, match=message):
        read_files(spark, declared, files(spark, declared, tmp_path))


def test_options_reach_the_reader(spark: SparkSession, tmp_path: Path) -> None:
    declared = table(AB, sep=";", encoding="ISO-8859-1", nullValue="-", multiLine="true")
    text = 'a;b\n1;"ä\nö"\n2;-\n'.encode("latin-1")
    assert read(spark, tmp_path, text, declared) == [(1, "ä\nö", None), (2, None, None)]


def test_a_bom_is_no_part_of_a_name_in_a_file_of_many_lines(
    spark: SparkSession, tmp_path: Path
) -> None:
    declared = table(AB, multiLine="true")
    assert read(spark, tmp_path, '\ufeffa,b\n1,"x\ny"\n', declared) == [(1, "x\ny", None)]


def test_a_file_without_header_has_the_declared_order(spark: SparkSession, tmp_path: Path) -> None:
    assert read(spark, tmp_path, "1,x\n", table(AB, header="false")) == [(1, "x", None)]


def test_an_unknown_option_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    declaration = tmp_path / "t.yml"
    declaration.write_text("source:\n  options:\n    mode: DROPMALFORMED\n")
    (tmp_path / "a.csv").write_text("a,b\n")
    declared = table(AB, file=declaration, mode="DROPMALFORMED")
    with pytest.raises(DeclarationError, match=r"t\.yml:3: unknown option 'mode' of a csv source"):
        read_files(spark, declared, files(spark, declared, tmp_path))


def test_an_invalid_type_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    declaration = tmp_path / "t.yml"
    declaration.write_text("columns:\n  a: {type: int}\n  b: {type: strang}\n")
    with pytest.raises(DeclarationError, match=r"t\.yml:3: b: invalid type 'strang'"):
        read_files(spark, table({"a": "int", "b": "strang"}, file=declaration), [])


def test_a_nested_value_comes_from_its_json(spark: SparkSession, tmp_path: Path) -> None:
    declared = table({"a": "array<struct<n:int,d:date>>"})
    text = 'a\n"[{""n"":1,""d"":""2026-01-02""}]"\n"[{""n"":""x""}]"\n'
    actual = read(spark, tmp_path, text, declared)
    assert actual == [
        (None, '{"malformed":{"a":"[{\\"n\\":\\"x\\"}]"}}'),
        ([Row(n=1, d=datetime.date(2026, 1, 2))], None),
    ]


def test_gzip_and_empty_files(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"b,a\nx,1\n"))
    (tmp_path / "b.csv").write_text("")
    (tmp_path / "c.csv").write_text("\n\n")
    actual = [(row.a, row.b) for row in rows(spark, table(AB), tmp_path)]
    assert actual == [(1, "x")]


def test_a_header_longer_than_a_glance(spark: SparkSession, tmp_path: Path) -> None:
    names = ["a", *(f"column_{number:060}" for number in range(300))]
    text = ",".join(names) + "\n" + ",".join(map(str, range(301))) + "\n"
    ((a, last, _),) = read(spark, tmp_path, text, table({"a": "int", names[-1]: "int"}))
    assert (a, last) == (0, 300)


def test_a_damaged_file_is_named_and_the_others_are_not(
    spark: SparkSession, tmp_path: Path
) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,secret\n" * 1000)
    (tmp_path / "good.csv").write_text("a,b\n1,x\n")
    (tmp_path / "cut.csv.gz").write_bytes(whole[:-20])
    (tmp_path / "none.csv.gz").write_bytes(b"a,b\n1,secret\n")
    found = files(spark, table(AB), tmp_path)
    reasons = unreadable(spark, table(AB), found)
    assert {Path(path).name for path in reasons} == {"cut.csv.gz", "none.csv.gz"}
    assert not any("secret" in why or "\n" in why or "java" in why for why in reasons.values())


@pytest.mark.skipif(not SPECTRUM.is_dir(), reason="../shared/data/csv_spectrum is not here")
@pytest.mark.parametrize("name", sorted(file.stem for file in SPECTRUM.glob("csvs/*.csv")))
def test_known_files_mean_what_their_json_says(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    data = (SPECTRUM / "csvs" / f"{name}.csv").read_bytes()
    expected = json.loads((SPECTRUM / "json" / f"{name}.json").read_text(encoding="utf-8"))
    header = next(csv.reader(io.StringIO(data.decode())))
    actual = read(spark, tmp_path, data, table(dict.fromkeys(header, "string"), multiLine="true"))
    # Spark's parser ends the lines of a quoted field as Unix does.
    wanted = [
        tuple(row[column].replace("\r\n", "\n") or None for column in header) for row in expected
    ]
    assert sorted(actual, key=str) == sorted([(*row, None) for row in wanted], key=str)


def test_money_is_exact(spark: SparkSession, tmp_path: Path) -> None:
    declared = table({"a": "decimal(38,2)"})
    text = "a\n123456789012345678901234567890.12\n0.10\n"
    actual = {row[0] for row in read(spark, tmp_path, text, declared)}
    assert actual == {Decimal("123456789012345678901234567890.12"), Decimal("0.10")}
