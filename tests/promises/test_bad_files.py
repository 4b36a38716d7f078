"""Files as real systems write them: read right, marked on the row, or named; never silently wrong.

JSONTestSuite (318 files), csv-spectrum (11) and corrupt Parquet files (8) are read in
``tests/unit/test_sources_json.py``, ``test_sources_csv.py`` and ``test_sources_parquet.py``.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path
from subprocess import run
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import till as t
from bad_files import HEAD, MARKED, NAMED, READ, ROW, cases
from pyspark.sql import SparkSession
from till import Till

pytestmark = pytest.mark.usefixtures("privacy_key")
DAY = "2026-03-02"
ROOT = Path(__file__).parents[2]
COLUMNS = "id: {type: int, pii: none}; city: {type: string, pii: none}; note: {type: string}"


@pytest.fixture(scope="module")
def loaded(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, list[Any]], dict[str, tuple[str, str]], str]:
    """The rows of each file in bronze, the outcome and message of each file, and the error."""
    till = Till(tmp_path_factory.mktemp("bad"))
    till.bronze("files", COLUMNS, "csv")
    till.declare("bronze/files.yml", _declaration(till))
    folder = till.landing / "files"
    for name, (content, _) in cases().items():
        (folder / name).write_bytes(content)
    (folder / "a_folder.csv").mkdir()
    (folder / "a_folder.csv" / "inside.csv").write_text(HEAD + ROW)
    (folder / "an_empty_folder.csv").mkdir()
    (folder / "a_broken_link.csv").symlink_to(folder / "nothing")
    (folder / "a:colon.csv").write_text(HEAD + ROW)
    (outcome,) = t.run(till, spark, DAY, steps=["ingest"])
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in t.read(till, spark, "bronze.files").orderBy("_ingested_at").collect():
        values = (row["id"], row["city"], row["note"])
        rows[Path(row["_source_file"]).name].append(MARKED if row["_rescued_data"] else values)
    files = t.read(till, spark, "ops.files").collect()
    outcomes = {Path(file["path"]).name: (file["outcome"], file["message"]) for file in files}
    return rows, outcomes, outcome.message


def _declaration(till: Till) -> str:
    text = (till.conf / "pipelines" / "tiny" / "bronze" / "files.yml").read_text()
    return text.replace("{landing}/files/{date}.csv", "{landing}/files").replace(
        "columns:", "max_rescued: 0.9\ncolumns:", 1
    )


@pytest.mark.parametrize("name", cases())
def test_a_file_is_right_or_marked_or_named(loaded: Any, name: str) -> None:
    rows, outcomes, error = loaded
    expected = cases()[name][1]
    if expected == NAMED:
        assert rows[name] == []
        assert outcomes[name][0] in ("unreadable", "not_understood")
        assert f"/{name}: " in error
        return
    assert sorted(rows[name], key=str) == sorted(expected, key=str)
    assert f"/{name}: " not in error


def test_folders_and_names(loaded: Any) -> None:
    rows, outcomes, error = loaded
    assert rows["inside.csv"] == READ
    assert "an_empty_folder.csv" not in outcomes
    for name, reason in (("a_broken_link.csv", "the file is gone"), ("a:colon.csv", "a colon")):
        assert outcomes[name][0] == "unreadable"
        assert reason in outcomes[name][1]
        assert f"/{name}: " in error


def test_no_message_quotes_a_cell(loaded: Any) -> None:
    _, outcomes, error = loaded
    said = " ".join([error, *(message or "" for _, message in outcomes.values())])
    assert not any(word in said for word in ("Rome", "a@b.example", "Malm", "Gateway"))


def test_a_line_of_64_mebibytes(tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.bronze("files", COLUMNS, "csv")
    text = "x" * 2**26
    (till.landing / "files" / f"{DAY}.csv").write_text(f"{HEAD}1,Rome,{text}\n2,Lima,y\n")
    # In a process of its own, with the memory that the library gives itself.
    words = ["--pipeline", "tiny", "--env", "test", "--conf-dir", str(till.conf), "--date", DAY]
    places = [f"landing={till.landing}", f"warehouse={tmp_path / 'warehouse'}"]
    settings = [word for place in places for word in ("--set", place)]
    job = [sys.executable, str(ROOT / "jobs" / "ingest.py"), *words, *settings]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run(job, cwd=tmp_path, env=environment, check=True, capture_output=True)
    files = (tmp_path / "warehouse" / "bronze" / "files").glob("*.parquet")
    stored = pa.concat_tables([pq.read_table(file, columns=["id", "note"]) for file in files])
    lengths = pc.utf8_length(stored["note"]).to_pylist()
    assert dict(zip(stored["id"].to_pylist(), lengths, strict=True)) == {1: 2**26, 2: 1}
