"""The log says what was read, decided and written, and contains no value of a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from till import MON, TUE, Till, command, not_null

PLANTED = ("Planted Person", "planted@person.example", "49171planted", "31.13.planted")
COLUMNS = (
    "id: {type: string, pii: none}; name: {type: string, pii: person_name}; "
    "email: {type: string, pii: email}; phone: {type: string}; day: {type: date, pii: none}; "
    "born: {type: date, pii: birth_date}"
)
SHAPE = "SELECT id, email, email_domain, born, day FROM bronze.people"


@pytest.fixture
def till(tmp_path: Path, privacy_key: str) -> Till:
    """People, one of them rejected for a missing id and one malformed."""
    made = Till(tmp_path)
    made.bronze("people", COLUMNS)
    rest = "write: scd1\nkeys: [id]\nsequence_by: day\nexpectations: silver.people"
    made.silver("people", SHAPE, rest)
    made.suite("silver.people", not_null("id", "id_is_present", 0.5))
    name, email, phone, born = PLANTED
    person = {"id": "P1", "name": name, "email": email, "phone": phone, "day": MON}
    made.land("people", MON, person | {"born": "1990-01-01"}, person | {"id": "P2"},
              person | {"id": None}, person | {"id": "P3", "born": born})  # fmt: skip
    made.land("people", TUE, person | {"day": TUE}, person | {"id": "P2", "email": "x" + email})
    return made


def test_a_debug_log_holds_no_value_of_a_row(
    till: Till, spark: SparkSession, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = ("--steps", "ingest,refine", "--log-level", "debug")
    assert command(till, spark, "run", "--date", MON, *steps) == 0
    assert command(till, spark, "run", "--date", TUE, *steps) == 0
    said = capfd.readouterr()
    for value in PLANTED:
        assert value not in said.err + said.out
    assert "planted" not in (said.err + said.out).lower()
    for line in (
        "bronze.people: of 1 files 1 to load",
        "silver.people: full, the first build",
        "silver.people: incremental, the changes of its inputs",
        "silver.people: 4 rows read, 2 quarantined",
        "silver.people: 2 rows in version",
        "silver.people: passed in",
    ):
        assert line in said.err, line


def test_each_line_of_the_json_log_is_an_object(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--date", MON, "--log-level", "debug")
    assert command(till, spark, "ingest", *options, "--log-format", "json") == 0
    assert command(till, spark, "refine", *options, "--set", "log_format=json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {tuple(line) for line in lines} == {("time", "level", "logger", "message")}
    assert {line["level"] for line in lines} <= {"debug", "info"}
    assert {"lakehouse.refresh.refresh", "lakehouse.steps.running"} <= {
        line["logger"] for line in lines
    }


def test_nothing_is_logged_by_default(
    till: Till, spark: SparkSession, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command(till, spark, "ingest", "--date", MON) == 0
    assert "lakehouse." not in capfd.readouterr().err
