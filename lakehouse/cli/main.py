"""The entry point: one call of one step. Every way out has the exit code of the Interface."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence

from lakehouse.cli.options import parsed
from lakehouse.errors import LakehouseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 passed, 1 a gate or file failed, 2 usage, 3 a run failed."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        return _run(parsed(words))
    except LakehouseError as error:
        return _said(error, error.exit_code, debug)
    except argparse.ArgumentTypeError as error:
        return _said(error, 2, debug)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 3
    except Exception as error:
        return _said(_unforeseen(error), 3, debug, cause=error)


def task() -> None:
    """``main`` for Databricks, which ignores what an entry point returns: raise for all but 0."""
    code = main()
    if code:
        raise SystemExit(code)


def _run(found: argparse.Namespace) -> int:
    """Validation takes two seconds, and what the other commands import twice that."""
    if found.step == "validate":
        from lakehouse.cli.validating import validate

        return validate(found)
    from lakehouse.cli import commands

    return commands.run_command(found)


def _unforeseen(error: Exception) -> str:
    """The kind of an error that nobody foresaw: its text may hold values of rows."""
    condition = getattr(error, "getCondition", lambda: None)() or type(error).__name__
    return f"the run failed: {condition}\n  --debug shows the whole error"


def _said(error: object, code: int, debug: bool, cause: Exception | None = None) -> int:
    print(error, file=sys.stderr)
    if debug:
        shown = cause or (error if isinstance(error, Exception) else None)
        if shown is not None:
            traceback.print_exception(shown)
    return code


if __name__ == "__main__":
    sys.exit(main())
