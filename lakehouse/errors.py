"""One tree of errors. Each says what, where and what to do next, and knows its exit code."""

from __future__ import annotations


class LakehouseError(Exception):
    """An error that a person can act on.

    ``where`` is ``file:line`` or a table's name; ``hint`` says what to do next. Neither holds a
    value of a personal column.
    """

    exit_code = 3

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        if not self.hint:
            return head
        return f"{head}\n  {self.hint}"


class UsageError(LakehouseError):
    """The call is off: an unknown option, date, pipeline, or a folder that is not there."""

    exit_code = 2


class DeclarationError(LakehouseError):
    """A declaration is off; ``where`` names its file and line."""

    exit_code = 2


class GateFailed(LakehouseError):
    """A critical rule stopped a write; nothing of the table was written."""

    exit_code = 1


class UnreadableFiles(LakehouseError):
    """Some files could not be read; the others were loaded."""

    exit_code = 1


class RunFailed(LakehouseError):
    """A run failed for a reason outside the declarations and the data."""

    exit_code = 3
