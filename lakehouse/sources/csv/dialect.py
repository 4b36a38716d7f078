"""The options of a CSV source: how records are parsed, and which records are well formed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.file_source import file_source
from lakehouse.sources.text_files import is_split_here, is_wide

_FILE_OPTIONS = (
    *("header", "skipLines", "encoding", "charset", "lineSep", "multiLine", "comment"),
    "maxColumns",
)
_ESCAPED = {r"\t": "\t", r"\b": "\b", r"\r": "\r", r"\n": "\n", r"\f": "\f", r"\\": "\\"}


@dataclass(frozen=True)
class Dialect:
    """The options of a CSV source; the defaults are those of RFC 4180."""

    options: Mapping[str, str]

    @property
    def has_header(self) -> bool:
        """Whether the first line names the columns."""
        return not _equals("false", self.options.get("header", "true"))

    @property
    def delimiter(self) -> str:
        """The text between two fields."""
        text = self.options.get("delimiter", self.options.get("sep", ","))
        return _ESCAPED.get(text, text)

    @property
    def quote(self) -> str:
        """The quote character; "" where quoting is off."""
        return self.options.get("quote", '"')

    @property
    def encoding(self) -> str:
        """The text's encoding."""
        return self.options.get("encoding", self.options.get("charset", "UTF-8"))

    @property
    def is_multi_line(self) -> bool:
        """Whether a file is read as a whole: ``multiLine: true``, and for UTF-16 and UTF-32."""
        declared = _equals("true", self.options.get("multiLine", "false"))
        return declared or (is_wide(self.encoding) and not self.is_split_here)

    @property
    def skip_lines(self) -> int:
        """The number of lines before the header."""
        return int(self.options.get("skipLines", "0"))

    @property
    def line_end(self) -> str | None:
        """The declared end of a line; None where LF, CR and CRLF are recognized."""
        return self.options.get("lineSep")

    @property
    def comment(self) -> str | None:
        """The character with which a comment begins; None without comments."""
        return self.options.get("comment")

    @property
    def is_split_here(self) -> bool:
        """Whether files are read as texts and split into lines by the library."""
        return is_split_here(skip=self.skip_lines, line_end=self.line_end)

    @property
    def file_options(self) -> dict[str, str]:
        """The options with which Spark splits a file into records."""
        named = {name: self.options[name] for name in ("comment", "lineSep") if self._has(name)}
        if is_wide(self.encoding):
            named.pop("lineSep", None)  # The reader detects line ends itself.
        return {**named, "encoding": self.encoding, "header": str(self.has_header).lower()}

    @property
    def record_options(self) -> dict[str, str]:
        """The options with which Spark parses a record into fields."""
        given = {name: text for name, text in self.options.items() if name not in _FILE_OPTIONS}
        most = {"maxColumns": self.options["maxColumns"]} if self._has("maxColumns") else {}
        return {"escape": self.quote or '"', **given, **most}

    @property
    def well_formed_record(self) -> str:
        """A regular expression that a record matches if all its quotes are in allowed positions.

        A field is either in quotes, with every quote in it escaped, or holds no quote. Quantifiers
        are possessive, so that a long record does not overflow the matcher's stack.
        """
        quote, delimiter = re.escape(self.quote), re.escape(self.delimiter)
        escape = re.escape(self.options.get("escape") or self.quote)
        inner = f"{quote}{quote}" if escape == quote else f"{escape}.|{quote}{quote}"
        blank = "[ \\t]*+"
        lead = (
            blank if _equals("true", self.options.get("ignoreLeadingWhiteSpace", "false")) else ""
        )
        trail = (
            blank if _equals("true", self.options.get("ignoreTrailingWhiteSpace", "false")) else ""
        )
        text = f"[^{quote}{escape}]*+"
        in_quotes = f"{lead}{quote}{text}(?:(?:{inner}){text})*+{quote}{trail}"
        bare = f"(?:(?!{delimiter})[^{quote}])*+"
        if len(self.delimiter) == 1:
            bare = f"[^{quote}{delimiter}]*+"
        field = f"(?:{in_quotes}(?={delimiter}|\\z)|{bare})"
        return f"(?s)\\A{field}(?:{delimiter}{field})*+\\z"

    @property
    def split_by_other_quote(self) -> str:
        """A regular expression for a field in the other kind of quotes (``'`` instead of ``"``)
        that was split at a delimiter inside it."""
        other = '"' if self.quote == "'" else "'"
        delimiter = re.escape(self.delimiter)
        parts = f"[^{other}]*?{delimiter}[^{other}]*+"
        return f"(?s)(?:\\A|{delimiter}){other}{parts}{other}(?:{delimiter}|\\z)"

    def _has(self, name: str) -> bool:
        return name in self.options


def dialect(table: BronzeTable) -> Dialect:
    """The dialect of the table's source."""
    return Dialect(file_source(table).options)


def _equals(word: str, text: str) -> bool:
    return text.strip().lower() == word
