"""``lakehouse plan`` shows one outcome for each kind of change and each kind of table.

The matrix stands in docs/promises.md, and the test reads it there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pyspark.sql import SparkSession
from shop import ROOT
from till import APPEND, COUNTED, DAILY, MON, SALES, Till, command, run, sale

KINDS = ("bronze", "silver", "appending silver", "gold", "features")
TABLES = ("bronze.sales", "silver.sales", "silver.wide", "gold.daily", "gold.activity")
FOLDERS = ("bronze/sales", "silver/sales", "silver/wide", "gold/daily", "features/activity")
TREATED = SALES.replace("customer: {type: string, pii: none}",
                        "customer: {type: string, pii: customer_id}")  # fmt: skip
SOURCE = f"{TREATED}; note: {{type: string, pii: none}}; till: {{type: string, pii: none}}"
SHAPED = "SELECT sale, customer, day, amount, note FROM bronze.sales"
GOES_ON, REFUSED, WHOLE, UNCHANGED = "goes on", "refused", "computed whole", "no change"

Edits = list[tuple[str, str]]
COMMENT: Edits = [("SELECT ", "-- as it was\nselect  "), ("description: ", "description: Still ")]
MODE: Edits = [("write: append\n", "write: scd2\nsequence_by: day\n")]
MORE_KEYS: Edits = [("keys: [sale]", "keys: [sale, day]")]
BY_CUSTOMER: Edits = [
    ("SELECT day", "SELECT day, customer"),
    ("GROUP BY day", "GROUP BY day, customer"),
    ("keys: [day]", "keys: [day, customer]"),
]
NEGATED: Edits = [("amount", "-amount AS amount")]
TEXT: Edits = [("amount", "CAST(amount AS STRING) AS amount")]
CHANGES: dict[str, dict[str, Edits]] = {
    "comments and descriptions": {
        "bronze": COMMENT[1:],
        **dict.fromkeys(KINDS[1:], COMMENT),
    },
    "a column is added": {
        "bronze": [("columns:\n", "columns:\n  more: {type: string, pii: none}\n")],
        "silver": [("note", "note, till")],
        "appending silver": [("note", "note, till")],
        "gold": [("AS total", "AS total, min(sale) AS first_sale")],
        "features": [("AS n", "AS n, min(day) AS first_day")],
    },
    "another transformation": {
        "silver": NEGATED,
        "appending silver": NEGATED,
        "gold": [("count(*)", "2 * count(*)")],
        "features": [("count(*)", "2 * count(*)")],
    },
    "other keys": {
        "silver": MORE_KEYS,
        "appending silver": MORE_KEYS,
        "gold": BY_CUSTOMER,
        "features": [("keys: [customer]", "keys: [customer, n]")],
    },
    "another write mode": {
        "silver": MODE,
        "appending silver": MODE,
        "gold": [("write: replace_keys", "write: rebuild")],
    },
    "another type of a column": {
        "bronze": [("decimal(12,2)", "decimal(12,4)")],
        "silver": TEXT,
        "appending silver": TEXT,
        "gold": [("sum(amount)", "CAST(sum(amount) AS DOUBLE)")],
        "features": [("count(*)", "CAST(count(*) AS INT)")],
    },
    "a column is dropped": {
        "bronze": [("  till: {type: string, pii: none}\n", "")],
        "silver": [(", note", "")],
        "appending silver": [(", note", "")],
        "gold": [(", sum(amount) AS total", "")],
        "features": [("count(*) AS n", "min(day) AS first_day")],
    },
    "options of the source": {
        "bronze": [("format: json,", "format: json, options: {multiLine: true},")],
    },
}
"""What is edited in the declaration and the query of a table. Those of one layer are edited
together: each reads another layer."""


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str) -> Till:
    """One table of each kind, built on Monday."""
    made = Till(tmp_path_factory.mktemp("plan"))
    made.bronze("sales", SOURCE)
    made.silver("sales", SHAPED, APPEND)
    made.silver("wide", SHAPED, f"{APPEND}\non_schema_change: append_new_columns", "sales")
    made.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    made.features("activity", COUNTED)
    made.land("sales", MON, sale("S1", MON))
    run(made, spark, MON, steps=["ingest", "refine", "aggregate", "features"])
    return made


@contextmanager
def edited(till: Till, edits: dict[str, Edits]) -> Iterator[None]:
    """The pipeline with these edits, each of which must apply."""
    kept: dict[object, str] = {}
    for kind, pairs in edits.items():
        folder = FOLDERS[KINDS.index(kind)]
        stem = till.conf / "pipelines" / "tiny" / folder
        files = [f for f in (stem.with_suffix(".yml"), stem.with_suffix(".sql")) if f.is_file()]
        texts = {file: file.read_text() for file in files}
        kept |= texts
        for old, new in pairs:
            (file,) = (file for file, text in texts.items() if old in text)
            texts[file] = texts[file].replace(old, new)
            file.write_text(texts[file])
    try:
        yield
    finally:
        for file, text in kept.items():
            file.write_text(text)  # type: ignore[attr-defined]


def plan(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str], kinds: list[str]
) -> dict[str, str]:
    """The outcome that the plan shows for the table of each kind, in one word."""
    names = {TABLES[KINDS.index(kind)]: kind for kind in kinds}
    capsys.readouterr()
    assert command(till, spark, "plan", "--date", MON, "--tables", ",".join(names)) == 0
    blocks = [b for b in capsys.readouterr().out.split("\n\n") if b.strip()]
    return {names[block.split()[0]]: outcome(block) for block in blocks}


def outcome(block: str) -> str:
    if "  refused  " in block:
        return REFUSED
    if "its definition changed" in block:
        return WHOLE
    return GOES_ON if "  changed  " in block else UNCHANGED


def documented(change: str) -> dict[str, str]:
    """The line of a change in docs/promises.md, by kind; what stands in brackets is how to go on,
    an empty cell says that the kind does not know the change."""
    text = (ROOT / "docs" / "promises.md").read_text("utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {change} |"))
    cells = [cell.strip() for cell in line.strip("|").split("|")][1:]
    return {k: c.partition(" (")[0] for k, c in zip(KINDS, cells, strict=True) if c}


@pytest.mark.parametrize("change", CHANGES)
def test_the_plan_shows_one_outcome_for_each_kind_of_table(
    change: str, till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    told: dict[str, str] = {}
    for layer in (KINDS[:1], KINDS[1:3], KINDS[3:]):
        edits = {kind: CHANGES[change][kind] for kind in layer if kind in CHANGES[change]}
        if edits:
            with edited(till, edits):
                told |= plan(till, spark, capsys, list(edits))
    assert told == documented(change)


def test_the_plan_of_another_treatment(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    with edited(till, {"bronze": [("pii: customer_id", "pii: none")]}):
        told = plan(till, spark, capsys, list(KINDS))
    assert told == documented("another treatment of a column")


def test_the_plan_of_another_key(
    till: Till,
    spark: SparkSession,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAKEHOUSE_PRIVACY_KEY", "another key another key another key")
    assert plan(till, spark, capsys, list(KINDS)) == documented("another privacy key")


def test_tables_that_read_a_refused_table_wait_for_it(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    with edited(till, {"silver": NEGATED}):
        capsys.readouterr()
        assert command(till, spark, "plan", "--date", MON) == 0
    blocks = {b.split()[0]: b for b in capsys.readouterr().out.split("\n\n") if b.strip()}
    assert "  waits    for silver.sales" in blocks["gold.daily"]
    assert "  waits    for silver.sales" in blocks["gold.activity"]
    assert "waits" not in blocks["silver.wide"]
