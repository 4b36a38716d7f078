"""Malformed CSV: rows whose values may be shifted are marked, all others are correct."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bronze_tables import bronze_table
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.listing import SourceFile, list_files
from lakehouse.sources.read import read_files
from lakehouse.sources.summary import FileSummary, first_reason, summarize_files
from lakehouse.sources.understanding import not_understood

COLUMNS = {"id": "int", "city": "string", "note": "string"}
HEAD = "id,city,note\n"


def table(
    columns: dict[str, str] | None = None, *, on_new: str = "rescue", **options: Any
) -> BronzeTable:
    return bronze_table("csv", columns or COLUMNS, on_new=on_new, options=options)


def put(folder: Path, name: str, text: str | bytes) -> None:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)


def listed(spark: SparkSession, declared: BronzeTable, folder: Path) -> list[SourceFile]:
    return list_files(spark, declared.source, str(folder)).files


def read(spark: SparkSession, declared: BronzeTable, folder: Path) -> DataFrame:
    frame = read_files(spark, declared, listed(spark, declared, folder))
    return frame.select("_source_file", *declared.columns, "_rescued_data")


def unparsed(text: str) -> str:
    return json.dumps({"unparsed": text}, separators=(",", ":"), ensure_ascii=False)


def assert_rows(
    spark: SparkSession, folder: Path, declared: BronzeTable, expected: list[tuple[Any, ...]]
) -> None:
    """``expected`` holds rows without their file, or an unparsed line."""
    rows = [(None, None, None, unparsed(row[0])) if len(row) == 1 else row for row in expected]
    schema = "id int, city string, note string, _rescued_data string"
    wanted = spark.createDataFrame(rows, schema)
    actual = read(spark, declared, folder).drop("_source_file")
    assert_df_equality(actual, wanted, ignore_row_order=True, ignore_nullable=True)


LENIENT = [
    '7,"Rome,bob.secret@mail.example,"likes tea"',  # a missing quote moves the address
    '7,"Rome,x',
    '7,x,"Rome',  # the last field is not closed
    '7,Rome",x',
    '7,5" pipe,x',
    '7,"Ro"me,x',
    '7, "Rome",x',  # a blank before the quote
    '7,"Rome" ,x',
    "7,'Rome, Italy'",  # another quote character, and a field that is missing
    "id,city,note",  # the header again
    " id,city , note",
    "7,Rome",
    "7,Rome,x,y",
    "7,Ro\ufffdme,x",
    "total,2",  # another table begins
]


def test_a_row_that_may_be_shifted_is_marked(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a.csv", HEAD + "1,Paris,x\n" + "\n".join(LENIENT) + "\n2,Lima,y\n")
    expected = [(1, "Paris", "x", None), (2, "Lima", "y", None)]
    assert_rows(spark, tmp_path, table(), [*expected, *[(line,) for line in LENIENT]])


def test_what_rfc_4180_allows_is_not_marked(spark: SparkSession, tmp_path: Path) -> None:
    lines = [
        '1,"Rome, Italy","5"" pipe"', '2,"""quoted""",""', "3,O'Brien,it's 'fine'", '4,"a"",b",x',
        "5,,", "6,id,city", '"7","x",y', "8,'tis,x",
    ]  # fmt: skip
    put(tmp_path, "a.csv", HEAD + "\r\n".join(lines) + "\r\n")
    expected = [
        (1, "Rome, Italy", '5" pipe', None), (2, '"quoted"', None, None),
        (3, "O'Brien", "it's 'fine'", None), (4, 'a",b', "x", None), (5, None, None, None),
        (6, "id", "city", None), (7, "x", "y", None), (8, "'tis", "x", None),
    ]  # fmt: skip
    assert_rows(spark, tmp_path, table(), expected)


def test_quotes_can_be_declared_away(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a.csv", HEAD + '1,5" pipe,"x"\n2,"Rome,y\n')
    expected = [(1, '5" pipe', '"x"', None), (2, '"Rome', "y", None)]
    assert_rows(spark, tmp_path, table(quote=""), expected)


def test_other_dialects_are_read_as_declared(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "id; city; note\n1; 'a;b'; it\n2;'it''s';y\n3;'bad;y\n4;x'y;z\n")
    declared = table(delimiter=";", quote="'", ignoreLeadingWhiteSpace=True)
    expected = [(1, "a;b", "it", None), (2, "it's", "y", None), ("3;'bad;y",), ("4;x'y;z",)]
    assert_rows(spark, tmp_path, declared, expected)


def test_a_backslash_can_escape_quotes(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a.csv", HEAD + '1,"5\\" pipe, long",x\n2,"bad" one,x\n')
    expected = [(1, '5" pipe, long', "x", None), ('2,"bad" one,x',)]
    assert_rows(spark, tmp_path, table(escape="\\"), expected)


def test_two_characters_can_stand_between_fields(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a.csv", 'id||city||note\n1||a|b||x\n2||"a||b"||y\n3||"a||b\n')
    expected = [(1, "a|b", "x", None), (2, "a||b", "y", None), ('3||"a||b',)]
    assert_rows(spark, tmp_path, table(delimiter="||"), expected)


def test_records_of_many_lines_are_held_to_the_same(spark: SparkSession, tmp_path: Path) -> None:
    text = HEAD + '1,"a\nb",x\n2,"c,y\n3,"d",z\n4,e,w\n5,f,g,h\n6,i,j,k,l\n'
    put(tmp_path, "a.csv", text)
    expected = [
        (1, "a\nb", "x", None), (4, "e", "w", None),
        ('2,"c,y\n3,"d",z',), ("5,f,g,h",), ("6,i,j,k,l",),
    ]  # fmt: skip
    assert_rows(spark, tmp_path, table(multiLine=True), expected)


def test_a_first_line_of_separators_hides_no_header(spark: SparkSession, tmp_path: Path) -> None:
    """The columns are found; the header, which Spark reads as a row, is marked."""
    put(tmp_path, "a.csv", ",,\n" + HEAD + "1,Rome,x\n")
    expected = [(1, "Rome", "x", None), ("id,city,note",)]
    assert_rows(spark, tmp_path, table(), expected)


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16LE", "UTF-16BE", "utf-16"])
@pytest.mark.parametrize("options", [{}, {"lineSep": "\n"}])
def test_utf_16_is_read_right(
    spark: SparkSession, tmp_path: Path, encoding: str, options: dict[str, str]
) -> None:
    text = "id,city,note\r\n1,Århus ਊ,x\r\n2,\u0a0d,y\r\n"
    put(tmp_path, "a.csv", text.encode(encoding))
    expected = [(1, "Århus ਊ", "x", None), (2, "\u0a0d", "y", None)]
    assert_rows(spark, tmp_path, table(encoding=encoding, **options), expected)


def test_a_file_without_header_names_no_column_after_its_cells(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "a.csv", "ann@mail.example,Ann\nbo@mail.example,Bo\n")
    for on_new in ("add_new_columns", "fail_on_new_columns", "rescue"):
        declared = table(on_new=on_new)
        rows = [("ann@mail.example,Ann",), ("bo@mail.example,Bo",)]
        assert_rows(spark, tmp_path, declared, rows)


def test_a_summary_counts_what_was_rescued(spark: SparkSession, tmp_path: Path) -> None:
    declared = table({"id": "int", "city": "decimal(4,2)", "note": "string"})
    put(tmp_path, "a.csv", "id,city,note,new\n1,1.5,x,n\nx,y,,\n2,123,x,\n3,\n,,,n\n4,777,x,\n")
    put(tmp_path, "b.csv", HEAD + "1,1,x\n")
    put(tmp_path, "c.csv", HEAD)
    files = listed(spark, declared, tmp_path)
    actual = summarize_files(read_files(spark, declared, files), declared)
    assert actual == [
        FileSummary("a.csv", 6, 4, 3, 1, {"id": 1, "city": 3}),
        FileSummary("b.csv", 1, 0, 0, 0, {}),
    ]
    assert first_reason(actual, declared) == "city: 3 values do not fit decimal(4,2)"


def reasons(spark: SparkSession, folder: Path, declared: BronzeTable) -> dict[str, str]:
    files = listed(spark, declared, folder)
    summaries = summarize_files(read_files(spark, declared, files), declared)
    return not_understood(spark, summaries, files, declared)


def test_files_that_were_not_understood_are_named_with_what_would_help(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "bare.csv", "7,secret,x\n8,secret,y\n")
    put(tmp_path, "tab.csv", "id\tcity\tnote\n1\tsecret\tx\n")
    put(tmp_path, "semi.csv", "id;city;note\n1;secret;x\n")
    put(tmp_path, "wide.csv", "id,city,note\n1,secret,x\n".encode("utf-16"))
    put(tmp_path, "latin.csv", "id,city,note\n1,secretö,x\n".encode("latin-1"))
    put(tmp_path, "rows.csv", HEAD + "1,a,b,c\n2,secret\n3,x,y\n")
    put(tmp_path, "half.csv", HEAD + "1,a,b,c\n3,x,y\n")
    put(tmp_path, "header.csv", HEAD)
    put(tmp_path, "blank.csv", "\n\n")
    put(tmp_path, "wrong_header.csv", "secret,other\n")
    put(tmp_path, "good.csv", HEAD + "1,x,y\n")
    none = "no declared column occurs in its header line, or it has none"
    assert reasons(spark, tmp_path, table()) == {
        "bare.csv": none,
        "wrong_header.csv": none,
        "tab.csv": rf"{none}; with delimiter: '\t' it would have 3 of 3 columns",
        "semi.csv": f"{none}; with delimiter: ';' it would have 3 of 3 columns",
        "wide.csv": f"{none}; with encoding: UTF-16 it would have 3 of 3 columns",
        "latin.csv": "1 of 1 rows were not understood (max_rescued: 0.5); "
        "its text is not UTF-8: try encoding: ISO-8859-1",
        "rows.csv": "2 of 3 rows were not understood (max_rescued: 0.5)",
    }  # fmt: skip


def test_text_that_is_not_the_declared_utf_16_is_not_understood(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "a.csv", HEAD + "1,x,y\n")
    (reason,) = reasons(spark, tmp_path, table(encoding="UTF-16")).values()
    assert reason.endswith("; with encoding: UTF-8 it would have 3 of 3 columns")


def test_a_file_that_is_not_empty_and_gives_no_row_is_not_understood(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "a.csv", HEAD + "1,x,y\n")
    put(tmp_path, "header.csv", HEAD.strip())
    assert reasons(spark, tmp_path, table(lineSep="|")) == {"a.csv": "it gave no row"}


def test_the_first_reason_needs_no_spark() -> None:
    declared = table({"id": "int", "city": "decimal(12,8)"})
    many = FileSummary("a", 9, 9, 0, 1, {"city": 2753, "id": 4})
    assert first_reason([many], declared) == "city: 2,753 values do not fit decimal(12,8)"
    rows = FileSummary("b", 20, 17, 17, 17)
    assert first_reason([rows, rows], declared) == "34 rows could not be parsed"
    assert first_reason([FileSummary("c", 1, 0, 0, 0)], declared) is None
