"""The options of the command, and their values as the steps want them."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import NoReturn

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError

RUN_STEPS = ("ingest", "refine", "aggregate", "features", "score", "report")
"""The steps of ``run``: as steps/run.py has them, which takes seconds to import."""
STEPS = {
    "ingest": "new files into bronze",
    "refine": "new bronze rows, protected and checked, into silver",
    "aggregate": "gold tables up to date with silver",
    "features": "features and labels of the days, as they were known",
    "train": "learn from past days and register the model",
    "score": "the champion's predictions into silver and gold",
    "report": "one page: what ran, what failed, what it says",
    "check": "gate tables, or a folder of files, by their expectations",
    "run": "every step but train and check, in one session",
    "plan": "what changed, what would be computed, for which days; writes nothing",
    "preview": "rows of a table as its declaration stands; writes nothing",
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are the project's own."""

    def error(self, message: str) -> NoReturn:
        """Raise what the command prints for any other mistake."""
        raise UsageError(message, where=self.prog, hint=f"{self.prog} --help lists what there is")


def parser() -> Parser:
    """The whole command line."""
    root = Parser(
        prog="lakehouse",
        allow_abbrev=False,
        description="Raw files to bronze, silver, gold, features, a model, predictions, a report.",
    )
    commands = root.add_subparsers(dest="step", metavar="STEP", parser_class=Parser)
    for name, what in STEPS.items():
        _step(commands.add_parser(name, help=what, description=what, allow_abbrev=False), name)
    generate = commands.add_parser(
        "generate", help="made-up retail data with planted faults", allow_abbrev=False
    )
    _place(generate)
    generate.add_argument("--customers", type=_positive, default=2000)
    generate.add_argument("--days", type=_positive, default=120)
    generate.add_argument("--first-day", type=_day, default=date(2026, 3, 1))
    generate.add_argument("--seed", type=int, default=7)
    validate = commands.add_parser(
        "validate",
        help="every mistake of the declarations at once, without Spark",
        allow_abbrev=False,
    )
    _place(validate)
    validate.add_argument("--all", action="store_true", help="every pipeline below --conf-dir")
    return root


def _step(step: argparse.ArgumentParser, name: str) -> None:
    _place(step)
    step.add_argument("--date", type=_day, help="the business day, YYYY-MM-DD")
    step.add_argument("--start", type=_day, help="first business day of a range")
    step.add_argument("--end", type=_day, help="last business day of a range")
    step.add_argument("--tables", type=_names, help="only these tables: a,b")
    step.add_argument("--full-refresh", action="store_true", help="compute from all input")
    step.add_argument(
        "--accept-change",
        action="store_true",
        help="take a changed definition as it is from now on",
    )
    step.add_argument(
        "--drop-orphans",
        action="store_true",
        help="with --full-refresh: let rows go whose source is gone",
    )
    step.add_argument(
        "--dry-run", action="store_true", help="say what would be done and how, write nothing"
    )
    if name in ("run", "plan"):
        step.add_argument("--steps", type=_names, help=f"of {', '.join(RUN_STEPS)}: a,b")
    if name == "preview":
        step.add_argument("--rows", type=_positive, default=20, help="how many; default: 20")
    if name == "check":
        step.add_argument("--files", type=Path, help="gate this folder of files, not tables")
        step.add_argument("--suite", type=Path, help="the expectations for --files")


def _place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pipeline", default="retail", help="default: retail")
    command.add_argument("--env", default="dev", help="dev, test or prod; default: dev")
    command.add_argument("--conf-dir", type=Path, default=Path("conf"), help="default: conf")
    command.add_argument("--catalog", help="the catalog's name, for CATALOG.SCHEMA.TABLE")
    command.add_argument("--schema-prefix", help="what stands before each schema's name")
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any setting"
    )
    command.add_argument("--debug", action="store_true", help="show the whole of an error")


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options. Raises UsageError for what is unknown, missing or no date."""
    root = parser()
    found, rest = root.parse_known_args(arguments)
    if found.step is None:
        root.print_help(sys.stdout)
        raise UsageError("which step?", where="lakehouse", hint=f"one of {', '.join(STEPS)}")
    if rest:
        command = root._subparsers._group_actions[0].choices[found.step]  # type: ignore[union-attr,index]
        known = [option for action in command._actions for option in action.option_strings]
        word = rest[0].split("=")[0]
        raise UsageError(
            f"unknown option '{word}'{did_you_mean(word, known)}",
            where=f"lakehouse {found.step}",
            hint=f"lakehouse {found.step} --help lists what there is",
        )
    if found.step in STEPS:
        found.start, found.end = _days(found)
    if found.step in ("run", "plan"):
        _check_steps(found.steps)
    return found


def _days(found: argparse.Namespace) -> tuple[date, date]:
    where = f"lakehouse {found.step}"
    if found.date and (found.start or found.end):
        raise UsageError("--date and --start/--end exclude each other", where=where)
    if found.date:
        return found.date, found.date
    if found.start and found.end:
        if found.end < found.start:
            raise UsageError(f"--end {found.end} lies before --start {found.start}", where=where)
        return found.start, found.end
    if found.step in ("check", "report", "preview") and not (found.start or found.end):
        return date.max, date.max
    raise UsageError(
        "which business day?", where=where, hint="--date YYYY-MM-DD, or --start and --end"
    )


def _check_steps(steps: list[str] | None) -> None:
    for step in steps or ():
        if step not in RUN_STEPS:
            raise UsageError(
                f"run has no step '{step}'{did_you_mean(step, RUN_STEPS)}",
                where="--steps",
                hint=f"steps: {', '.join(RUN_STEPS)}",
            )


def changed_settings(found: argparse.Namespace) -> dict[str, str]:
    """``--set``, ``--catalog`` and ``--schema-prefix`` as settings."""
    changes: dict[str, str] = {}
    for pair in found.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"'{pair}' is no KEY=VALUE", where="--set")
        changes[key] = value
    for key in ("catalog", "schema_prefix"):
        if getattr(found, key) is not None:
            changes[key] = getattr(found, key)
    return changes


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write YYYY-MM-DD") from None
    if text != day.isoformat():
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write YYYY-MM-DD")
    return day


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number")
    return int(text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
