"""Why a file could not be read, in a sentence of our own."""

from __future__ import annotations

from pyspark.errors import PySparkException

_REASONS = {
    "FAILED_READ_FILE.FILE_NOT_EXIST": "the file is gone",
    "PATH_NOT_FOUND": "the file is gone",
}
_SIGNS = {
    "AccessControlException": "no permission to read it",
    "Permission denied": "no permission to read it",
    "FileNotFoundException": "the file is gone",
    "ZipException": "compressed data is damaged",
    "not in gzip format": "compressed data is damaged",
    "EOFException": "the file ends too early",
    "is not a Parquet file": "not a Parquet file, or cut off",
    "MalformedInputException": "text is not in the declared encoding",
}


def reason(problem: PySparkException, data_format: str) -> str:
    """A sentence for Spark's error, whose own text can hold values and a stack trace."""
    condition = problem.getCondition() or ""
    if condition in _REASONS:
        return _REASONS[condition]
    text = str(problem)
    for sign, sentence in _SIGNS.items():
        if sign in text:
            return sentence
    return f"damaged or not {data_format}" + (f" ({condition})" if condition else "")
