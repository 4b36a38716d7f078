"""Files of every kind: fixed width, log lines, ORC, encodings, preambles, compression, cleaning."""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc
import pytest
from bronze_tables import bronze_table
from pyspark.sql import SparkSession

from lakehouse.config.column import Column, Padding
from lakehouse.config.declarations import BronzeTable
from lakehouse.errors import UsageError
from lakehouse.sources.file_source import file_source_errors
from lakehouse.sources.listing import list_files
from lakehouse.sources.read import read_files
from lakehouse.sources.summary import summarize_files
from lakehouse.sources.understanding import not_understood

Read = Callable[[BronzeTable], list[tuple[Any, ...]]]


@pytest.fixture
def read(spark: SparkSession, tmp_path: Path) -> Read:
    """The declared columns and ``_rescued_data`` of all files in the folder, sorted."""

    def rows(table: BronzeTable) -> list[tuple[Any, ...]]:
        files = list_files(spark, table.source, str(tmp_path)).files
        frame = read_files(spark, table, files)
        return sorted((tuple(r)[: len(table.columns) + 1] for r in frame.collect()), key=str)

    return rows


def test_fixed_width(read: Read, tmp_path: Path) -> None:
    text = "001Ann   2026-01-31 x\n002Zo\u00eb\n\n003Bo    2026-02-30\n"
    (tmp_path / "a.txt").write_bytes(text.encode("windows-1252"))
    columns = {
        "id": {"type": "int", "position": "1-3"},
        "name": {"type": "string", "position": "4-9"},
        "day": {"type": "date", "position": "10-19"},
    }
    table = bronze_table("fixed_width", columns, options={"encoding": "windows-1252"})
    assert read(table) == [
        (1, "Ann", datetime.date(2026, 1, 31), '{"new":{"20-":"x"}}'),
        (2, "Zo\u00eb", None, None),
        (3, "Bo", None, '{"malformed":{"day":"2026-02-30"}}'),
    ]


def test_a_line_of_invalid_text_is_unparsed(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_bytes(b"1a\n2\xff\n")
    columns = {"id": {"type": "int", "position": "1"}, "name": {"type": "string", "position": "2-"}}
    assert read(bronze_table("fixed_width", columns)) == [
        (1, "a", None),
        (None, None, '{"unparsed":"2\ufffd"}'),
    ]


def test_lines_of_a_web_server(read: Read, tmp_path: Path) -> None:
    lines = (
        '192.0.2.7 - ann [10/Oct/2025:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 2326',
        '2001:db8::1 - - [10/Oct/2025:13:55:37 +0000] "GET / HTTP/1.1" 304 -',
        "not a line of the log",
    )
    (tmp_path / "access.log").write_text("\n".join(lines))
    pattern = (
        r"(?<client_ip>\S+) \S+ (?<user>\S+) \[(?<at>[^\]]+)\] "
        r'"(?<method>[A-Z]+) (?<page>\S+)[^"]*" '
        r"(?<status>\d{3}) (?<bytes>\d*)-?"
    )
    columns = {
        "client_ip": "string",
        "at": "timestamp",
        "status": "int",
        "size": {"type": "bigint", "field": "bytes"},
        "user": {"type": "string", "nulls": ["-"]},
    }
    options = {"pattern": pattern, "timestampFormat": "dd/MMM/yyyy:HH:mm:ss Z"}
    at = datetime.datetime.fromisoformat("2025-10-10T20:55:36")
    later = datetime.datetime.fromisoformat("2025-10-10T13:55:37")
    new = '{"new":{"method":"GET","page":"%s"}}'
    assert read(bronze_table("text", columns, options=options)) == [
        ("192.0.2.7", at, 200, 2326, "ann", new % "/a?b=1"),
        ("2001:db8::1", later, 304, None, None, new % "/"),
        (None, None, None, None, None, '{"unparsed":"not a line of the log"}'),
    ]


def test_orc_files_of_different_schemas(read: Read, tmp_path: Path) -> None:
    orc.write_table(pa.table({"a": pa.array([1], pa.int32())}), tmp_path / "1.orc")
    orc.write_table(pa.table({"a": ["2", "x"], "b": ["new", None]}), tmp_path / "2.orc")
    assert read(bronze_table("orc", {"a": "int"})) == [
        (1, None),
        (2, '{"new":{"b":"new"}}'),
        (None, '{"malformed":{"a":"x"}}'),
    ]


def test_avro_without_its_module_is_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.avro").write_bytes(b"Obj")
    with pytest.raises(UsageError, match="its module is not on the class path"):
        read(bronze_table("avro", {"a": "int"}))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", "Zo\u00eb \u20ac"),
        ("ISO-8859-15", "\u20ac"),
        ("KOI8-R", "\u0416"),
        ("IBM850", "\u00e5"),
        ("Shift_JIS", "\u30bd\u8868"),
        ("GB18030", "\u4e2d"),
        ("UTF-16", "\u0a0a\u0d0d"),
        ("UTF-8", "\u00e9"),
    ],
)
def test_encodings(read: Read, tmp_path: Path, encoding: str, text: str) -> None:
    columns, options = {"id": "int", "name": "string"}, {"encoding": encoding}
    codec = {"UTF-8": "utf-8-sig"}.get(encoding, encoding)  # with a byte order mark
    (tmp_path / "a.csv").write_bytes(f"name,id\n{text},1\n".encode(codec))
    table = bronze_table("csv", columns, path="{landing}/a.csv", options=options)
    assert read(table) == [(1, text, None)]
    body = json.dumps({"id": 1, "name": text}, ensure_ascii=False)
    (tmp_path / "a.json").write_bytes(f"{body}\n".encode(codec))
    table = bronze_table("json", columns, path="{landing}/a.json", options=options)
    assert read(table) == [(1, text, None)]


PREAMBLE = "Report of 2026-01-31\n\nid,name\n1,Ann\n2,Bo\n"


@pytest.mark.parametrize(
    ("end", "options"),
    [
        ("\n", {"skipLines": 2}),
        ("\r\n", {"skipLines": 2}),
        ("\r", {"skipLines": 2}),
        ("<=>", {"skipLines": 2, "lineSep": "<=>"}),
        ("\n", {"skipLines": 2, "encoding": "UTF-16"}),
    ],
)
def test_lines_before_the_header(
    read: Read, tmp_path: Path, end: str, options: dict[str, Any]
) -> None:
    text = PREAMBLE.replace("\n", end)
    (tmp_path / "a.csv").write_bytes(text.encode(options.get("encoding", "utf-8")))
    table = bronze_table("csv", {"name": "string", "id": "int"}, options=options)
    assert read(table) == [("Ann", 1, None), ("Bo", 2, None)]


def test_a_hint_names_the_lines_to_skip(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PREAMBLE)
    table = bronze_table("csv", {"name": "string", "id": "int"})
    files = list_files(spark, table.source, str(tmp_path)).files
    summaries = summarize_files(read_files(spark, table, files), table)
    (reason,) = not_understood(spark, summaries, files, table).values()
    assert reason.endswith("with skipLines: 1 it would have 2 of 2 columns")


def test_a_preamble_longer_than_what_is_looked_at(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x" * 20_000 + "\nid\n1\n")
    assert read(bronze_table("csv", {"id": "int"}, options={"skipLines": 1})) == [(1, None)]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("delimiter", ["||", "\t", "~|~"])
def test_line_ends_and_delimiters(read: Read, tmp_path: Path, end: str, delimiter: str) -> None:
    lines = [delimiter.join(cells) for cells in (("id", "name"), ("1", "Ann"), ("2", "Bo"))]
    (tmp_path / "a.csv").write_bytes(end.join(lines).encode())
    table = bronze_table("csv", {"id": "int", "name": "string"}, options={"delimiter": delimiter})
    assert read(table) == [(1, "Ann", None), (2, "Bo", None)]


def test_compressed_files_in_nested_folders(read: Read, tmp_path: Path) -> None:
    packed = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "deflate": zlib.compress,
        "zst": lambda data: pa.compress(data, "zstd", asbytes=True),
    }
    for number, (suffix, pack) in enumerate(packed.items()):
        folder = tmp_path / "2026" / suffix
        folder.mkdir(parents=True)
        # The columns in another order in each file: the header is read from compressed bytes.
        cells = ("id,name", f"{number},{suffix}")
        if number % 2:
            cells = ("name,id", f"{suffix},{number}")
        (folder / f"a.csv.{suffix}").write_bytes(pack("\n".join(cells).encode()))
    expected = [(number, suffix, None) for number, suffix in enumerate(packed)]
    assert read(bronze_table("csv", {"id": "int", "name": "string"})) == expected


CLEANED = {
    "postcode": {"type": "string", "trim": True, "nulls": ["-", ""], "pad": {"length": 5}},
    "place": {"type": "string", "field": "postcode", "pattern": "^[0-9]+ (.+)$"},
}


@pytest.mark.parametrize(
    ("text", "postcode", "place", "rescued"),
    [
        (" 1050 ", "01050", None, '{"malformed":{"place":" 1050 "}}'),
        ("-", None, None, '{"malformed":{"place":"-"}}'),
        ("1050 Oslo", "1050 Oslo", "Oslo", None),
    ],
)
def test_a_text_is_cleaned_before_it_is_cast(
    read: Read, tmp_path: Path, text: str, postcode: str, place: str, rescued: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"postcode": text}))
    assert read(bronze_table("json", CLEANED)) == [(postcode, place, rescued)]


def test_a_column_of_another_field_and_a_typed_one_that_is_cleaned(
    read: Read, tmp_path: Path
) -> None:
    orc.write_table(pa.table({"Kunden-Nr.": [7, 12]}), tmp_path / "a.orc")
    column = {"type": "string", "field": "kunden nr", "pad": {"length": 3, "fill": "x"}}
    assert read(bronze_table("orc", {"customer": column})) == [("x12", None), ("xx7", None)]


def test_several_columns_of_a_file_without_a_header_read_one_field(
    read: Read, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("2026-01-31T10:00:00,1\n")
    columns = {
        "at": "timestamp",
        "day": {"type": "date", "field": "at", "pattern": "^(.{10})"},
        "n": "int",
    }
    actual = read(bronze_table("csv", columns, options={"header": False}))
    assert actual == [
        (datetime.datetime.fromisoformat("2026-01-31T10:00"), datetime.date(2026, 1, 31), 1, None),
    ]


def test_the_day_of_a_row_is_in_a_column(spark: SparkSession, tmp_path: Path) -> None:
    times = ("2026-01-31T23:30:00Z", "2026-02-01T12:00:00Z", "no time")
    (tmp_path / "a.json").write_text("\n".join(json.dumps({"at": at}) for at in times))
    table = bronze_table("json", {"at": "timestamp"}, day_from="at")
    info = table.info.model_copy(update={"timezone": "Europe/Copenhagen"})
    table = table.model_copy(update={"info": info})
    files = list_files(spark, table.source, str(tmp_path)).files
    days = [row["_day"] for row in read_files(spark, table, files).collect()]
    assert days == [datetime.date(2026, 2, 1), datetime.date(2026, 2, 1), None]


def test_whole_numbers_of_yaml_are_texts() -> None:
    column = Column.model_validate(
        {"type": "int", "position": 3, "nulls": [-999], "pad": {"length": 5, "fill": 0}}
    )
    assert column.characters == (3, 1)
    assert (column.nulls, column.pad) == (["-999"], Padding(length=5, fill="0"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("source: {kind: files, format: fixed_width, path: x}", "id: a column of fixed width"),
        ("source: {kind: files, format: text, path: x}", "needs the option 'pattern'"),
        (
            "source: {kind: files, format: text, path: x, options: {pattern: '(?<ids>a)'}}",
            "id: no group 'id' in pattern; did you mean 'ids'?",
        ),
        (
            "source: {kind: files, format: csv, path: '{date}', day_from: id}",
            "day of a row is declared twice",
        ),
        ("source: {kind: files, format: csv, path: x, day_from: it}", "no column 'it'"),
        ("source: {kind: files, format: csv, path: x, day_from: id}", "neither a date nor"),
        (
            "source: {kind: files, format: csv, path: x, options: {skipLines: 1, multiLine: true}}",
            "skipLines cannot be combined with multiLine",
        ),
        (
            "source: {kind: files, format: csv, path: x, options: {encoding: latin}}",
            "'latin' is not a known encoding",
        ),
    ],
)
def test_mistakes_in_a_source(tmp_path: Path, text: str, error: str) -> None:
    import yaml

    file = tmp_path / "t.yml"
    columns = "columns:\n  id: {type: string}\n"
    file.write_text(f"table: bronze.t\ndescription: x\n{text}\n{columns}")
    given = yaml.safe_load(file.read_text()) | {"file": file}
    problems = [str(each) for each in file_source_errors(BronzeTable.model_validate(given))]
    assert any(error in problem and "t.yml:" in problem for problem in problems), problems
