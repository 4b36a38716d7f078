"""A pipeline's declarations: all mistakes at once, the order of gold, the tables of a step."""

from __future__ import annotations

from pathlib import Path

import pytest
from declared import BRONZE, FEATURES, GOLD, MODEL, SILVER, declare

from lakehouse.config.pipeline import load_pipeline, read_declarations
from lakehouse.errors import DeclarationError, DeclarationErrors
from lakehouse.steps.registry import tables_of

ALSO = GOLD.replace("gold.daily", "gold.also")


def mistakes(conf: Path) -> list[str]:
    """Each mistake with its place relative to the pipeline's folder."""
    with pytest.raises(DeclarationError) as caught:
        load_pipeline(conf, "shop")
    error = caught.value
    errors = error.errors if isinstance(error, DeclarationErrors) else [error]
    folder = str(conf / "pipelines" / "shop") + "/"
    return [f"{(one.where or '').removeprefix(folder)}: {one.message}" for one in errors]


def test_a_correct_pipeline_has_no_mistakes(tmp_path: Path) -> None:
    assert load_pipeline(declare(tmp_path), "shop").name == "shop"


def test_mistakes_of_all_files_are_listed_sorted_by_file_and_line(tmp_path: Path) -> None:
    conf = declare(
        tmp_path,
        pipeline_yml="description: x\nowner: y\ntimezon: UTC\n",
        silver__sales_yml=SILVER.replace("keys:", "kyes:").replace("write: scd2", "write: scd3"),
        gold__daily_yml=GOLD.replace("silver.sales", "silver.sale"),
        gold__daily_sql=None,
        features__features_yml=FEATURES + "horizont: 3 days\n",
        model_yml=MODEL.replace("test_days: 7", "test_days: 0"),
    )
    assert mistakes(conf) == [
        "features/features.yml:5: unknown key 'horizont'; did you mean 'horizon'?",
        "gold/daily.yml:1: neither daily.sql nor daily.py exists beside the declaration; "
        "there must be exactly one",
        "gold/daily.yml:3: silver.sale cannot be a source here",
        "model.yml:8: split.test_days: input should be greater than 0",
        "pipeline.yml:3: unknown key 'timezon'; did you mean 'timezone'?",
        "silver/sales.yml:4: write: input should be 'append', 'scd1' or 'scd2'",
        "silver/sales.yml:5: unknown key 'kyes'; did you mean 'keys'?",
    ]


def test_several_mistakes_of_one_declaration(tmp_path: Path) -> None:
    conf = declare(
        tmp_path,
        silver__sales_yml=SILVER.replace("keys: [sale_id]\nsequence_by: at\n", ""),
        bronze__sales_yml=BRONZE.replace("{type: string, pii: none}", "{typ: string, pi: none}"),
    )
    assert mistakes(conf) == [
        "bronze/sales.yml:5: unknown key 'typ'; did you mean 'type'?",
        "bronze/sales.yml:5: unknown key 'pi'; did you mean 'pii'?",
        "silver/sales.yml:1: the key 'keys' is missing; write: scd2 needs it",
        "silver/sales.yml:1: the key 'sequence_by' is missing; write: scd2 needs it",
    ]


def test_one_mistake_is_raised_as_it_is(tmp_path: Path) -> None:
    conf = declare(tmp_path, gold__daily_yml=GOLD.replace("silver.sales", "silver.saless"))
    with pytest.raises(DeclarationError) as caught:
        load_pipeline(conf, "shop")
    assert type(caught.value) is DeclarationError
    assert str(caught.value) == (
        f"{conf}/pipelines/shop/gold/daily.yml:3: silver.saless cannot be a source here; did you "
        "mean 'silver.sales'?\n  possible: gold.daily, gold.features, gold.labels, gold.scores, "
        "silver.predictions, silver.sales"
    )


def test_the_text_of_several_shows_each_with_its_hint(tmp_path: Path) -> None:
    conf = declare(tmp_path, gold__daily_yml=GOLD + "key: x\n", model_yml=MODEL + "x: 1\n")
    with pytest.raises(DeclarationErrors) as caught:
        load_pipeline(conf, "shop")
    lines = str(caught.value).splitlines()
    assert [line.partition("shop/")[2] for line in lines[::2]] == [
        "gold/daily.yml:6: unknown key 'key'; did you mean 'keys'?",
        "model.yml:13: unknown key 'x'",
    ]
    assert lines[1].startswith("  known here: ")
    assert caught.value.exit_code == 2


def test_a_misspelt_key_is_not_told_as_missing_too(tmp_path: Path) -> None:
    conf = declare(tmp_path, gold__daily_yml=GOLD.replace("write:", "wriet:"))
    assert mistakes(conf) == ["gold/daily.yml:4: unknown key 'wriet'; did you mean 'write'?"]


def test_reading_an_invalid_table_is_not_a_second_mistake(tmp_path: Path) -> None:
    conf = declare(tmp_path, silver__sales_yml=SILVER + "x: 1\n", model_yml="- no mapping\n")
    assert len(mistakes(conf)) == 2
    declared = read_declarations(conf, "shop")
    assert "silver.sales" in declared.unread
    assert list(declared.pipeline.gold) == ["gold.daily"]


def test_gold_that_reads_each_other_names_the_cycle(tmp_path: Path) -> None:
    conf = declare(
        tmp_path,
        gold__daily_yml=GOLD.replace("silver.sales", "gold.also"),
        gold__also_yml=ALSO.replace("silver.sales", "gold.daily"),
        gold__also_sql="SELECT 1",
    )
    (mistake,) = mistakes(conf)
    assert mistake in (
        "gold/also.yml:1: cyclic dependency: gold.also → gold.daily → gold.also",
        "gold/daily.yml:1: cyclic dependency: gold.daily → gold.also → gold.daily",
    )


def over(source: str) -> str:
    """``gold.also`` on another table."""
    return ALSO.replace("silver.sales", source)


@pytest.mark.parametrize(
    ("source", "phase"),
    [
        ("silver.sales", "aggregate"),
        ("gold.daily", "aggregate"),
        ("gold.features", "features"),
        ("gold.labels", "features"),
        ("gold.scores", "score"),
        ("silver.predictions", "score"),
    ],
)
def test_gold_waits_for_the_step_that_its_inputs_come_from(
    tmp_path: Path, source: str, phase: str
) -> None:
    conf = declare(
        tmp_path,
        gold__also_yml=over(source),
        gold__also_sql="SELECT 1",
        gold__above_yml=over("gold.also").replace("gold.also\n", "gold.above\n", 1),
        gold__above_sql="SELECT 1",
    )
    pipeline = load_pipeline(conf, "shop")
    for name in ("aggregate", "features", "score"):
        tables = [table.table for table in pipeline.gold_in_order(phase=name)]  # type: ignore[arg-type]
        late = [table for table in tables if table != "gold.daily"]
        assert late == (["gold.also", "gold.above"] if name == phase else [])


def test_gold_over_features_and_scores_comes_after_scoring(tmp_path: Path) -> None:
    both = over("gold.features") + "lookups: [gold.scores]\n"
    pipeline = load_pipeline(declare(tmp_path, gold__also_yml=both, gold__also_sql="-"), "shop")
    assert [table.table for table in pipeline.gold_in_order(phase="score")] == ["gold.also"]


def test_the_tables_of_a_step(tmp_path: Path) -> None:
    conf = declare(tmp_path, gold__also_yml=over("gold.features"), gold__also_sql="-")
    pipeline = load_pipeline(conf, "shop")
    assert tables_of(pipeline, "refine") == ["silver.sales"]
    assert tables_of(pipeline, "features") == ["gold.features", "gold.labels", "gold.also"]
    assert tables_of(pipeline, "score") == ["silver.predictions", "gold.scores"]


def test_a_type_that_spark_does_not_know_has_its_line(tmp_path: Path) -> None:
    text = BRONZE.replace('"decimal(12,2)"', "decimall(12)").replace("timestamp", "array<string>")
    assert mistakes(declare(tmp_path, bronze__sales_yml=text)) == [
        "bronze/sales.yml:9: amount: invalid type 'decimall(12)'; did you mean 'decimal'?"
    ]


def test_rows_of_a_table_that_replaces_files_do_not_expire(tmp_path: Path) -> None:
    text = BRONZE + "on_changed_file: replace\nkeep: 400 days\n"
    conf = declare(tmp_path, bronze__sales_yml=text)
    assert mistakes(conf) == [
        "bronze/sales.yml:12: keep excludes on_changed_file: replace, which reads all earlier rows "
        "again"
    ]
