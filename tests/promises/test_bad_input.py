"""Bad input: exit code 2 and a single message with place and hint, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import shop as s
from pyspark.sql import SparkSession
from shop import SOURCES, Shop, land, written
from tiny import Tiny

DAY = "2026-03-02"
AT = ("--date", DAY)
NOTES = "note: {type: string, pii: none}"
SECRET = "alice.secret@private.example"


class Place:
    """A retail shop without files, and the output of its commands."""

    def __init__(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop, self._capsys = shop, capsys

    def refused(self, step: str, *options: str) -> str:
        """The output of a command that must be refused with code 2 before anything is written."""
        assert self.shop.command(step, *options) == 2
        said = self._capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert "\tat " not in said.out + said.err
        assert not self.shop.warehouse.exists()
        return said.err.strip()


@pytest.fixture
def retail(spark: SparkSession, privacy_key: str, tmp_path: Path, capsys) -> Place:  # noqa: ANN001
    landing = tmp_path / "landing"
    for source in SOURCES:
        (landing / source).mkdir(parents=True)
    return Place(Shop(spark, landing, tmp_path), capsys)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([*AT, "--tabels", "x"],
         "lakehouse refine: unknown option '--tabels'; did you mean '--tables'?\n"
         "  lakehouse refine --help lists the options"),
        (["--date", "02.03.2026"], "--date: invalid date '02.03.2026'; write YYYY-MM-DD"),
        (["--date", "2026-02-30"], "--date: invalid date '2026-02-30'; write YYYY-MM-DD"),
        ([], "lakehouse refine: missing --date (or --start and --end)\n"
         "  write --date YYYY-MM-DD, or --start YYYY-MM-DD --end YYYY-MM-DD"),
        (["--start", "2026-03-02", "--end", "2026-03-01"],
         "lakehouse refine: --end 2026-03-01 is before --start 2026-03-02"),
        ([*AT, "--start", DAY], "lakehouse refine: --date and --start/--end exclude each other"),
        ([*AT, "--set", "warehous=x"],
         "--set: unknown setting 'warehous'; did you mean 'warehouse'?"),
        ([*AT, "--set", "threads"], "--set: 'threads' is not KEY=VALUE"),
        ([*AT, "--tables", "silver.order"],
         "--tables: 'retail' has no table 'silver.order'; did you mean 'silver.orders'?"),
        ([*AT, "--env", "tset"], "unknown environment 'tset'; did you mean 'test'?"),
        ([*AT, "--pipeline", "retial"], "unknown pipeline 'retial'; did you mean 'retail'?"),
        ([*AT, "--conf-dir", "nowhere"], "folder 'nowhere' does not exist"),
    ],
)  # fmt: skip
def test_invalid_calls_are_refused(retail: Place, options: list[str], message: str) -> None:
    assert message in retail.refused("refine", *options)


def test_an_unknown_step_and_no_step(retail: Place) -> None:
    assert "'refnie'" in retail.refused("refnie", *AT)
    assert "run has no step 'refin'; did you mean 'refine'?" in retail.refused(
        "run", *AT, "--steps", "refin"
    )


def test_a_missing_landing_folder(retail: Place) -> None:
    (retail.shop.landing / "stores").rmdir()
    said = retail.refused("ingest", *AT)
    assert said.startswith("conf/pipelines/retail/bronze/stores.yml")
    assert f"landing folder {retail.shop.landing}/stores does not exist" in said
    assert "--set landing=DIR" in said


KEYS: dict[str, tuple[str, str]] = {
    "missing": ("${env:NO_SUCH_KEY}", "the environment variable NO_SUCH_KEY is not set"),
    "short": ("${env:SHORT_KEY}", "is too short: 9 bytes, at least 32 are needed"),
    "written out": ("0123456789abcdef0123456789abcdef", "give a reference"),
}


@pytest.mark.parametrize("kind", list(KEYS))
def test_a_key_that_cannot_be_used(
    retail: Place, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("SHORT_KEY", "too-short")
    reference, message = KEYS[kind]
    said = retail.refused("refine", *AT, "--set", f"privacy_key={reference}")
    assert message in said
    assert "0123456789abcdef" not in said
    assert "too-short" not in said


Change = Callable[[Tiny], None]


def declare(file: str, text: str) -> Change:
    """Change the text of a file of the pipeline."""
    return lambda tiny: tiny.declare(file, text)


def literal_key(tiny: Tiny) -> None:
    written(tiny.conf / "test.yml", f"# The key itself.\nprivacy_key: {'0123456789abcdef' * 2}\n")


SILVER = "table: silver.notes\ndescription: Shaped\nsource: bronze.notes\nwrite: append\n"
MISTAKES: dict[str, tuple[Change, str]] = {
    "key of a table": (
        declare("silver/notes.yml", SILVER + "kyes: [note]\n"),
        "silver/notes.yml:5: unknown key 'kyes'; did you mean 'keys'?",
    ),
    "key of the pipeline": (
        declare("pipeline.yml", "description: x\nowner: y\ntimezon: UTC\n"),
        "pipeline.yml:3: unknown key 'timezon'; did you mean 'timezone'?",
    ),
    "kind of personal data": (
        declare("bronze/notes.yml",
                'table: bronze.notes\ndescription: Raw\nsource: {kind: files, format: json, '
                'path: "{landing}/notes/{date}"}\ncolumns:\n  note: {type: string, pii: emial}\n'),
        "bronze/notes.yml:5: unknown pii kind 'emial'; did you mean 'email'?",
    ),
    "source": (
        declare("silver/notes.yml", SILVER.replace("bronze.notes", "bronze.note")),
        "silver/notes.yml:3: bronze.note cannot be a source here; did you mean 'bronze.notes'?",
    ),
    "relation": (
        declare("silver/notes.sql", "SELECT n.note\nFROM bronze.notes AS n\n"
                "INNER JOIN silver.people AS p ON p.note = n.note\n"),
        "silver/notes.sql:3: silver.people is not a declared input",
    ),
    "a path in SQL": (
        declare("silver/notes.sql", "SELECT note FROM parquet.`/tmp/notes`\n"),
        "silver/notes.sql:1:",
    ),
    "the clock in SQL": (
        declare("silver/notes.sql", "SELECT note,\n  current_date() AS today\nFROM bronze.notes\n"),
        "silver/notes.sql:2: current_date",
    ),
    "a key written in the configuration": (literal_key, "test.yml"),
}  # fmt: skip


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A correct pipeline with a single table."""
    made = Tiny(tmp_path)
    made.bronze("notes", NOTES)
    made.silver("notes", "SELECT note FROM bronze.notes", "write: append")
    return made


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_a_mistake_in_a_file_is_named_with_its_line(
    spark: SparkSession, privacy_key: str, tiny: Tiny, capsys: pytest.CaptureFixture[str],
    mistake: str,
) -> None:  # fmt: skip
    change, message = MISTAKES[mistake]
    change(tiny)
    said = Place(tiny.shop(spark), capsys).refused("refine", *AT)
    assert message in said
    assert "0123456789abcdef" not in said


def test_a_column_that_is_not_there_is_named_with_its_line(
    spark: SparkSession, privacy_key: str, tiny: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.declare("silver/notes.sql", "SELECT note,\n  length(nota) AS size\nFROM bronze.notes\n")
    written(tiny.landing / "notes" / DAY / "part-0.jsonl", s.as_json([{"note": "a"}]))
    shop = tiny.shop(spark)
    assert shop.command("ingest", *AT) == 0
    assert shop.command("refine", *AT) == 2
    said = capsys.readouterr().err
    assert "silver/notes.sql:2: no column 'nota'" in said
    assert "did you mean 'note'?" in said
    assert "Traceback" not in said
    assert not shop.exists("silver.notes")


def test_no_personal_value_in_any_message_when_a_cast_in_sql_fails(
    spark: SparkSession, privacy_key: str, tiny: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.declare("silver/notes.sql", "SELECT CAST(note AS INT) AS note FROM bronze.notes\n")
    written(tiny.landing / "notes" / DAY / "part-0.jsonl", s.as_json([{"note": SECRET}]))
    shop = tiny.shop(spark)
    assert shop.command("ingest", *AT) == 0
    assert shop.command("refine", *AT) == 3
    said = capsys.readouterr()
    assert "silver.notes: the refresh failed: CAST_INVALID_INPUT" in said.err
    assert "secret" not in said.out + said.err + told(shop)
    assert "Traceback" not in said.err


def test_no_personal_value_in_any_message_when_a_cell_or_a_rule_fails(
    retail: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = retail.shop
    land(
        shop.landing, "customers", DAY,
        s.customer("C1", DAY, birth_date=SECRET, email=SECRET.replace(".example", "")),
        s.customer("C2", DAY, op=None, region=None, notes=SECRET, full_name="Alice Secret"),
    )  # fmt: skip
    tables = ("--tables", "bronze.customers,silver.customers")
    assert shop.command("ingest", *AT, *tables) == 0
    assert shop.command("refine", *AT, *tables) == 1
    said = capsys.readouterr()
    assert "birth_year_is_plausible" in said.err
    assert "secret" not in (said.out + said.err + told(shop)).lower()
    rejected = [str(row.asDict()) for row in shop.read("quarantine.silver_customers").collect()]
    assert len(rejected) == 2
    assert not [row for row in rejected if "secret" in row.lower() and "private" not in row]


def told(shop: Shop) -> str:
    """All text that a run leaves: its record and its status files."""
    statuses = [file.read_text("utf-8") for file in (shop.warehouse / "_status").glob("*.json")]
    return json.dumps(shop.runs(), default=str) + "".join(statuses)
