"""The documents are true: commands, files, tests, keys and examples."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pyspark.sql import SparkSession

import lakehouse
from lakehouse.cli.app import parse
from lakehouse.cli.main import main
from lakehouse.config import column, declarations
from lakehouse.config.model import (
    declaration,
    features,
    gates,
    live,
    monitoring,
    scores,
    slices,
    split,
    training,
)
from lakehouse.config.settings import setting_names
from lakehouse.privacy.keys import write_dev_key
from lakehouse.quality.suites import _META_KEYS
from lakehouse.sources.file_source import FileSource
from lakehouse.steps import validate
from lakehouse.table_docs.schemas import REFERENCE

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")),
         *sorted((ROOT / "docs" / "adr").glob("*.md"))]  # fmt: skip
README = (ROOT / "README.md").read_text()
EXAMPLE = "my_shop"
_SHELL = re.compile(r"```sh\n(.*?)```", re.S)
_FILE = re.compile(r"\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)```", re.S)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)\)")
_PLACES = ("lakehouse", "conf", "tests", "docs", "notebooks", "jobs", "tools", "expectations")
_STEP = re.compile(r"(?:\.venv/bin/)?lakehouse$|(?:.*/)?spark-submit$")

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def commands(text: str) -> Iterator[list[str]]:
    """Every command in a shell block, and every inline command of this project."""
    lines = [line for block in _SHELL.findall(text) for line in block.splitlines()]
    lines += [code for code in _CODE.findall(text) if code.startswith(("lakehouse ", "make "))]
    for line in lines:
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words = words[1:]
        if words:
            yield words


@by_page
def test_each_command_can_be_parsed(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    for program, *rest in commands(page.read_text()):
        if program == "make":
            assert rest[0] in targets
        elif _STEP.match(program):
            parse([Path(rest[0]).stem, *rest[1:]] if "/" in rest[0] else rest)
        elif page.parent.name != "adr":
            assert program.startswith((".venv/bin/", "databricks")), program


@by_page
def test_each_named_file_exists(page: Path) -> None:
    text = page.read_text()
    named = {code for code in _CODE.findall(text) if code.split("/")[0] in _PLACES and "/" in code}
    named |= {word for words in commands(text) for word in words if word.startswith("notebooks/")}
    for name in named:
        if not re.search(rf"[*<>{{}}…\s]|{EXAMPLE}", name):
            assert (ROOT / name.partition("::")[0]).exists(), name
    for target in _LINK.findall(text):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@by_page
def test_each_named_test_exists(page: Path) -> None:
    text = page.read_text()
    named = re.findall(r"(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)", text)
    named += [(path, name) for name, path in re.findall(r"\[`(test_\w+)`\]\((\S+?)\)", text)]
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text(), name


FORMS = {
    "pipeline.yml": (declarations.PipelineInfo,),
    "Bronze": (declarations.BronzeTable, FileSource, column.Column, column.Padding),
    "Every computed table": (declarations.ComputedTable,),
    "Silver": (declarations.SilverTable,),
    "Gold": (declarations.GoldTable,),
    "Features and labels": (declarations.SnapshotTable,),
    "model.yml": (declaration.ModelDecl, declaration.ModelCosts, declaration.ModelPromotion,
                  features.ModelFeatures, features.FeatureJoin, split.ModelSplit, gates.ModelGates,
                  live.ModelLive, monitoring.ModelMonitoring, scores.ModelScores,
                  slices.ModelSlice, slices.ModelSliceGate, training.ModelTraining,
                  training.SelectFeatures, training.PrincipalComponents),
}  # fmt: skip


def _section(title: str) -> str:
    """A section of the reference; the whole page of that title."""
    pages = [(ROOT / page).read_text() for page in REFERENCE]
    sections = [part for page in pages for part in re.split(r"^## ", page, flags=re.M)]
    whole = [page.removeprefix("# ") for page in pages]
    return next(part for part in [*whole, *sections] if part.startswith(f"{title}\n"))


def _keys(form: type[BaseModel]) -> set[str]:
    inherited = set(declarations.ComputedTable.model_fields)
    own = {name for name, field in form.model_fields.items() if not field.exclude}
    is_computed = form is not declarations.ComputedTable
    return own - inherited if issubclass(form, declarations.ComputedTable) and is_computed else own


@pytest.mark.parametrize("title", FORMS)
def test_each_key_is_in_the_reference(title: str) -> None:
    words = set(re.findall(r"\w+", " ".join(_CODE.findall(_section(title)))))
    assert set().union(*map(_keys, FORMS[title])) <= words


def test_each_setting_and_each_meta_key_is_in_the_reference() -> None:
    assert set(setting_names()) <= set(_CODE.findall(_section("Settings")))
    assert set(_META_KEYS) <= set(_CODE.findall(_section("Expectations")))


def test_the_examples_of_the_reference_form_a_valid_pipeline(tmp_path: Path) -> None:
    conf, suites = tmp_path / "conf", tmp_path / "expectations" / "shop"
    files = dict(_FILE.findall("\n".join((ROOT / page).read_text() for page in REFERENCE)))
    for name, text in files.items():
        file = (suites if name.endswith(".json") else conf / "pipelines" / "shop") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for name in ("base.yml", "dev.yml", "privacy.yml"):
        shutil.copy(ROOT / "conf" / name, conf / name)
    assert {"bronze", "silver", "gold", "features", "labels"} <= {n.split("/")[0] for n in files}
    assert validate.run(conf, "shop", env="dev") == "shop: 16 tables, 1 suite, 1 model: no mistakes"


def test_the_files_in_the_readme_equal_those_of_the_project() -> None:
    shown = {name: text for name, text in _FILE.findall(README) if EXAMPLE not in name}
    assert len(shown) == 2
    assert {name: (ROOT / name).read_text() for name in shown} == shown


def test_the_example_of_the_readme_gives_what_it_says(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _write_example(tmp_path)
    calls = [words[1:] for words in commands(README) if words[0].endswith("/lakehouse")]
    own = [call for call in calls if EXAMPLE in call and "--files" not in call]
    for call in dict.fromkeys(map(tuple, own)):
        assert main(list(call)) == 0, call
    lake = lakehouse.open(EXAMPLE, spark=spark)
    rows = [tuple(map(str, row)) for row in lake.read("gold.daily_sales").collect()]
    assert sorted(rows) == _promised()
    rejected = lake.read("quarantine.silver_sales").select("sale_id", "_failed_rules").collect()
    assert [tuple(row) for row in rejected] == [("3", ["amount_is_positive"])]
    assert "@" not in "".join(row["customer"] for row in lake.read("silver.sales").collect())


def _write_example(home: Path) -> None:
    for name in ("base.yml", "dev.yml", "privacy.yml"):
        (home / "conf").mkdir(exist_ok=True)
        shutil.copy(ROOT / "conf" / name, home / "conf" / name)
    write_dev_key(home / "build" / "dev" / "privacy.key")
    for name, text in _FILE.findall(README):
        if EXAMPLE in name:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)


def _promised() -> list[tuple[str, ...]]:
    cells = [re.findall(r"[^|\s]+", line) for line in README.splitlines()]
    return sorted(tuple(line) for line in cells if re.match(r"2026-\d\d-\d\d$", "".join(line[:1])))
