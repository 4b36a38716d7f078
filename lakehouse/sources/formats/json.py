"""``format: json``: one object per line, or with ``multiLine: true`` per file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from lakehouse.sources.formats import options as checks
from lakehouse.sources.formats.format import FileRequest, Format, OptionCheck

if TYPE_CHECKING:
    from lakehouse.sources.opened import Opened


class JsonFormat(Format):
    """Fields are matched by key."""

    name = "json"
    extensions = ("json", "jsonl", "ndjson")
    options: ClassVar[Mapping[str, OptionCheck]] = {
        "multiLine": checks.check_flag,
        "encoding": checks.check_encoding,
        "dateFormat": checks.check_text,
        "timestampFormat": checks.check_text,
    }

    def open(self, request: FileRequest) -> list[Opened]:
        """Open the files as one group."""
        from lakehouse.sources.json_files import open_json

        return open_json(request.spark, request.table, request.files)
