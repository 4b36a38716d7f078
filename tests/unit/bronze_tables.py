"""Bronze tables for tests of file formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakehouse.config.declarations import BronzeTable


def bronze_table(
    data_format: str,
    columns: Mapping[str, Any],
    *,
    path: str = "{landing}",
    file: Path = Path("t.yml"),
    on_new: str = "rescue",
    options: Mapping[str, Any] | None = None,
    **source: Any,
) -> BronzeTable:
    """``bronze.t`` with ``columns``, each a type or all keys, declared in ``file``."""
    source |= {"kind": "files", "format": data_format, "path": path, "options": options or {}}
    return BronzeTable.model_validate(
        {
            "table": "bronze.t",
            "description": "",
            "file": file,
            "source": source,
            "columns": {n: c if isinstance(c, dict) else {"type": c} for n, c in columns.items()},
            "on_new_column": on_new,
        }
    )
