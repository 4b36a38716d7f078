"""One tree of errors. Each says what, where and what to do next, and knows its exit code."""

from __future__ import annotations

from collections.abc import Iterable


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


class DeclarationErrors(DeclarationError):
    """Several mistakes in declarations; the text shows each, sorted by file and line.

    ``message``, ``where`` and ``hint`` are those of the first.
    """

    def __init__(self, errors: Iterable[DeclarationError]) -> None:
        self.errors = in_order(errors)
        first = self.errors[0]
        super().__init__(first.message, where=first.where, hint=first.hint)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class Mistakes(list[DeclarationError]):
    """Mistakes on the way: what is checked goes on after one, and all are raised at the end.

    ``with mistakes:`` keeps a DeclarationError that is raised inside.
    """

    def __enter__(self) -> Mistakes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        """Keep a DeclarationError that was raised inside, and go on behind the block."""
        if not isinstance(error, DeclarationError):
            return False
        self.extend(error.errors if isinstance(error, DeclarationErrors) else [error])
        return True

    def raise_all(self) -> None:
        """Raise the only mistake as it is, several as DeclarationErrors, nothing for none."""
        different = in_order(self)
        if len(different) == 1:
            raise different[0]
        if different:
            raise DeclarationErrors(different)


def in_order(errors: Iterable[DeclarationError]) -> list[DeclarationError]:
    """The errors sorted by file and line; what says the same twice stands once."""
    return sorted({str(error): error for error in errors}.values(), key=_place)


def _place(error: DeclarationError) -> tuple[str, int]:
    """``conf/a.yml:12`` as ``("conf/a.yml", 12)``, so that line 9 comes before line 12."""
    file, _, line = (error.where or "").rpartition(":")
    return (file, int(line)) if line.isdigit() else (error.where or "", 0)


class GateFailed(LakehouseError):
    """A critical rule stopped a write; nothing of the table was written."""

    exit_code = 1


class UnreadableFiles(LakehouseError):
    """Some files could not be read; the others were loaded."""

    exit_code = 1


class RunFailed(LakehouseError):
    """A run failed for a reason outside the declarations and the data."""

    exit_code = 3
