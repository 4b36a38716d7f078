"""What a step is to whoever calls it: its registration, what is asked of it, and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from lakehouse.config.pipeline import Pipeline
    from lakehouse.refresh.context import RunContext
    from lakehouse.refresh.definition import Definition
    from lakehouse.refresh.outcome import RefreshOutcome
    from lakehouse.steps.progress import Progress


@dataclass(frozen=True)
class Option:
    """An option of one step, beside those that every step takes."""

    name: str
    help: str
    type: Literal["names", "path", "count"]
    default: Any = None

    @property
    def key(self) -> str:
        """``first_day`` of ``--first-day``: its name in ``Request.options``."""
        return self.name.removeprefix("--").replace("-", "_")


@dataclass(frozen=True)
class Step:
    """One step. Whatever lists, offers or calls steps reads it here.

    ``function`` is ``module:function``, imported when the step is called: a ``StepFunction``.
    ``tables`` gives the names of the tables that the step refreshes, inputs first; None for a
    step that belongs to no layer. ``check`` is ``module:function`` too, called with the context
    and the request before the first write of a run. A step that does not ``write`` leaves no
    status file.
    """

    name: str
    help: str
    function: str
    tables: Callable[[Pipeline], list[str]] | None = None
    in_run: bool = False
    needs_days: bool = True
    writes: bool = True
    options: tuple[Option, ...] = ()
    check: str | None = None

    def run(self, context: RunContext, request: Request, progress: Progress) -> Result:
        """Call the step's function."""
        result: Result = _load(self.function)(context, request, progress)
        return result

    def refuse(self, context: RunContext, request: Request) -> None:
        """Raise what the step refuses before anything is written."""
        if self.check is not None:
            _load(self.check)(context, request)


@dataclass(frozen=True)
class Request:
    """What is asked of a step. ``tables`` are the names that were selected, None for all;
    ``steps`` those of ``run``; ``options`` the step's own; ``definitions`` the compiled tables
    of the run, which ``run`` hands to its steps."""

    tables: Sequence[str] | None = None
    steps: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)

    def selects(self, table: str) -> bool:
        """Whether the table is among those that are asked for."""
        return self.tables is None or table in self.tables


@dataclass(frozen=True)
class Result:
    """What a step came to: the outcome of each table, and what else it gives (a ``Trained``)."""

    outcomes: Sequence[RefreshOutcome] = ()
    value: Any = None


StepFunction: TypeAlias = "Callable[[RunContext, Request, Progress], Result]"


def _load(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
