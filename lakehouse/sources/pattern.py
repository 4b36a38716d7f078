"""Where a source's files lie: the declared path as a folder to list and a form to recognise."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from lakehouse.errors import DeclarationError
from lakehouse.sources.formats.registry import format_of
from lakehouse.sources.keys import bare, key_of, plain

_DAY = r"(?P<day>\d{4}-\d{2}-\d{2})"
_HIDDEN = re.compile(r"(^|/)[_.]")


@dataclass(frozen=True)
class PathPattern:
    """``folder`` is what can be listed; ``form`` recognises the rest of a path below it.

    ``root`` is the landing folder with a closing ``/`` where the source lies in it, else "".
    ``begin`` is how the rest of a path begins in every file of the source; ``depth`` is set where
    the folder is the landing folder itself, which other sources share.
    """

    folder: str
    form: re.Pattern[str]
    root: str = ""
    begin: str = ""
    depth: int | None = None

    def matches(self, path: str) -> bool:
        """Whether the file at ``path`` (as Spark names it) is one of the source's."""
        return self._match(path) is not None

    def is_unmatched(self, path: str) -> bool:
        """Whether a file lies where the source's files lie, is not hidden, and has another form."""
        below = self._below(path)
        if _HIDDEN.search(below) or self.form.fullmatch(below):
            return False
        is_near = below.casefold().startswith(self.begin.casefold())
        return is_near and self.depth in (None, below.count("/"))

    def day(self, path: str) -> datetime.date | None:
        """The day in the path; None where the form has no day, or it is on no calendar."""
        match = self._match(path)
        text = match.groupdict().get("day") if match else None
        try:
            return datetime.date.fromisoformat(text) if text else None
        except ValueError:
            return None

    def key(self, path: str) -> str:
        """The path below the landing folder; the full address of a file that lies elsewhere."""
        return key_of(path, self.root)

    def _match(self, path: str) -> re.Match[str] | None:
        below = self._below(path)
        return None if _HIDDEN.search(below) else self.form.fullmatch(below)

    def _below(self, path: str) -> str:
        return bare(path).removeprefix(bare(self.folder))


def path_pattern(
    declared: str, landing: str, data_format: str, *, where: str | None = None
) -> PathPattern:
    """The form of ``declared``, where ``{landing}``, one ``{date}`` and ``*`` have a meaning.

    The path names a file, or a folder below which all files of the format count. Extensions are
    taken in either case, and with ``.gz`` behind them. Names that begin with '_' or '.' are no
    data. DeclarationError for other words in braces, and for ``{date}`` twice.
    """
    if declared.count("{date}") > 1 or re.search(r"\{(?!landing\}|date\})", declared):
        raise DeclarationError(
            f"the path '{declared}' is not understood",
            where=where,
            hint="it may hold {landing}, {date} once, and * for a part of a name",
        )
    home = landing.rstrip("/")
    # Words and stars are looked for before the landing folder's own name comes in.
    parts = declared.rstrip("/").split("/")
    fixed = next((i for i, part in enumerate(parts) if "{date}" in part or "*" in part), len(parts))
    rest = "/".join(["", *parts[fixed:]]) if fixed < len(parts) else ""
    folder = "/".join(parts[:fixed]).replace("{landing}", home) or "/"
    is_shared = plain(folder) == plain(home)
    return PathPattern(
        folder,
        _form(rest, data_format),
        root=f"{bare(home)}/" if f"{plain(folder)}/".startswith(f"{plain(home)}/") else "",
        begin=re.split(r"\{date\}|\*", rest)[0],
        depth=rest.count("/") if is_shared else None,
    )


def _form(rest: str, data_format: str) -> re.Pattern[str]:
    ends = "|".join(format_of(data_format).extensions)
    head, dot, extension = rest.rpartition(".")
    if dot and re.fullmatch(ends, extension, re.IGNORECASE):
        rest, tail = head, rf"\.(?i:{extension})(?i:\.gz)?"
    else:
        tail = ""
    form = re.escape(rest).replace(re.escape("{date}"), _DAY).replace(re.escape("*"), "[^/]*")
    return re.compile(rf"{form}{tail}(?:/.+\.(?i:{ends})(?i:\.gz)?)?", re.DOTALL)
