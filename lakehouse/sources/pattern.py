"""The declared path of a source as a folder to list and a pattern that its files match."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cached_property

from lakehouse.errors import DeclarationError
from lakehouse.sources.formats.registry import format_of
from lakehouse.sources.keys import key_of, path_only, without_local_scheme

_DAY = r"(?P<day>\d{4}-\d{2}-\d{2})"


@dataclass(frozen=True)
class PathPattern:
    """``folder`` is the folder to list; ``form`` matches the rest of a path below it.

    ``root`` is the landing folder with a final ``/`` if the source is below it, else "".
    ``begin`` is the fixed prefix of the rest of a path; ``depth`` is set where the folder is the
    landing folder itself, which other sources share.
    """

    folder: str
    form: re.Pattern[str]
    root: str = ""
    begin: str = ""
    depth: int | None = None

    def match_key(self, path: str) -> str | None:
        """The key of the file at ``path`` (as Spark names it); None if it is not the source's."""
        plain = path_only(path)
        below = plain.removeprefix(self._folder_path)
        if _is_hidden(below) or self.form.fullmatch(below) is None:
            return None
        return plain.removeprefix(self.root) if self.root else self.key(path)

    def is_unmatched(self, path: str) -> bool:
        """Whether a file in the source's folder is not hidden and does not match the pattern."""
        below = self._below(path)
        if self.depth not in (None, below.count("/")):
            return False
        is_near = below.casefold().startswith(self.begin.casefold())
        return is_near and not _is_hidden(below) and self.form.fullmatch(below) is None

    def day(self, path: str) -> datetime.date | None:
        """The day in the path; None without a ``{date}``, or for an invalid date."""
        match = self.form.fullmatch(self._below(path))
        text = match.groupdict().get("day") if match else None
        try:
            return datetime.date.fromisoformat(text) if text else None
        except ValueError:
            return None

    def key(self, path: str) -> str:
        """The path below the landing folder; the full address of a file outside it."""
        return key_of(path, self.root)

    def _below(self, path: str) -> str:
        return path_only(path).removeprefix(self._folder_path)

    @cached_property
    def _folder_path(self) -> str:
        return path_only(self.folder)


def _is_hidden(below: str) -> bool:
    """Whether a name in the path begins with '_' or '.'."""
    return below.startswith(("_", ".")) or "/_" in below or "/." in below


def path_pattern(
    declared: str, landing: str, data_format: str, *, where: str | None = None
) -> PathPattern:
    """Compile ``declared``, which may use ``{landing}``, one ``{date}`` and ``*``.

    The path names a file, or a folder with all files of the format below it. Extensions match in
    either case, and with the suffix of a compression appended (``.gz``). Names that begin with '_'
    or '.' are skipped. Raises DeclarationError for other names in braces, and for a second
    ``{date}``.
    """
    if declared.count("{date}") > 1 or re.search(r"\{(?!landing\}|date\})", declared):
        raise DeclarationError(
            f"invalid path '{declared}'",
            where=where,
            hint="it may hold {landing}, {date} once, and * for a part of a name",
        )
    home = landing.rstrip("/")
    # Split before {landing} is replaced: the name of the landing folder is taken literally.
    parts = declared.rstrip("/").split("/")
    fixed = next((i for i, part in enumerate(parts) if "{date}" in part or "*" in part), len(parts))
    rest = "/".join(["", *parts[fixed:]]) if fixed < len(parts) else ""
    folder = "/".join(parts[:fixed]).replace("{landing}", home) or "/"
    is_shared = without_local_scheme(folder) == without_local_scheme(home)
    return PathPattern(
        folder,
        _form(rest, data_format),
        root=f"{path_only(home)}/"
        if f"{without_local_scheme(folder)}/".startswith(f"{without_local_scheme(home)}/")
        else "",
        begin=re.split(r"\{date\}|\*", rest)[0],
        depth=rest.count("/") if is_shared else None,
    )


def _form(rest: str, data_format: str) -> re.Pattern[str]:
    form = format_of(data_format)
    ends = "|".join(form.extensions)
    packed = f"(?i:\\.(?:{'|'.join(form.suffixes)}))?" if form.suffixes else ""
    head, dot, extension = rest.rpartition(".")
    if dot and re.fullmatch(ends, extension, re.IGNORECASE):
        rest, tail = head, rf"\.(?i:{extension}){packed}"
    else:
        tail = ""
    name = re.escape(rest).replace(re.escape("{date}"), _DAY).replace(re.escape("*"), "[^/]*")
    return re.compile(rf"{name}{tail}(?:/.+\.(?i:{ends}){packed})?", re.DOTALL)
