"""The options that a source may declare, by format."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import did_you_mean, load
from lakehouse.errors import DeclarationError

_CSV = (
    *("header", "delimiter", "sep", "quote", "escape", "comment", "multiLine", "lineSep"),
    *("encoding", "charset", "nullValue", "maxColumns", "maxCharsPerColumn"),
    *("ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace", "unescapedQuoteHandling"),
    *("charToEscapeQuoteEscaping", "dateFormat", "timestampFormat"),
)
_KNOWN = {"csv": _CSV, "json": ("multiLine", "dateFormat", "timestampFormat"), "parquet": ()}
_ENCODINGS = ("UTF-8", "ISO-8859-1", "US-ASCII", "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32")
_FLAGS = ("header", "multiLine", "ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace")
_NUMBERS = ("maxColumns", "maxCharsPerColumn")


def refuse_wrong_options(table: BronzeTable) -> None:
    """Raise DeclarationError (file:line) for the first option that is wrong."""
    for problem in option_problems(table):
        raise problem


def option_problems(table: BronzeTable) -> Iterator[DeclarationError]:
    """One error for each unknown option, and for each value that Spark would refuse."""
    for name, text in table.source.options.items():
        problem = _problem(table.source.format, name, text)
        if problem is not None:
            message, hint = problem
            where = load(table.file).where("source", "options", name)
            yield DeclarationError(message, where=where, hint=hint)


def _problem(data_format: str, name: str, text: str) -> tuple[str, str | None] | None:
    known = _KNOWN[data_format]
    if not known:
        return f"unknown option '{name}'; a {data_format} source has none", None
    if name not in known:
        what = f"unknown option '{name}' of a {data_format} source{did_you_mean(name, known)}"
        return what, f"known: {', '.join(known)}"
    if name in ("encoding", "charset") and text.upper() not in _ENCODINGS:
        hint = f"known: {', '.join(_ENCODINGS)}; convert files of another encoding to UTF-8"
        return f"{name}: '{text}' is not an encoding that Spark reads", hint
    if name in _FLAGS and text.lower() not in ("true", "false"):
        return f"{name}: '{text}' is neither true nor false", None
    if name in _NUMBERS and not text.removeprefix("-").isdecimal():
        return f"{name}: '{text}' is not a whole number", None
    if name == "lineSep" and not 1 <= len(text) <= 2:
        return "lineSep: Spark takes one or two characters", None
    if name in ("quote", "escape", "comment") and len(text) > 1:
        return f"{name}: Spark takes one character", None
    if name in ("delimiter", "sep") and not text:
        return f"{name}: at least one character is needed", None
    return None
