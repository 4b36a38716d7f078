"""JSON Schemas of the declarations: up to date, and as strict as the models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from declared import declare, fingerprints
from jsonschema import Draft7Validator
from made_up_files import write_folder

from lakehouse.cli.main import main
from lakehouse.table_docs.schemas import REFERENCE, differences, schema_texts
from lakehouse.table_docs.schemas import main as write_schemas

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / page for page in REFERENCE]
TEXTS = [page.read_text(encoding="utf-8") for page in PAGES]
SCHEMAS = {name: json.loads(text) for name, text in schema_texts(*TEXTS).items()}
FILES = {"kind": "files", "format": "csv", "path": "x"}
SHIPPED = [*sorted((ROOT / "conf" / "pipelines").rglob("*.yml")), ROOT / "conf" / "privacy.yml"]

each_shipped = pytest.mark.parametrize(
    "file", SHIPPED, ids=lambda file: file.relative_to(ROOT / "conf").as_posix()
)


def schema_named_by(file: Path) -> Path:
    """The schema that the first line of a declaration names."""
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    return (file.parent / first.partition("=")[2]).resolve()


def errors(kind: str, data: Any) -> list[str]:
    return [error.message for error in Draft7Validator(SCHEMAS[f"{kind}.json"]).iter_errors(data)]


def test_the_schemas_of_this_project_are_up_to_date() -> None:
    off = differences(schema_texts(*TEXTS), ROOT / "conf" / "schemas")
    assert off == [], "run `make docs`"


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_valid_and_describes_its_keys(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])
    keys = SCHEMAS[name].get("properties", {})
    assert [key for key, form in keys.items() if "description" not in form] == []


@each_shipped
def test_each_shipped_declaration_is_valid_by_the_schema_it_names(file: Path) -> None:
    schema = schema_named_by(file)
    assert schema.parent == ROOT / "conf" / "schemas"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert errors(schema.stem, data) == []


@each_shipped
def test_an_unknown_key_is_not_valid(file: Path) -> None:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert errors(schema_named_by(file).stem, {**data, "sequnce_by": {"x": 1}}) != []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("bronze", {"columns": {"a": {"type": "string", "pi": "none"}}}),
        ("bronze", {"columns": {"1a": {"type": "string"}}}),
        (
            "bronze",
            {"source": {"kind": "files", "format": "csv", "path": "x", "options": {"x": 1}}},
        ),
        ("bronze", {"source": {"kind": "files", "format": "cvs", "path": "x"}}),
        ("silver", {"write": "replace_keys"}),
        ("silver", {"keys": "some"}),
        ("gold", {"write": "scd2"}),
        ("gold", {"chart": {"measure": {"colum": "a"}}}),
        ("features", {"lookback": "28"}),
        ("privacy", {"email": {"tokn": "email"}}),
        ("privacy", {"email": "dorp"}),
    ],
)
def test_mistakes_are_seen(kind: str, change: dict[str, Any]) -> None:
    valid: dict[str, dict[str, Any]] = {
        "bronze": {
            "table": "bronze.a", "description": "A",
            "source": {**FILES, "options": {"header": False}},
            "columns": {"a": {"type": "string"}},
        },
        "silver": {"table": "silver.a", "description": "A", "source": "bronze.a",
                   "write": "append", "keys": "all"},
        "gold": {"table": "gold.a", "description": "A", "source": "silver.a", "write": "rebuild",
                 "chart": [{"measure": ["a", {"column": "b", "as": "sum"}], "over": "day"}]},
        "features": {"table": "gold.f", "description": "F", "source": "silver.a",
                     "keys": ["a"], "lookback": "28 days"},
        "privacy": {"email": {"token": "email", "also": "domain"}, "none": "keep"},
    }  # fmt: skip
    assert errors(kind, valid[kind]) == []
    assert errors(kind, {**valid[kind], **change}) != []


def test_check_names_the_schemas_that_are_not_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--folder", str(tmp_path), "--reference", *map(str, PAGES)]
    assert write_schemas([*options, "--check"]) == 1
    assert write_schemas(options) == 0
    assert write_schemas([*options, "--check"]) == 0
    (tmp_path / "gone.json").write_text("{}")
    assert write_schemas([*options, "--check"]) == 1
    assert "gone.json: not up to date" in capsys.readouterr().err


def test_drafted_declarations_are_valid_by_the_schemas_they_name(tmp_path: Path) -> None:
    conf = tmp_path / "home" / "conf"
    conf.mkdir(parents=True)
    for name in ("base.yml", "dev.yml", "privacy.yml"):
        shutil.copy(ROOT / "conf" / name, conf / name)
    folder = write_folder(tmp_path / "landing")
    assert main(["init", "shop", "--from", str(folder), "--conf-dir", str(conf)]) == 0
    drafted = sorted((conf / "pipelines").rglob("*.yml"))
    assert len(drafted) == 8
    for file in drafted:
        schema = schema_named_by(file)
        assert schema.is_file()
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert errors(schema.stem, data) == [], file


def test_the_comment_is_no_part_of_a_definition(tmp_path: Path) -> None:
    conf = declare(tmp_path)
    before = fingerprints(conf)
    for file in conf.rglob("*.yml"):
        file.write_text(f"# yaml-language-server: $schema=x.json\n{file.read_text()}")
    assert fingerprints(conf) == before
