"""The entry point of the command line."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import click

from lakehouse.cli.app import NAME, parse
from lakehouse.cli.logs import configure_logging
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import LakehouseError, UsageError
from lakehouse.storage.failures import describe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0: passed, 1: a gate or a file failed, 2: usage, 3: a run failed."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        with parse(words) as context:
            params = context.params
            configure_logging(params["log_level"], params["log_format"] or "text")
            return int(context.command.invoke(context))
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        return _report(_usage_error(error, words), 2, debug)
    except LakehouseError as error:
        return _report(error, error.exit_code, debug)
    except KeyboardInterrupt:
        print("stopped; run the same command again to continue", file=sys.stderr)
        return 3
    except Exception as error:
        return _report(_unexpected_error(error), 3, debug, cause=error)


def task() -> None:
    """``main`` for Databricks, which ignores return values: raises SystemExit unless it is 0."""
    code = main()
    if code:
        raise SystemExit(code)


def _usage_error(error: click.UsageError, words: Sequence[str]) -> UsageError:
    """Click's usage error as one of the library's."""
    where = error.ctx.command_path if error.ctx else f"{NAME} {words[0]}"
    hint = f"{where} --help lists the options"
    if isinstance(error, click.NoSuchOption):
        params = error.ctx.command.get_params(error.ctx) if error.ctx else []
        known = [name for param in params for name in param.opts]
        near = did_you_mean(error.option_name, known)
        return UsageError(f"unknown option '{error.option_name}'{near}", where=where, hint=hint)
    is_missing = isinstance(error, click.MissingParameter)
    if isinstance(error, click.BadParameter) and error.param and not is_missing:
        return UsageError(error.message.rstrip("."), where=error.param.opts[0], hint=hint)
    message = error.format_message().rstrip(".")
    return UsageError(message[:1].lower() + message[1:], where=where, hint=hint)


def _unexpected_error(error: Exception) -> str:
    """The message for an unexpected exception: its class only, since its text may hold values."""
    return f"the run failed: {describe(error)}\n  --debug shows the whole error"


def _report(error: object, code: int, debug: bool, cause: Exception | None = None) -> int:
    print(error, file=sys.stderr)
    if debug:
        problem = cause or (error if isinstance(error, Exception) else None)
        if problem is not None:
            traceback.print_exception(problem)
    return code


if __name__ == "__main__":
    sys.exit(main())
