"""What a file is: its name pattern, encoding, dialect, header, and its columns."""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from lakehouse.drafting.encodings import decode
from lakehouse.drafting.fields import declare_fields, fields_to_declare
from lakehouse.drafting.file_samples import BYTES, Beginning, find_files
from lakehouse.drafting.inspect_file import inspect
from lakehouse.drafting.path_templates import Template, template_of
from lakehouse.drafting.reading import NotUnderstood, Option, Reading


@pytest.mark.parametrize(
    ("key", "dated", "general"),
    [
        ("orders/2026-01-31.csv", "orders/{date}.csv", "orders/{date}.csv"),
        ("2026-01-31/orders.csv", "{date}/orders.csv", "{date}/orders.csv"),
        ("orders_2026-01-31.CSV.gz", "orders_{date}.csv", "orders_{date}.csv"),
        ("d/2026-01-31/o_2026-01-31.json", "d/{date}/o_*.json", "d/{date}/o_*.json"),
        ("part-00003.snappy.parquet", "part-00003.snappy.parquet", "part-*.snappy.parquet"),
        ("year=2026/month=01/x.csv", "year=2026/month=01/x.csv", "year=*/month=*/x.csv"),
        ("9999-99-99.csv", "9999-99-99.csv", "*.csv"),
        ("notes.TXT", "notes.TXT", "notes.TXT"),
    ],
)
def test_the_day_in_a_path(key: str, dated: str, general: str) -> None:
    day = datetime.date(2026, 1, 31) if "{date}" in dated else None
    assert template_of(key) == Template(dated, general, day)


def test_encodings_are_told_by_their_first_bytes() -> None:
    text = "navn;by\nÅse;Århus\n"
    for encoding, expected in (
        ("utf-8", None), ("utf-8-sig", None), ("utf-16", "UTF-16"), ("iso-8859-1", "ISO-8859-1"),
    ):  # fmt: skip
        found = decode(Beginning(text.encode(encoding), is_whole=True))
        assert found is not None
        assert (found.text, found.encoding) == (text, expected)


def test_a_cut_beginning_loses_its_last_line_and_not_its_encoding() -> None:
    content = "navn\nÅse\nBodil Ø".encode()
    found = decode(Beginning(content[:-1], is_whole=False))
    assert found is not None
    assert (found.text, found.encoding) == ("navn\nÅse\n", None)


def test_windows_1252_is_told_by_its_signs_and_binary_content_is_no_text() -> None:
    found = decode(Beginning("pris\n5 €\n".encode("windows-1252"), is_whole=True))
    assert found == ("pris\n5 €\n", "windows-1252")
    assert decode(Beginning(b"\0\1\2", is_whole=True)) is None


def read(folder: Path, content: str | bytes, name: str = "data.csv") -> Reading | NotUnderstood:
    """What a file of this content is."""
    content = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(content)
    (file,) = [file for file in find_files(folder) if file.key == name]
    return inspect(file)


@pytest.mark.parametrize(
    ("content", "options", "fields"),
    [
        ("id,name\n1,a\n2,b\n", {}, ("id", "name")),
        ("id;price\n1;1,5\n2;2,5\n", {"delimiter": ";"}, ("id", "price")),
        ("id\tname\n1\ta\n", {"delimiter": "\\t"}, ("id", "name")),
        ("id|name\n1|a, b\n2|c, d\n", {"delimiter": "|"}, ("id", "name")),
        ("id,name\n1,'a, b'\n2,'c, d'\n", {"quote": "'"}, ("id", "name")),
        ('id,name\n1,"a\nb"\n', {"multiLine": True}, ("id", "name")),
        ('id,name\n1,"a \\"b\\" c"\n', {"escape": "\\"}, ("id", "name")),
        ('id, name\n"1", "a"\n"2", "b"\n', {"ignoreLeadingWhiteSpace": True}, ("id", "name")),
        ("# from x\n# at y\nid,name\n1,a\n", {"comment": "#"}, ("id", "name")),
        ("1,a\n2,b\n", {"header": False}, ("column_1", "column_2")),
        ("Anna,Berg\nBo,Holm\n", {"header": False}, ("column_1", "column_2")),
        ("ann@a.example,x\nbo@b.example,y\n", {"header": False}, ("column_1", "column_2")),
        (",id\n0,7\n", {}, ("_c0", "id")),
        ("id,a,a\n1,2,3\n", {}, ("id", "a1", "a2")),
        ("id\n1\n2\n", {}, ("id",)),
    ],
)
def test_the_dialect_of_csv(
    content: str, options: dict[str, Option], fields: tuple[str, ...], tmp_path: Path
) -> None:
    reading = read(tmp_path, content)
    assert isinstance(reading, Reading)
    assert (dict(reading.options), reading.fields) == (options, fields)


def test_lines_before_the_header_are_skipped(tmp_path: Path) -> None:
    reading = read(tmp_path, "Sales report\n\nid;day;amount\n1;2026-01-31;5\n2;2026-01-31;6\n")
    assert isinstance(reading, Reading)
    assert reading.fields == ("id", "day", "amount")
    assert dict(reading.options) == {"delimiter": ";", "skipLines": 2}
    assert isinstance(
        read(tmp_path, 'Report\nid,name,c\n1,"a\nb",2\n2,c,3\n'), NotUnderstood
    )  # Spark cannot skip lines and read records of several lines.


@pytest.mark.parametrize("suffix", ["gz", "bz2", "zst", "deflate"])
def test_compressed_files_are_read(suffix: str, tmp_path: Path) -> None:
    pack = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "deflate": zlib.compress,
        "zst": lambda text: pa.compress(text, codec="zstd", asbytes=True),
    }[suffix]
    reading = read(tmp_path, pack(b"id,name\n1,a\n"), f"a.csv.{suffix}")
    assert isinstance(reading, Reading)
    assert reading.rows == (("1", "a"),)


def test_empty_fields_are_null_and_uneven_lines_are_not_looked_at(tmp_path: Path) -> None:
    reading = read(tmp_path, "id,name\n1,\n2,b\n3,c\n4,d\n5,e,too many\n")
    assert isinstance(reading, Reading)
    assert reading.rows == (("1", None), ("2", "b"), ("3", "c"), ("4", "d"))


def test_json_is_lines_or_a_whole_file(tmp_path: Path) -> None:
    objects = [{"id": 1, "a": {"b": 1.50}}, {"id": 2, "c": True}]
    lines = read(tmp_path, "\n".join(map(json.dumps, objects)), "a.json")
    array = read(tmp_path, json.dumps(objects, indent=1), "b.json")
    single = read(tmp_path, json.dumps(objects[0], indent=1), "c.jsonl")
    rows = (("1", {"b": "1.5"}, None), ("2", None, True))
    assert isinstance(lines, Reading)
    assert (dict(lines.options), lines.fields, lines.rows) == ({}, ("id", "a", "c"), rows)
    assert isinstance(array, Reading)
    assert (dict(array.options), array.rows) == ({"multiLine": True}, rows)
    assert isinstance(single, Reading)
    assert (dict(single.options), len(single.rows)) == ({"multiLine": True}, 1)


def test_a_large_array_is_read_as_far_as_it_was_looked_at(tmp_path: Path) -> None:
    objects = [{"id": number, "text": "x" * 1000} for number in range(2000)]
    reading = read(tmp_path, json.dumps(objects), "a.json")
    assert isinstance(reading, Reading)
    assert 900 < len(reading.rows) <= BYTES // 1000


def test_gzipped_files_are_read_a_part_at_a_time(tmp_path: Path) -> None:
    lines = "id,name\n" + "".join(f"{number},x\n" for number in range(300_000))
    reading = read(tmp_path, gzip.compress(lines.encode()), "a.csv.gz")
    assert isinstance(reading, Reading)
    assert reading.fields == ("id", "name")
    assert read(tmp_path, b"\x1f\x8bbroken", "b.csv.gz") == NotUnderstood(
        "cannot be opened, or damaged"
    )


def test_parquet_has_its_own_types(tmp_path: Path) -> None:
    columns = {
        "i": pa.array([1], pa.int32()), "u": pa.array([1], pa.uint32()),
        "d": pa.array([1], pa.decimal128(9, 2)), "t": pa.array([0], pa.timestamp("us")),
        "n": pa.array([{"a": [1.5]}]), "m": pa.array([[("k", "v")]], pa.map_(*[pa.string()] * 2)),
        "e": pa.array(["x"]).dictionary_encode(),
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    reading = inspect(find_files(tmp_path)[0])
    assert isinstance(reading, Reading)
    assert reading.types == {
        "i": "int", "u": "bigint", "d": "decimal(9,2)", "t": "timestamp",
        "n": "struct<a:array<double>>", "m": "string", "e": "string",
    }  # fmt: skip


def test_times_in_nanoseconds_can_be_read_from_orc_only(tmp_path: Path) -> None:
    table = pa.table({"t": pa.array([0], pa.timestamp("ns")), "id": [7]})
    pq.write_table(table, tmp_path / "a.parquet")
    orc.write_table(table, tmp_path / "b.orc")
    parquet, from_orc = map(inspect, find_files(tmp_path))
    assert isinstance(parquet, NotUnderstood)
    assert isinstance(from_orc, Reading)
    assert (from_orc.form, from_orc.types) == ("orc", {"t": "timestamp", "id": "bigint"})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "Dear all,\nthis is a letter.\nIt has no columns, none at all.\n"),
        ("a.json", '["a", "b"]'),
        ("a.json", "{broken"),
        ("a.csv", ""),
        ("a.csv", "a,b\n1\n1,2,3\n1,2,3,4\n1\n"),
        ("a:b.csv", "id,name\n1,a\n"),
        ("a{x}.csv", "id,name\n1,a\n"),
        ("a.bin", b"\0\0\0"),
        ("a.parquet", b"PAR1broken"),
    ],
)
def test_what_is_not_understood_has_a_reason(
    name: str, content: str | bytes, tmp_path: Path
) -> None:
    assert isinstance(read(tmp_path, content, name), NotUnderstood)


def test_a_field_that_is_no_name_is_declared_by_its_column(tmp_path: Path) -> None:
    reading = read(tmp_path, "Größe;Datum;日付;datum\n1;2026-01-31;x;z\n")
    assert isinstance(reading, Reading)
    columns = declare_fields(reading)
    assert columns == {
        "grosse": "Größe", "Datum": "Datum", "field_3": "日付", "datum_4": "datum",
    }  # fmt: skip
    assert set(fields_to_declare(columns, reading)) == {"grosse", "field_3", "datum_4"}


def test_a_key_of_json_that_may_be_data_is_not_declared(tmp_path: Path) -> None:
    keys = {"_id": 1, "user-id": 2, "ann@mail.example": 3, "Anna Berg": 4, "score": 5}
    reading = read(tmp_path, json.dumps(keys), "a.json")
    assert isinstance(reading, Reading)
    columns = declare_fields(reading)
    assert columns == {"id": "_id", "user_id": "user-id", "score": "score"}
    assert fields_to_declare(columns, reading) == {"id": "_id", "user_id": "user-id"}
