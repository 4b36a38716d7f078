"""The interface of a step: its registration, its request and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lakehouse.config.plugins import import_object

if TYPE_CHECKING:
    from lakehouse.config.pipeline import Pipeline
    from lakehouse.refresh.context import RunContext
    from lakehouse.refresh.definition import Definition
    from lakehouse.refresh.outcome import RefreshOutcome
    from lakehouse.steps.progress import Progress


@dataclass(frozen=True)
class Option:
    """An option of one step, in addition to the options of all steps."""

    name: str
    help: str
    type: Literal["names", "path", "count", "text", "flag"]
    default: Any = None

    @property
    def key(self) -> str:
        """``first_day`` of ``--first-day``: its name in ``Request.options``."""
        return self.name.removeprefix("--").replace("-", "_")


@dataclass(frozen=True)
class Step:
    """The registration of a step.

    ``function`` is ``module:function``, imported when the step is called: a ``StepFunction``.
    ``tables`` gives the names of the tables that the step refreshes, inputs first; None for a
    step without tables of its own. ``check`` is ``module:function`` too, called with the context
    and the request before the first write of a run. A step that does not ``write`` leaves no
    status file. With ``--dry-run``, one that ``shows_dry_run`` is called with
    ``Request.dry_run``; of others the plan is shown. ``words`` shows the words that may follow the
    step's name; they are ``Request.options["words"]``. A step without such words has none.
    """

    name: str
    help: str
    function: str
    tables: Callable[[Pipeline], list[str]] | None = None
    in_run: bool = False
    needs_days: bool = True
    writes: bool = True
    shows_dry_run: bool = False
    options: tuple[Option, ...] = ()
    words: str = ""
    check: str | None = None

    def run(self, context: RunContext, request: Request, progress: Progress) -> Result:
        """Call the step's function."""
        result: Result = import_object(self.function)(context, request, progress)
        return result

    def refuse(self, context: RunContext, request: Request) -> None:
        """Call the step's check, which raises before anything is written."""
        if self.check is not None:
            import_object(self.check)(context, request)


@dataclass(frozen=True)
class Request:
    """The request to a step. ``tables`` are the selected names, None for all; ``steps`` those that
    ``run`` executes; ``options`` the step's own; ``definitions`` the compiled tables of the run,
    which ``run`` passes to its steps; ``dry_run`` asks to show what would be done."""

    tables: Sequence[str] | None = None
    steps: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    dry_run: bool = False

    def selects(self, table: str) -> bool:
        """Whether the table is selected."""
        return self.tables is None or table in self.tables


@dataclass(frozen=True)
class Result:
    """The result of a step: the outcome of each table, and a value (``train``: a ``Trained``)."""

    outcomes: Sequence[RefreshOutcome] = ()
    value: Any = None


StepFunction: TypeAlias = "Callable[[RunContext, Request, Progress], Result]"
