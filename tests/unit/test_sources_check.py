"""Mistakes in a source are found before Spark starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.type_names import is_type
from lakehouse.config.validation import parse_declaration
from lakehouse.config.yaml_file import load
from lakehouse.errors import DeclarationError
from lakehouse.sources.check import check_source
from lakehouse.sources.file_source import FileSource

TYPES = [
    "string", "INT", "bigint", "decimal", "decimal(12,2)", "Decimal( 38 , 0 )", "timestamp_ntz",
    "array<string>", "map<string,array<int>>", "struct<a:int,b:struct<c:date>>", "variant",
    "struct<a: int COMMENT 'x, y', `b c` string NOT NULL>", "array<array<decimal(9,2)>>",
    "struct<>", "varchar(10)", "string collate UTF8_LCASE", "map<string, struct<n int>>", "dec(5)",
]  # fmt: skip
NO_TYPES = [
    "", "strang", "decimal(39,2)", "decimal(2,3)", "decimal(1,1,1)", "decimal()", "array",
    "array<>", "array<int", "array<int>>", "map<string>", "struct<a>", "int string", "varchar",
    "struct<a:int,>", "decimal(x)", "int; drop", "struct<a:strang>",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPES)
def test_a_type_of_spark_is_known(text: str) -> None:
    assert is_type(text)


@pytest.mark.parametrize("text", NO_TYPES)
def test_what_is_no_type_is_known(text: str) -> None:
    assert not is_type(text)


def declared(folder: Path, text: str) -> BronzeTable:
    file = folder / "t.yml"
    file.write_text(f"table: bronze.t\ndescription: d\n{text}")
    return parse_declaration(BronzeTable, load(file), file=file)


def test_all_mistakes_of_a_source_come_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = declared(
        tmp_path,
        "source:\n  kind: files\n  format: csv\n  path: '{landing}/{day}'\n  options:\n"
        "    delimeter: ;\n    encoding: cp1252\n    lineSep: ''\n    header: maybe\n"
        "columns:\n  a: {type: string}\n",
    )
    problems = [str(problem).split("\n")[0] for problem in check_source(table)]
    assert problems == [
        "t.yml:6: invalid path '{landing}/{day}'",
        "t.yml:8: unknown option 'delimeter' of a csv source; did you mean 'delimiter'?",
        "t.yml:9: encoding: 'cp1252' is not a known encoding",
        "t.yml:10: lineSep: at least one character is needed",
        "t.yml:11: header: 'maybe' is neither true nor false",
    ]


def test_booleans_and_numbers_of_yaml_are_options(tmp_path: Path) -> None:
    table = declared(
        tmp_path,
        "source:\n  kind: files\n  format: csv\n  path: '{landing}'\n"
        "  options: {header: false, maxColumns: 300, delimiter: ;}\ncolumns:\n  a: {type: int}\n",
    )
    assert table.source.options == {"header": "false", "maxColumns": "300", "delimiter": ";"}
    assert list(check_source(table)) == []


@pytest.mark.parametrize("value", [1.5, None, ["x"]])
def test_other_values_are_no_options(value: Any) -> None:
    source = {"kind": "files", "format": "csv", "path": "p", "options": {"quote": value}}
    with pytest.raises(ValidationError):
        FileSource.model_validate(source)


def test_a_changed_file_is_rejected_loaded_again_or_replaced(tmp_path: Path) -> None:
    rest = "source: {kind: files, format: csv, path: p}\ncolumns:\n  a: {type: int}\n"
    for policy in ("reject", "new_version", "replace"):
        table = declared(tmp_path, f"on_changed_file: {policy}\n{rest}")
        assert table.on_changed_file == policy
    with pytest.raises(DeclarationError, match=r"t\.yml:3: on_changed_file: "):
        declared(tmp_path, f"on_changed_file: renew\n{rest}")
