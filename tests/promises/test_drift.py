"""Drift: seven changes of a file's form × five formats × three policies, each with one outcome.

The outcomes are those of the tables in docs/declaring.md ("When the form of a file changes").
Whatever happens, no value is lost and none stands in another column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.sql import DataFrame, Row, SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.errors import DeclarationError
from lakehouse.sources.listing import SourceFile, list_files
from lakehouse.sources.read import read_files, unreadable
from lakehouse.sources.reasons import READ_ERRORS
from lakehouse.sources.summary import summarize_files
from lakehouse.sources.understanding import not_understood

PAGE = Path(__file__).parents[2] / "docs" / "declaring.md"
POLICIES = ("rescue", "add_new_columns", "fail_on_new_columns")
FORMATS = ("csv", "json", "parquet", "orc", "text")
Cells = list[tuple[str, Any]]
CHANGES: dict[str, Cells] = {
    "a new column": [("id", 1), ("city", "Rome"), ("note", "x"), ("zip", "00100")],
    "a column is gone": [("id", 1), ("note", "x")],
    "another type": [("id", "one"), ("city", "Rome"), ("note", "x")],
    "another order": [("note", "x"), ("id", 1), ("city", "Rome")],
    "other case": [("ID", 1), ("City", "Rome"), ("NOTE", "x")],
    "a name twice": [("id", 1), ("city", "Rome"), ("city", "Lima"), ("note", "x")],
    "no names": [("", 1), ("", "Rome"), ("", "x")],
}
PATTERN = r"(?<id>\S+) (?<city>[A-Z]\S*) (?<note>[a-z]\S*)"
COLUMN_OF = {"1": "id", "one": "id", "Rome": "city", "Lima": "city", "x": "note", "00100": "zip"}


def _csv(file: Path, cells: Cells) -> None:
    head = ",".join(name for name, _ in cells)
    body = ",".join(str(value) for _, value in cells)
    file.write_text(f"{head}\n{body}\n" if head.strip(",") else f"{body}\n")


def _json(file: Path, cells: Cells) -> None:
    pairs = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in cells)
    values = json.dumps([value for _, value in cells])
    file.write_text(f"{{{pairs}}}\n" if cells[0][0] else f"{values}\n")


def _arrow(cells: Cells) -> pa.Table:
    names = [name or f"column{number}" for number, (name, _) in enumerate(cells)]
    return pa.Table.from_arrays([pa.array([value]) for _, value in cells], names)


def _text(file: Path, cells: Cells) -> None:
    file.write_text(" ".join(str(value) for _, value in cells) + "\n")


WRITE: dict[str, Callable[[Path, Cells], None]] = {
    "csv": _csv,
    "json": _json,
    "parquet": lambda file, cells: pq.write_table(_arrow(cells), file),
    "orc": lambda file, cells: orc.write_table(_arrow(cells), file),
    "text": _text,
}


def documented(policy: str) -> dict[tuple[str, str], str]:
    """The outcome of each (change, format) in the table of a policy."""
    page = PAGE.read_text().split("### When the form of a file changes")[1].split("\n## ")[0]
    block = page.split(f"`on_new_column: {policy}`")[1].split("\n\n")[1]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
    formats = [re.sub("`", "", name) for name in rows[0][1:]]
    return {
        (row[0], name): cell
        for row in rows[2:]
        for name, cell in zip(formats, row[1:], strict=True)
    }


def _table(tmp_path: Path, form: str, policy: str) -> BronzeTable:
    options = {"pattern": PATTERN} if form == "text" else {}
    given = {
        "table": "bronze.t",
        "description": "",
        "source": {"kind": "files", "format": form, "path": "{landing}", "options": options},
        "columns": {"id": {"type": "int"}, "city": {"type": "string"}, "note": {"type": "string"}},
        "on_new_column": policy,
    }
    file = tmp_path / "t.yml"
    file.write_text(yaml.safe_dump(given))
    return BronzeTable.model_validate(given | {"file": file})


def outcome(spark: SparkSession, table: BronzeTable, folder: Path, cells: Cells) -> str:
    files = list_files(spark, table.source, str(folder)).files
    assert len(files) == 1
    try:
        frame = read_files(spark, table, files)
        (row,) = frame.collect()
    except DeclarationError as problem:
        error = problem
    except READ_ERRORS:
        assert set(unreadable(spark, table, files)) == {files[0].key}
        return "the file is named"
    else:
        return _outcome_of_row(spark, table, files, frame, row, cells)
    assert re.search(r"bronze\.t: .+ is not declared", str(error))
    assert not any(str(value) in error.message for _, value in cells if value != 1)
    return "refused"


def _outcome_of_row(
    spark: SparkSession,
    table: BronzeTable,
    files: list[SourceFile],
    frame: DataFrame,
    row: Row,
    cells: Cells,
) -> str:
    assert_nothing_is_lost_or_moved(row, cells)
    if not_understood(spark, summarize_files(frame, table), files, table):
        return "the file is named"
    if row["_rescued_data"] is None:
        added = [name for name in row.asDict() if name not in ("id", "city", "note")]
        is_added = any(not name.startswith("_") for name in added)
        return "a column is added" if is_added else _plain(row)
    return "the row is rescued" if "unparsed" in row["_rescued_data"] else "the value is rescued"


def _plain(row: Row) -> str:
    return "read right" if None not in (row["id"], row["city"], row["note"]) else "NULL"


def assert_nothing_is_lost_or_moved(row: Row, cells: Cells) -> None:
    rescued = row["_rescued_data"] or ""
    columns = {n: v for n, v in row.asDict().items() if not n.startswith("_") and v is not None}
    is_marked = bool(rescued)
    for value in (str(value) for _, value in cells):
        places = [name for name, held in columns.items() if str(held) == value]
        assert places or value in rescued, f"{value} is lost"
        assert is_marked or all(
            COLUMN_OF[value] == name for name in places if name in ("id", "city", "note")
        )


def cases() -> Iterator[tuple[str, str]]:
    return ((form, policy) for form in FORMATS for policy in POLICIES)


@pytest.mark.parametrize(("form", "policy"), cases())
def test_each_change_has_its_documented_outcome(
    spark: SparkSession, tmp_path: Path, form: str, policy: str
) -> None:
    table = _table(tmp_path, form, policy)
    actual = {}
    for number, (change, cells) in enumerate(CHANGES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        extension = "log" if form == "text" else form
        WRITE[form](folder / f"a.{extension}", cells)
        actual[change, form] = outcome(spark, table, folder, cells)
    expected = {key: said for key, said in documented(policy).items() if key[1] == form}
    assert actual == expected
