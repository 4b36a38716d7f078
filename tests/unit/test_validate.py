"""``lakehouse validate`` lists every mistake with file and line, without Spark."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from declared import (
    BRONZE,
    FEATURES,
    FEATURES_SQL,
    GOLD,
    GOLD_SQL,
    LABELS_SQL,
    MODEL,
    SILVER,
    SILVER_SQL,
    declare,
)

from lakehouse.cli.main import main
from lakehouse.errors import DeclarationError, DeclarationErrors
from lakehouse.steps import validate

ROOT = Path(__file__).parents[2]
PYTHON = '''\
def transform(inputs, *, date):
    """Rows as they are."""
    return inputs["bronze.sales"]
'''


def mistakes(conf: Path) -> list[str]:
    """Each mistake with its place relative to the pipeline's folder, without its hint."""
    try:
        validate.run(conf, "shop", env="dev")
    except DeclarationError as error:
        errors = error.errors if isinstance(error, DeclarationErrors) else [error]
        folders = (f"{conf}/pipelines/shop/", f"{conf.parent}/")
        texts = [str(one).split("\n")[0] for one in errors]
        return [t.replace(folders[0], "").replace(folders[1], "") for t in texts]
    return []


def suite(conf: Path, table: str, *rules: tuple[str, str]) -> None:
    """A suite with a not-null rule for each (id, column), one per line."""
    items = [
        json.dumps({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": column},
                    "meta": {"id": name}})
        for name, column in rules
    ]  # fmt: skip
    file = conf.parent / "expectations" / "shop" / f"{table}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'{{"name": "{table}", "expectations": [\n' + ",\n".join(items) + "\n]}\n", "utf-8"
    )


def test_a_correct_pipeline_is_reported_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf = declare(tmp_path, silver__sales_yml=SILVER + "expectations: silver.sales\n")
    suite(conf, "silver.sales", ("day_is_known", "day"))
    assert main(["validate", "--pipeline", "shop", "--conf-dir", str(conf)]) == 0
    said = capsys.readouterr()
    assert said.out == "shop: 5 tables, 1 suite, 1 model: no mistakes\n"
    assert said.err == ""


@pytest.mark.parametrize("pipeline", ["retail", "online_retail", "online_retail_spend"])
def test_the_shipped_pipelines_have_no_mistakes(pipeline: str) -> None:
    said = validate.run(ROOT / "conf", pipeline, env="dev")
    assert said.startswith(f"{pipeline}: ")
    assert said.endswith(", 1 model: no mistakes")


def test_paths_options_and_types_of_a_source_are_checked(tmp_path: Path) -> None:
    bronze = (
        BRONZE.replace("{landing}/sales/{date}", "{landing}/{day}")
        .replace("format: json", "format: json, options: {multiline: true}")
        .replace('"decimal(12,2)"', '"array<decimall(12,2)>"')
        .replace("timestamp,", '"decimal(39,2)",')
    )
    assert mistakes(declare(tmp_path, bronze__sales_yml=bronze)) == [
        "bronze/sales.yml:3: invalid path '{landing}/{day}'",
        "bronze/sales.yml:3: unknown option 'multiline' of a json source; did you mean "
        "'multiLine'?",
        "bronze/sales.yml:9: amount: invalid type 'array<decimall(12,2)>'; did you mean 'decimal'?",
        "bronze/sales.yml:10: at: invalid type 'decimal(39,2)'",
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{format: json, path: x}", "the key 'source.kind' is missing"),
        ("{kind: fils, path: x}", "source.kind: input should be 'files'"),
        (
            "{kind: files, format: jsn, path: x}",
            "source.format: input should be 'csv', 'json', 'parquet', ",
        ),
        ("{kind: files, format: json, pth: x}", "unknown key 'pth'; did you mean 'path'?"),
    ],
)
def test_a_source_is_of_the_form_of_its_kind(tmp_path: Path, source: str, message: str) -> None:
    bronze = BRONZE.replace('{kind: files, format: json, path: "{landing}/sales/{date}"}', source)
    (first, *_) = mistakes(declare(tmp_path, bronze__sales_yml=bronze))
    assert first.startswith(f"bronze/sales.yml:3: {message}")


def test_nothing_that_takes_seconds_is_imported() -> None:
    heavy = ("pyspark", "pandas", "numpy", "mlflow", "great_expectations", "sklearn")
    code = (
        "import sys; from lakehouse.cli.main import main; code = main(['validate', '--all']); "
        f"print([name for name in {heavy} if name in sys.modules], code)"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_mistakes_of_every_kind_are_listed_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf = declare(
        tmp_path,
        bronze__sales_yml=BRONZE.replace("pii: email", "pii: emial"),
        silver__sales_yml=SILVER.replace("op = 'D'", "op = now()")
        + "expectations: silver.sales\nchanges: x\n",
        gold__daily_sql=GOLD_SQL.replace("sum(amount)", "first(amount)"),
        features__features_yml=FEATURES.replace("[customer]", "[custommer]"),
        labels__labels_sql=LABELS_SQL.replace("FROM", "FORM"),
        model_yml=MODEL.replace("[sales]", "[sale]"),
    )
    suite(conf, "silver.sales", ("a", "x"), ("A", "y"), ("a", "z"))
    said = mistakes(conf)
    places = [text.split(": ")[0] for text in said]
    assert places == [
        "bronze/sales.yml:8",
        "features/features.yml:4",
        "gold/daily.sql:1",
        "labels/labels.sql:2",
        "model.yml:3",
        "model.yml:7",
        "model.yml:12",
        "silver/sales.yml:10",
    ]
    assert main(["validate", "--pipeline", "shop", "--conf-dir", str(conf)]) == 2
    assert capsys.readouterr().err.count(str(conf)) >= len(said)


MISTAKES: dict[str, tuple[dict[str, str | None], str]] = {
    "an option of a source": (
        {
            "bronze__sales_yml": BRONZE.replace(
                "format: json,", "format: json, options: {multiline: true},"
            )
        },
        "bronze/sales.yml:3: unknown option 'multiline' of a json source; "
        "did you mean 'multiLine'?",
    ),
    "a key": (
        {"silver__sales_yml": SILVER.replace("[sale_id]", "[sale_idd]")},
        "silver/sales.yml:5: keys: silver.sales has no column 'sale_idd'; did you mean 'sale_id'?",
    ),
    "a key in another case": (
        {"silver__sales_yml": SILVER.replace("[sale_id]", "[Sale_ID]")},
        "silver/sales.yml:5: keys: silver.sales calls the column 'Sale_ID' otherwise; "
        "write it as 'sale_id'",
    ),
    "the second key": (
        {"silver__sales_yml": SILVER.replace("[sale_id]", "\n  - sale_id\n  - dya")},
        "silver/sales.yml:7: keys: silver.sales has no column 'dya'; did you mean 'day'?",
    ),
    "a sequence": (
        {"silver__sales_yml": SILVER.replace("sequence_by: at", "sequence_by: att")},
        "silver/sales.yml:6: sequence_by: silver.sales has no column 'att'; did you mean 'at'?",
    ),
    "a cluster column": (
        {"silver__sales_yml": SILVER.replace("cluster_by: day", "cluster_by: dayy")},
        "silver/sales.yml:8: cluster_by: silver.sales has no column 'dayy'; did you mean 'day'?",
    ),
    "the clock in a deletion": (
        {"silver__sales_yml": SILVER.replace("op = 'D'", "at < now()")},
        "silver/sales.yml:7: now is non-deterministic: it reads the clock",
    ),
    "raw bronze in a deletion": (
        {"silver__sales_yml": SILVER.replace("op = 'D'", "at IN (SELECT at FROM delta.`/x`)")},
        "silver/sales.yml:7: an expression cannot contain a query",
    ),
    "a column in a deletion": (
        {"silver__sales_yml": SILVER.replace("op = 'D'", "opp = 'D'")},
        "silver/sales.yml:7: no column 'opp'; did you mean 'op'?",
    ),
    "a column that protection drops": (
        {"silver__sales_sql": SILVER_SQL.replace("email_domain", "name")},
        "silver/sales.sql:1: no column 'name'",
    ),
    "a column of bronze that has no kind": (
        {"bronze__sales_yml": BRONZE.replace('(12,2)", pii: none', '(12,2)"')},
        "silver/sales.sql:1: no column 'amount'",
    ),
    "a column in gold": (
        {"gold__daily_sql": GOLD_SQL.replace("amount", "amuont")},
        "gold/daily.sql:1: no column 'amuont'; did you mean 'amount'?",
    ),
    "a key of gold in another case": (
        {"gold__daily_yml": GOLD.replace("[day]", "[Day]")},
        "gold/daily.yml:5: keys: gold.daily calls the column 'Day' otherwise; write it as 'day'",
    ),
    "what replace_keys cannot do": (
        {"gold__daily_sql": GOLD_SQL.replace("sum(amount)", "max_by(amount, at)")},
        "gold/daily.sql:1: max_by() is non-deterministic: a full refresh may choose another row",
    ),
    "history in gold": (
        {"gold__daily_sql": GOLD_SQL.replace("sum(amount)", "max(valid_from)")},
        "gold/daily.sql:1: no column 'valid_from'",
    ),
    "a day of its own in a feature": (
        {"features__features_sql": FEATURES_SQL.replace("count(*)", ":as_of AS as_of, count(*)")},
        "features/features.sql:1: as_of is added by the library",
    ),
    "two columns of one name": (
        {"features__features_sql": FEATURES_SQL.replace("count(*)", "1 AS Sales, count(*)")},
        "features/features.sql:1: duplicate output column 'sales'",
    ),
    "a label": (
        {"model_yml": MODEL.replace("left_us", "left_uss")},
        "model.yml:4: label: gold.labels has no column 'left_uss'; did you mean 'left_us'?",
    ),
    "a feature": (
        {"model_yml": MODEL.replace("columns: [sales]", "columns: [salse]")},
        "model.yml:7: features.columns: gold.features has no column 'salse'; did you mean 'sales'?",
    ),
    "a metric of another task": (
        {"model_yml": MODEL.replace("split:", "task: regression\nmetric: roc_auc\nsplit:")},
        "model.yml:9: metric: 'roc_auc' does not fit task: regression; write "
        "neg_root_mean_squared_error, neg_mean_absolute_error, neg_median_absolute_error, r2",
    ),
    "a gate of another task": (
        {
            "model_yml": MODEL.replace(
                "split:", "task: regression\ngates: {max_calibration_error: 0.1}\nsplit:"
            )
        },
        "model.yml:9: gates: max_calibration_error needs probabilities, not task: regression",
    ),
    "a column of a slice": (
        {"model_yml": MODEL.replace("split:", "slices: [{column: salse, levels: 3}]\nsplit:")},
        "model.yml:8: slices: gold.features has no column 'salse'; did you mean 'sales'?",
    ),
    "a key of a slice": (
        {"model_yml": MODEL.replace("split:", "slices: [{column: sales, level: 3}]\nsplit:")},
        "model.yml:8: unknown key 'level'; did you mean 'levels'?",
    ),
    "a gate on slices without slices": (
        {"model_yml": MODEL.replace("split:", "gates: {slices: {max_gap: 0.1}}\nsplit:")},
        "model.yml:8: gates: slices: there are no slices to gate; declare slices: [COLUMN, …] "
        "beside gates",
    ),
    "costs of another task": (
        {
            "model_yml": MODEL.replace(
                "split:",
                "task: regression\ncosts: {false_positive: 1, false_negative: 2}\nsplit:",
            )
        },
        "model.yml:9: costs: a threshold needs task: binary, not regression",
    ),
    "a column of the rule of thumb": (
        {"model_yml": MODEL.replace("split:", "rule_of_thumb: [sales, sale]\nsplit:")},
        "model.yml:8: rule_of_thumb: 'sale' is not among features.columns",
    ),
    "a column of the rule of thumb, where all features are used": (
        {
            "model_yml": MODEL.replace("  columns: [sales]\n", "").replace(
                "split:", "rule_of_thumb: [sale]\nsplit:"
            )
        },
        "model.yml:7: rule_of_thumb: gold.features has no column 'sale'; did you mean 'sales'?",
    ),
    "a column of the rule of thumb twice": (
        {"model_yml": MODEL.replace("split:", "rule_of_thumb: [sales, sales]\nsplit:")},
        "model.yml:8: rule_of_thumb: duplicate column 'sales'",
    ),
    "a gate without a rule of thumb": (
        {"model_yml": MODEL.replace("split:", "gates: {better_than_rule: true}\nsplit:")},
        "model.yml:8: gates: better_than_rule needs a rule_of_thumb, such as two feature columns",
    ),
    "a carried column": (
        {"model_yml": MODEL.replace("carry: [sales]", "carry: [Sales]")},
        "model.yml:12: scores.carry: gold.features calls the column 'Sales' otherwise; "
        "write it as 'sales'",
    ),
    "a carried column of predictions": (
        {
            "features__features_sql": FEATURES_SQL.replace("AS sales", "AS role"),
            "model_yml": MODEL.replace("[sales]", "[role]") + "live: {shadow: true}\n",
        },
        "model.yml:12: 'role' is a column of predictions, so a feature of this name is not carried",
    ),
    "a value that is no feature": (
        {"model_yml": MODEL + "  value: revenue\n"},
        "model.yml:13: scores.value: gold.features has no column 'revenue'",
    ),
    "a value of another task": (
        {"model_yml": MODEL.replace("split:", "task: regression\nsplit:") + "  value: sales\n"},
        "model.yml:10: scores: value is multiplied by the probability of label 1, which needs "
        "task: binary, not regression",
    ),
    "a canary of everybody": (
        {"model_yml": MODEL + "live: {canary: 1}\n"},
        "model.yml:13: live.canary: input should be less than 1",
    ),
    "a canary without its challenger's scores": (
        {"model_yml": MODEL + "live: {canary: 0.1, shadow: false}\n"},
        "model.yml:13: live: canary scores the challenger for every entity; write shadow: true",
    ),
    "a segment": (
        {"model_yml": MODEL + "monitoring: {by: [saless]}\n"},
        "model.yml:13: monitoring.by: gold.features has no column 'saless'; did you mean 'sales'?",
    ),
    "a segment named twice": (
        {"model_yml": MODEL + "monitoring: {by: [sales, sales]}\n"},
        "model.yml:13: duplicate column 'sales'",
    ),
    "a column of a chart": (
        {"gold__daily_yml": GOLD + "chart: {measure: totla, over: day}\n"},
        "gold/daily.yml:6: chart: gold.daily has no column 'totla'; did you mean 'total'?",
    ),
    "a column of one chart of several": (
        {
            "gold__daily_yml": GOLD + "chart:\n  - {measure: total, over: day}\n"
            "  - measure:\n      - {column: total, as: sum}\n"
            "    over: dya\n"
        },
        "gold/daily.yml:10: chart: gold.daily has no column 'dya'; did you mean 'day'?",
    ),
    "a key of a chart": (
        {"gold__daily_yml": GOLD + "chart:\n  mesure: total\n  over: day\n"},
        "gold/daily.yml:7: unknown key 'mesure'; did you mean 'measure'?",
    ),
    "a measure with several rows at a point": (
        {"gold__daily_yml": GOLD + "chart:\n  measure: total\n"},
        "gold/daily.yml:7: chart: total has a row for each day at one point",
    ),
    "a weight without a mean": (
        {"gold__daily_yml": GOLD + "chart: {measure: {column: total, weight: day}, over: day}\n"},
        "gold/daily.yml:6: chart.0.measure.0: weight applies to a mean only; add as: mean",
    ),
    "a file of candidates": (
        {"model_yml": MODEL + "candidates: mine.py:make\n"},
        "model.yml:13: candidates: no file mine.py beside model.yml",
    ),
    "Python that cannot be read": (
        {"silver__sales_sql": None, "silver__sales_py": PYTHON + "def x(:\n"},
        "silver/sales.py:4: not readable as Python: invalid syntax",
    ),
    "Python without its function": (
        {"silver__sales_sql": None, "silver__sales_py": PYTHON.replace("transform", "transfrom")},
        "silver/sales.py:1: no function transform(inputs, *, date)",
    ),
    "SQL that mixes rows in silver": (
        {"silver__sales_sql": SILVER_SQL.replace("SELECT", "SELECT DISTINCT")},
        "silver/sales.sql:1: DISTINCT mixes rows of bronze.sales",
    ),
}


@pytest.mark.parametrize("kind", list(MISTAKES))
def test_a_mistake_has_its_file_and_line(tmp_path: Path, kind: str) -> None:
    changes, message = MISTAKES[kind]
    assert mistakes(declare(tmp_path, **changes)) == [message]


def test_columns_of_python_transformations_are_not_checked(tmp_path: Path) -> None:
    conf = declare(
        tmp_path,
        silver__sales_sql=None,
        silver__sales_py=PYTHON,
        silver__sales_yml=SILVER.replace("[sale_id]", "[anything]"),
        gold__daily_sql=GOLD_SQL.replace("sum(amount)", "sum(whatever)"),
    )
    assert mistakes(conf) == []


def test_features_see_the_past_and_gold_sees_the_day_of_features(tmp_path: Path) -> None:
    conf = declare(
        tmp_path,
        features__features_sql="SELECT customer, max(valid_from) AS sales, "
        "max(known_from) AS known\nFROM silver.sales\nGROUP BY customer\n",
        gold__also_yml=GOLD.replace("daily", "also").replace("silver.sales", "gold.features")
        .replace("[day]", "[as_of]"),
        gold__also_sql="SELECT as_of, count(*) AS n FROM gold.features GROUP BY as_of",
        gold__scored_yml=GOLD.replace("daily", "scored").replace("silver.sales", "gold.scores")
        .replace("[day]", "[model_version]"),
        gold__scored_sql="SELECT model_version, count(customer) AS n, sum(probability) AS p, "
        "max(sales) AS s FROM gold.scores GROUP BY model_version",
    )  # fmt: skip
    assert mistakes(conf) == []


def test_every_mistake_of_a_suite_is_listed(tmp_path: Path) -> None:
    conf = declare(tmp_path, silver__sales_yml=SILVER + "expectations: silver.sales\n")
    suite(conf, "silver.sales", ("day_is_known", "dya"), ("at_is_known", "AT"), ("op", "op"))
    assert mistakes(conf) == [
        "expectations/shop/silver.sales.json:2: rule 'day_is_known': silver.sales has no column "
        "'dya'; did you mean 'day'?",
        "expectations/shop/silver.sales.json:3: rule 'at_is_known': silver.sales calls the column "
        "'AT' otherwise; write it as 'at'",
    ]
    suite(conf, "silver.sales", ("Day", "day"), ("at", "at"), ("at", "at"))
    said = mistakes(conf)
    assert [text.split(" ")[0] for text in said] == [
        "expectations/shop/silver.sales.json:2:",
        "expectations/shop/silver.sales.json:4:",
    ]


def test_settings_and_policy_are_checked_too(tmp_path: Path) -> None:
    conf = declare(tmp_path)
    (conf / "dev.yml").write_text("warehose: x\n", "utf-8")
    (conf / "privacy.yml").write_text("none: kepe\n", "utf-8")
    assert [text.split(" ")[0] for text in mistakes(conf)] == [
        "conf/dev.yml:1:",
        "conf/privacy.yml:1:",
    ]


def test_text_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    conf = declare(tmp_path)
    (conf / "pipelines" / "shop" / "gold" / "daily.sql").write_bytes(b"SELECT '\xe9' AS x")
    assert mistakes(conf) == ["gold/daily.sql:1: not readable as UTF-8 text"]


def test_every_mistake_of_the_kinds_is_listed(tmp_path: Path) -> None:
    text = BRONZE.replace("pii: email", "pii: emial").replace("person_name", "person_nam")
    assert [text.split(" ")[0] for text in mistakes(declare(tmp_path, bronze__sales_yml=text))] == [
        "bronze/sales.yml:7:",
        "bronze/sales.yml:8:",
    ]


def test_an_unknown_pipeline_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    conf = str(ROOT / "conf")
    assert main(["validate", "--pipeline", "retial", "--conf-dir", conf]) == 2
    assert "did you mean 'retail'?" in capsys.readouterr().err


def test_all_pipelines_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conf = declare(tmp_path)
    other = conf / "pipelines" / "other"
    other.mkdir()
    (other / "pipeline.yml").write_text("description: x\nownr: y\n", "utf-8")
    assert main(["validate", "--all", "--conf-dir", str(conf)]) == 2
    said = capsys.readouterr()
    assert said.out == "shop: 5 tables, 1 model: no mistakes\n"
    assert "other/pipeline.yml:2: unknown key 'ownr'; did you mean 'owner'?" in said.err
