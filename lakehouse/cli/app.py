"""The commands: one for each step of the registry, and those that are not steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from lakehouse.cli.options import Count, Day, days_of, place_options, step_options
from lakehouse.config.plugins import import_object
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError
from lakehouse.steps.registry import STEPS, check_run_steps
from lakehouse.steps.step import Step

NAME = "lakehouse"
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Lakehouse(click.Group):
    """The command group; a command is created when it is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Steps in the order of the registry, then the other commands."""
        return [*STEPS, *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None for an unknown one."""
        if cmd_name in STEPS:
            return StepCommand(STEPS[cmd_name])
        return COMMANDS[cmd_name]() if cmd_name in COMMANDS else None


class StepCommand(click.Command):
    """The command of a step. Its callback imports the step, which takes seconds."""

    def __init__(self, step: Step) -> None:
        self.step = step
        super().__init__(
            step.name,
            callback=self._run,
            help=step.help,
            short_help=step.help,
            params=[*place_options(), *step_options(step)],
            context_settings=_HELP,
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The options, with ``start`` and ``end`` for the days. Raises UsageError."""
        rest = super().parse_args(ctx, args)
        ctx.params["start"], ctx.params["end"] = days_of(
            ctx.params, where=ctx.command_path, needed=self.step.needs_days
        )
        check_run_steps(ctx.params.get("steps") or ())
        return rest

    def _run(self, **params: Any) -> int:
        from lakehouse.cli.commands import run_step

        return run_step(self.step, params)


def parse(words: Sequence[str]) -> click.Context:
    """Parse the command line into a context that is ready to be invoked.

    Raises UsageError or click's own usage error, and ``click.exceptions.Exit`` after a help text.
    """
    group = Lakehouse(
        NAME,
        help="Raw files to bronze, silver, gold, features, a model, predictions, a report.",
        context_settings=_HELP,
        options_metavar="",
        subcommand_metavar="STEP [OPTIONS]",
    )
    if not words:
        click.echo(group.get_help(click.Context(group, info_name=NAME)))
        raise UsageError("missing step", where=NAME, hint=f"one of {', '.join(STEPS)}")
    if words[0].startswith("-"):
        group.make_context(NAME, list(words))
        raise UsageError("the step comes first", where=NAME, hint=f"{NAME} STEP {words[0]} …")
    root = click.Context(group, info_name=NAME)
    command = group.get_command(root, words[0])
    if command is None:
        names = group.list_commands(root)
        raise UsageError(
            f"unknown step '{words[0]}'{did_you_mean(words[0], names)}",
            where=NAME,
            hint=f"one of {', '.join(names)}",
        )
    return command.make_context(words[0], list(words[1:]), parent=root)


def _command(name: str, function: str, text: str, *params: click.Parameter) -> click.Command:
    """A command that is not a step: ``function`` (``module:name``) is imported when it is run."""

    def run(**values: Any) -> int:
        return int(import_object(function)(values))

    return click.Command(
        name,
        callback=run,
        help=text,
        short_help=text,
        context_settings=_HELP,
        params=[*place_options(), *params],
    )


def _generate() -> click.Command:
    return _command(
        "generate",
        "lakehouse.cli.commands:generate",
        "generate retail data with planted faults",
        click.Option(["--customers"], type=Count(), default=2000),
        click.Option(["--days"], type=Count(), default=120),
        click.Option(["--first-day"], type=Day(), default=date(2026, 3, 1)),
        click.Option(["--seed"], type=int, default=7),
    )


def _validate() -> click.Command:
    return _command(
        "validate",
        "lakehouse.cli.validate:validate",
        "list all mistakes in the declarations, without Spark",
        click.Option(["--all"], is_flag=True, help="every pipeline below --conf-dir"),
    )


def _init() -> click.Command:
    command = _command(
        "init",
        "lakehouse.cli.init:init",
        "draft a pipeline for the files of a folder",
        click.Argument(["name"], metavar="NAME"),
        click.Option(
            ["--from", "folder"],
            type=click.Path(path_type=Path),
            required=True,
            metavar="FOLDER",
            help="the folder with the files, which the pipeline will call {landing}",
        ),
        click.Option(
            ["--timezone"],
            default="UTC",
            metavar="ZONE",
            help="the time zone of business days, such as Europe/Copenhagen; default: UTC",
        ),
    )
    command.params = [param for param in command.params if param.name != "pipeline"]
    return command


COMMANDS: dict[str, Callable[[], click.Command]] = {
    "init": _init,
    "generate": _generate,
    "validate": _validate,
}
"""The commands that are not steps."""
