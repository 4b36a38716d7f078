"""Why a file could not be read, in a sentence without Spark's own text."""

from __future__ import annotations

import re

from pyspark.errors import PySparkException

from lakehouse.errors import UnreadableFiles

try:
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
except ImportError:  # A client of Spark Connect has no JVM beside it.
    READ_ERRORS: tuple[type[Exception], ...] = (PySparkException, UnreadableFiles)
else:
    # PySpark passes errors of tasks and of schema inference on as py4j gave them.
    READ_ERRORS = (PySparkException, UnreadableFiles, Py4JJavaError)
"""The errors that an unreadable file can raise; ``read.unreadable`` then finds the file."""

_CONDITION = re.compile(r"^(?:: [\w.]+: )?\[([A-Z][A-Z0-9_.]+)\]", re.MULTILINE)
_REASONS = {
    "FAILED_READ_FILE.FILE_NOT_EXIST": "the file is gone",
    "PATH_NOT_FOUND": "the file is gone",
}
_SIGNS = {
    "AccessControlException": "no permission to read it",
    "Permission denied": "no permission to read it",
    "FileNotFoundException": "the file is gone",
    "ZipException": "compressed data is damaged",
    "not a gzip file": "compressed data is damaged",
    "not in gzip format": "compressed data is damaged",
    "EOFException": "the file ends too early",
    "is not a Parquet file": "not a Parquet file, or cut off",
    "MalformedInputException": "text is not in the declared encoding",
}


def reason(problem: Exception, data_format: str) -> str:
    """A sentence for Spark's error, whose own text may hold values and a stack trace."""
    if isinstance(problem, UnreadableFiles):
        return problem.message
    text = str(problem)
    match = _CONDITION.search(text)
    condition = match.group(1) if match else ""
    if condition in _REASONS:
        return _REASONS[condition]
    for sign, sentence in _SIGNS.items():
        if sign in text:
            return sentence
    return f"damaged or not {data_format}" + (f" ({condition})" if condition else "")
