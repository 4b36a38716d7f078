"""Where a source's files lie: the declared path as a folder to list and a form to recognise."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from lakehouse.errors import DeclarationError

_EXTENSIONS = {"csv": ("csv",), "json": ("json", "jsonl", "ndjson"), "parquet": ("parquet",)}
_DAY = r"(?P<day>\d{4}-\d{2}-\d{2})"
_HIDDEN = re.compile(r"(^|/)[_.]")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:(//[^/]*)?")


@dataclass(frozen=True)
class PathPattern:
    """``folder`` is what can be listed; ``form`` recognises the rest of a path below it."""

    folder: str
    form: re.Pattern[str]

    def matches(self, path: str) -> bool:
        """Whether the file at ``path`` (as Spark names it) is one of the source's."""
        return self._match(path) is not None

    def day(self, path: str) -> datetime.date | None:
        """The day in the path; None where the form has no day, or it is on no calendar."""
        match = self._match(path)
        text = match.groupdict().get("day") if match else None
        try:
            return datetime.date.fromisoformat(text) if text else None
        except ValueError:
            return None

    def _match(self, path: str) -> re.Match[str] | None:
        below = _plain(path).removeprefix(_plain(self.folder))
        return None if _HIDDEN.search(below) else self.form.fullmatch(below)


def path_pattern(
    declared: str, landing: str, data_format: str, *, where: str | None = None
) -> PathPattern:
    """The form of ``declared``, where ``{landing}``, one ``{date}`` and ``*`` have a meaning.

    The path names a file, or a folder below which all files of the format count (also gzipped).
    Names that begin with '_' or '.' are no data. DeclarationError for other words in braces, and
    for ``{date}`` twice.
    """
    if declared.count("{date}") > 1 or re.search(r"\{(?!landing\}|date\})", declared):
        raise DeclarationError(
            f"the path '{declared}' is not understood",
            where=where,
            hint="it may hold {landing}, {date} once, and * for a part of a name",
        )
    path = declared.replace("{landing}", landing.rstrip("/")).rstrip("/")
    parts = path.split("/")
    fixed = next((i for i, part in enumerate(parts) if "{date}" in part or "*" in part), len(parts))
    rest = "/".join(["", *parts[fixed:]]) if fixed < len(parts) else ""
    form = re.escape(rest).replace(re.escape("{date}"), _DAY).replace(re.escape("*"), "[^/]*")
    ends = "|".join(_EXTENSIONS[data_format])
    return PathPattern(
        "/".join(parts[:fixed]) or "/", re.compile(rf"{form}(?:/.+\.(?i:{ends})(?i:\.gz)?)?", re.S)
    )


def _plain(path: str) -> str:
    """The path without its scheme where that is the local disk's: ``file:/a`` is ``/a``."""
    scheme = _SCHEME.match(path)
    return path[scheme.end() :] if scheme and path.startswith("file:") else path
