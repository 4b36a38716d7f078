"""The errors of the library. Each says what, where and what to do next, and has an exit code."""

from __future__ import annotations

from collections.abc import Iterable


class LakehouseError(Exception):
    """An error that the user can act on.

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
    """A wrong call: an unknown option or pipeline, an invalid date, a missing folder."""

    exit_code = 2


class DeclarationError(LakehouseError):
    """An invalid declaration; ``where`` is its file and line."""

    exit_code = 2


class DeclarationErrors(DeclarationError):
    """Several mistakes in declarations; the text has all of them, sorted by file and line.

    ``message``, ``where`` and ``hint`` are those of the first.
    """

    def __init__(self, errors: Iterable[DeclarationError]) -> None:
        self.errors = in_order(errors)
        first = self.errors[0]
        super().__init__(first.message, where=first.where, hint=first.hint)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class Mistakes(list[DeclarationError]):
    """Collects mistakes, so that checks go on after the first and all are raised at the end.

    ``with mistakes:`` catches and keeps a DeclarationError that is raised inside the block.
    """

    def __enter__(self) -> Mistakes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        """Keep a DeclarationError that was raised inside; execution continues after the block."""
        if not isinstance(error, DeclarationError):
            return False
        self.extend(error.errors if isinstance(error, DeclarationErrors) else [error])
        return True

    def raise_all(self) -> None:
        """Raise a single mistake as it is and several as DeclarationErrors; do nothing for none."""
        distinct = in_order(self)
        if len(distinct) == 1:
            raise distinct[0]
        if distinct:
            raise DeclarationErrors(distinct)


def in_order(errors: Iterable[DeclarationError]) -> list[DeclarationError]:
    """The errors sorted by file and line, without duplicates."""
    return sorted({str(error): error for error in errors}.values(), key=_place)


def _place(error: DeclarationError) -> tuple[str, int]:
    """``conf/a.yml:12`` as ``("conf/a.yml", 12)``, so that line 9 comes before line 12."""
    file, _, line = (error.where or "").rpartition(":")
    return (file, int(line)) if line.isdigit() else (error.where or "", 0)


class GateFailed(LakehouseError):
    """A critical rule stopped a write; no row of the table was written."""

    exit_code = 1


class UnreadableFiles(LakehouseError):
    """Some files could not be read; the others were loaded."""

    exit_code = 1


class RunFailed(LakehouseError):
    """A run failed for a reason outside the declarations and the data."""

    exit_code = 3
