"""A second task is a pipeline that has its tables from another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from declared import (
    GOLD,
    GOLD_SQL,
    LABELS,
    LABELS_SQL,
    MODEL,
    PIPELINE,
    SILVER,
    declare,
    fingerprints,
)

from lakehouse.config.checks import suite_file
from lakehouse.config.pipeline import load_pipeline
from lakehouse.config.settings import Settings
from lakehouse.errors import DeclarationError, DeclarationErrors
from lakehouse.steps import validate
from lakehouse.steps.recording import conf_hash

SHARED = ("bronze.sales", "silver.sales", "gold.features")
PYTHON = """from rates import RATE


def transform(inputs, *, date):
    return inputs["bronze.sales"].withColumn("rate", RATE)
"""
SECOND = f"{PIPELINE}tables_from: shop\n"


def declare_second(folder: Path, pipeline: str = SECOND, **changes: str | None) -> Path:
    """The pipeline ``shop``, and beside it ``second`` with labels and a model of its own."""
    conf = declare(folder, **changes)
    files = {
        "pipeline.yml": pipeline,
        "labels/labels.yml": LABELS,
        "labels/labels.sql": LABELS_SQL,
        "model.yml": MODEL,
    }
    for name, text in files.items():
        file = conf / "pipelines" / "second" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return conf


def mistakes(conf: Path) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        load_pipeline(conf, "second")
    error = caught.value
    errors = error.errors if isinstance(error, DeclarationErrors) else [error]
    folder = f"{conf / 'pipelines'}/"
    return [f"{(one.where or '').removeprefix(folder)}: {one.message}" for one in errors]


def test_bronze_silver_and_features_are_shared_and_the_rest_is_its_own(tmp_path: Path) -> None:
    conf = declare_second(tmp_path)
    second, first = (load_pipeline(conf, name) for name in ("second", "shop"))
    shared = {**second.bronze, **second.silver, **second.features}
    there = {**first.bronze, **first.silver, **first.features}
    assert {name: table.file for name, table in shared.items()} == {
        name: table.file for name, table in there.items()
    }
    assert second.gold == {}
    assert second.labels["gold.labels"].file.parents[1].name == "second"


def test_it_is_validated_with_the_shared_tables(tmp_path: Path) -> None:
    said = validate.run(declare_second(tmp_path), "second", env="dev")
    assert said == "second: 4 tables, 1 model: no mistakes"


def test_a_shared_table_has_the_suite_of_the_pipeline_that_declares_it(tmp_path: Path) -> None:
    conf = declare_second(tmp_path, silver__sales_yml=SILVER + "expectations: silver.sales\n")
    suites = tmp_path / "expectations" / "shop"
    suites.mkdir(parents=True)
    (suites / "silver.sales.json").write_text('{"name": "silver.sales", "expectations": []}')
    assert validate.run(conf, "second", env="dev").startswith("second: 4 tables, 1 suite,")
    table = load_pipeline(conf, "second").silver["silver.sales"]
    assert suite_file(conf, table) == tmp_path / "expectations" / "shop" / "silver.sales.json"


def test_a_table_of_both_is_declared_twice(tmp_path: Path) -> None:
    conf = declare_second(tmp_path)
    folder = conf / "pipelines" / "second" / "silver"
    folder.mkdir()
    (folder / "sales.yml").write_text(SILVER)
    (folder / "sales.sql").write_text("SELECT 1")
    (found,) = mistakes(conf)
    assert found.startswith("second/silver/sales.yml:1: silver.sales is declared twice (first in ")


def test_gold_of_its_own_reads_shared_tables(tmp_path: Path) -> None:
    conf = declare_second(tmp_path)
    folder = conf / "pipelines" / "second" / "gold"
    folder.mkdir()
    (folder / "daily.yml").write_text(GOLD)
    (folder / "daily.sql").write_text(GOLD_SQL)
    assert list(load_pipeline(conf, "second").gold) == ["gold.daily"]


def test_a_mistake_in_a_shared_table_is_told_where_it_is(tmp_path: Path) -> None:
    conf = declare_second(tmp_path, silver__sales_yml=SILVER + "x: 1\n")
    assert [found.partition(": ")[0] for found in mistakes(conf)] == ["shop/silver/sales.yml:9"]


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        (
            SECOND.replace("shop", "shopp"),
            "pipeline.yml:3: tables_from: no other pipeline 'shopp'; did you mean 'shop'?",
        ),
        (
            SECOND.replace("shop", "second"),
            "pipeline.yml:3: tables_from: no other pipeline 'second'",
        ),
        (
            f"{SECOND}timezone: Europe/Paris\n",
            "pipeline.yml:4: timezone is Europe/Paris here and UTC in shop, whose tables this "
            "pipeline has",
        ),
    ],
)
def test_a_pipeline_that_cannot_share_is_one_error(
    tmp_path: Path, pipeline: str, message: str
) -> None:
    found = mistakes(declare_second(tmp_path, pipeline))
    assert f"second/{message}" in found


def test_tables_are_not_shared_over_two_pipelines(tmp_path: Path) -> None:
    conf = declare_second(tmp_path)
    third = conf / "pipelines" / "third"
    third.mkdir()
    (third / "pipeline.yml").write_text(SECOND.replace("shop", "second"))
    with pytest.raises(DeclarationError, match="second has its own tables from shop") as caught:
        load_pipeline(conf, "third")
    assert "write tables_from: shop" in str(caught.value)


def test_a_shared_table_has_one_definition_in_both_with_the_modules_that_it_imports(
    tmp_path: Path,
) -> None:
    conf = declare_second(tmp_path, silver__sales_sql=None, silver__sales_py=PYTHON)
    module = conf / "pipelines" / "shop" / "rates.py"
    found = []
    for rate in (1, 2):
        module.write_text(f"RATE = {rate}\n", encoding="utf-8")
        first, second = (fingerprints(conf, name) for name in ("shop", "second"))
        assert {name: first[name] for name in SHARED} == {name: second[name] for name in SHARED}
        found.append(second["silver.sales"])
    assert found[0] != found[1]


def test_the_hash_of_the_declarations_covers_those_that_are_shared(tmp_path: Path) -> None:
    def hashes(conf: Path) -> dict[str, str]:
        return {
            name: conf_hash(
                Settings(pipeline=name, env="dev", conf_dir=conf), load_pipeline(conf, name).folders
            )
            for name in ("shop", "second")
        }

    before = hashes(declare_second(tmp_path))
    after = hashes(declare_second(tmp_path, silver__sales_yml=f"{SILVER}# changed\n"))
    assert before["second"] != after["second"]
    (tmp_path / "conf" / "pipelines" / "second" / "model.yml").write_text(f"{MODEL}# changed\n")
    assert hashes(tmp_path / "conf")["shop"] == after["shop"]
