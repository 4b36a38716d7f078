"""Unexpected errors, of Spark or of the operating system, as errors that name the table.

The text of such an error may hold values of rows. So a message has its condition, such as
``DELTA_FILE_NOT_FOUND``, or a reason that the operating system gives, such as a full disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lakehouse.errors import LakehouseError, RunFailed

_REASONS = (
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
    "Permission denied",
    "Input/output error",
)
"""Reasons of the operating system: what to do about them is known, and they hold no value."""

_CONDITION = re.compile(
    r"(?:\A|^: (?:io\.delta|org\.apache\.spark)\.[\w.$]+: )\[([A-Z][A-Z0-9_.]+)\]", re.MULTILINE
)
"""The condition in the text of an error. PySpark has no class for some of Delta's exceptions, and
those of Delta's own classes do not tell their condition."""


@contextmanager
def failures_of(where: str) -> Iterator[None]:
    """Raise RunFailed with the name of a table or file in place of an unexpected error."""
    try:
        yield
    except LakehouseError:
        raise
    except Exception as problem:
        raise unexpected_error(where, problem, doing="reading or writing") from problem


def unexpected_error(where: str, problem: Exception, *, doing: str = "the refresh") -> RunFailed:
    """The error for an unexpected exception, which is its cause."""
    error = RunFailed(
        f"{doing} failed: {describe(problem)}",
        where=where,
        hint="--debug shows the whole error; the same command can be run again",
    )
    error.__cause__ = problem
    return error


def describe(problem: Exception) -> str:
    """The operating system's reason, or else the error's condition, or else its class."""
    condition = getattr(problem, "getCondition", lambda: None)()
    in_java = _CONDITION.search(str(problem))
    named = condition or (in_java[1] if in_java else type(problem).__name__)
    return find_reason(problem) or named


def find_reason(problem: BaseException) -> str | None:
    """The operating system's reason for the error; None where another one is given."""
    text = str(problem)
    return next((reason for reason in _REASONS if reason in text), None)


def is_conflict(problem: Exception) -> bool:
    """Whether another writer committed to the table first, so that Delta refused this write."""
    return describe(problem).startswith("DELTA_CONCURRENT")
