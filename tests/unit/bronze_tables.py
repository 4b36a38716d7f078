"""Bronze tables for tests of file formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakehouse.config.declarations import BronzeTable


def bronze_table(
    data_format: str,
    columns: Mapping[str, str],
    *,
    path: str = "{landing}",
    file: Path = Path("t.yml"),
    on_new: str = "rescue",
    options: Mapping[str, Any] | None = None,
) -> BronzeTable:
    """``bronze.t`` with the types of ``columns``, declared in ``file``."""
    source = {"kind": "files", "format": data_format, "path": path, "options": options or {}}
    return BronzeTable.model_validate(
        {
            "table": "bronze.t",
            "description": "",
            "file": file,
            "source": source,
            "columns": {name: {"type": kind} for name, kind in columns.items()},
            "on_new_column": on_new,
        }
    )
