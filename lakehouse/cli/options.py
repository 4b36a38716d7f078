"""The options of the commands, and their conversion to the values that steps take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from lakehouse.config.command_line import DEFAULTS
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError
from lakehouse.steps.step import Option, Step

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")


def _where(param: click.Parameter | None) -> str | None:
    return param.opts[0] if param is not None else None


class Day(click.ParamType[date]):
    """A date as ``YYYY-MM-DD``."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: Any) -> date:
        """Raise UsageError for an invalid date."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or value != day.isoformat():
            raise UsageError(f"invalid date '{value}'; write YYYY-MM-DD", where=_where(param))
        return day


class Count(click.ParamType[int]):
    """A positive whole number."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: Any) -> int:
        """Raise UsageError for anything else."""
        if isinstance(value, str) and not (value.isdecimal() and int(value) > 0):
            raise UsageError(f"'{value}' is not a positive whole number", where=_where(param))
        return int(value)


class Names(click.ParamType[list[str]]):
    """``a,b``."""

    name = "A,B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: Any) -> list[str]:
        """Split at commas and strip blanks."""
        parts = value.split(",") if isinstance(value, str) else value
        return [name.strip() for name in parts if name.strip()]


class OneOf(click.ParamType[str]):
    """One of a fixed set of values."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self.name = "|".join(self.words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: Any) -> str:
        """Raise UsageError, with the nearest value, for another one."""
        if value not in self.words:
            raise UsageError(
                f"unknown value '{value}'{did_you_mean(value, self.words)}",
                where=_where(param),
                hint=f"one of {', '.join(self.words)}",
            )
        return str(value)


_TYPES: dict[str, click.ParamType[Any]] = {
    "names": Names(),
    "path": click.Path(path_type=Path),
    "count": Count(),
    "text": click.STRING,
}


def place_options() -> list[click.Parameter]:
    """The options of every command: the pipeline, its settings, and logging."""
    metavars = {"--pipeline": "NAME", "--env": "ENV", "--conf-dir": "DIR"}
    return [
        *(
            click.Option(
                [name],
                type=_TYPES["path"] if name == "--conf-dir" else str,
                default=default,
                metavar=metavars[name],
                help=f"default: {default}",
            )
            for name, default in DEFAULTS.items()
        ),
        click.Option(["--catalog"], help="the catalog's name, for CATALOG.SCHEMA.TABLE"),
        click.Option(["--schema-prefix"], help="the prefix of each schema's name"),
        click.Option(["--set", "settings"], multiple=True, metavar="KEY=VALUE", help="any setting"),
        click.Option(["--debug"], is_flag=True, help="show the full traceback of an error"),
        click.Option(
            ["--log-level"],
            metavar="LEVEL",
            type=OneOf(LOG_LEVELS),
            default="warning",
            help=f"what to log to stderr: {', '.join(LOG_LEVELS)}; default: warning",
        ),
        click.Option(
            ["--log-format"],
            metavar="FORMAT",
            type=OneOf(LOG_FORMATS),
            help="text, or json for one JSON object per line; default: the setting log_format",
        ),
    ]


def step_options(step: Step) -> list[click.Parameter]:
    """The options of a step: those of all steps, then its own."""
    day = Day()
    flags = {
        "--full-refresh": "compute from all input",
        "--accept-change": "apply changed definitions from now on, without a full refresh",
        "--drop-orphans": "with --full-refresh: drop rows whose source is gone",
        "--dry-run": "show what would be done and how; writes nothing",
    }
    return [
        click.Option(["--date"], type=day, help="the business day"),
        click.Option(["--start"], type=day, help="first business day of a range"),
        click.Option(["--end"], type=day, help="last business day of a range"),
        click.Option(
            ["--tables"],
            metavar="A,B",
            help="only these tables: a,b; +a with what it reads, a+ with what reads it; "
            "state:changed for those whose definition changed",
        ),
        *(click.Option([name], is_flag=True, help=text) for name, text in flags.items()),
        *(_click_option(option) for option in step.options),
        *([click.Argument(["words"], nargs=-1, metavar=step.words)] if step.words else []),
    ]


def _click_option(option: Option) -> click.Option:
    if option.type == "flag":
        return click.Option([option.name], is_flag=True, help=option.help)
    return click.Option(
        [option.name], type=_TYPES[option.type], default=option.default, help=option.help
    )


def days_of(params: Mapping[str, Any], *, where: str, needed: bool) -> tuple[date, date]:
    """The first and the last business day. Raises UsageError for missing or conflicting options."""
    day, start, end = params["date"], params["start"], params["end"]
    if day and (start or end):
        raise UsageError("--date and --start/--end exclude each other", where=where)
    if day:
        return day, day
    if start and end:
        if end < start:
            raise UsageError(f"--end {end} is before --start {start}", where=where)
        return start, end
    if not needed and not (start or end):
        return date.max, date.max
    raise UsageError(
        "missing --date (or --start and --end)",
        where=where,
        hint="write --date YYYY-MM-DD, or --start YYYY-MM-DD --end YYYY-MM-DD",
    )


def changed_settings(params: Mapping[str, Any]) -> dict[str, str]:
    """``--set``, ``--catalog`` and ``--schema-prefix`` as settings."""
    changes: dict[str, str] = {}
    for pair in params["settings"]:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"'{pair}' is not KEY=VALUE", where="--set")
        changes[key] = value
    for key in ("catalog", "schema_prefix"):
        if params[key] is not None:
            changes[key] = params[key]
    return changes
