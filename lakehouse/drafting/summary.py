"""A draft in words: what was found, what is not sure, and the next commands. No value of a row."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from lakehouse.config.command_line import command
from lakehouse.config.settings import Settings
from lakehouse.config.yaml_file import shown
from lakehouse.drafting.draft import Draft
from lakehouse.drafting.draft_tables import DraftTable
from lakehouse.drafting.yaml_texts import scalar

_FILES = 5  # files that are named for a reason


def summarize(draft: Draft, settings: Settings, folder: Path) -> str:
    """The lines that ``init`` prints."""
    place = settings.conf_dir / "pipelines" / draft.name
    lines = [f"{draft.name}: {_count(len(draft.tables), 'source')} in {folder}", ""]
    for table in draft.tables:
        lines += [*_table(table), ""]
    lines += [*_gold(draft), *_left_out(draft), *_key(draft, settings)]
    lines += [f"Written to {shown(place)}. It is a draft: read it, above all each pii.", ""]
    lines += _next(draft, settings, folder)
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _table(table: DraftTable) -> Iterator[str]:
    days = table.source.days
    span = f", {days[0]} … {days[-1]}" if days else ""
    files = len(table.source.files)
    options = ", ".join(f"{name}: {scalar(value)}" for name, value in table.options.items())
    yield f"▸ {table.name}   {table.source.path}   {_count(files, 'file')}{span}"
    form = f"{table.reading.form} ({options})" if options else table.reading.form
    yield (
        f"    {form}, {_count(len(table.columns), 'column')}, {_count(table.rows, 'row')} looked at"
    )
    yield f"    silver: {_write(table)}"
    protected = [column.name for column in table.columns if column.kind and not column.is_kept]
    if protected:
        yield f"    protected: {', '.join(protected)}"
    for column in table.left_out:
        yield f"    ? {column.name} stays in bronze: {column.reason}"
    for column in table.columns:
        if column.profile.doubt:
            yield f"    ? {column.name} is a string: {column.profile.doubt}"
    if table.undeclared:
        yield (
            f"    ? {_count(table.undeclared, 'key')} may be data and no name, so there is no "
            "column; the values are kept in _rescued_data"
        )
    for note in table.reading.notes:
        yield f"    ? {note}"


def _write(table: DraftTable) -> str:
    if not table.has_silver:
        return "none, since every column is undecided"
    keys = f" by {', '.join(table.keys)}" if table.keys else ""
    return f"{table.mode.write}{keys} ({table.mode.reason})"


def _gold(draft: Draft) -> Iterator[str]:
    if draft.gold:
        gold = draft.gold
        yield f"gold.{gold.name} counts the rows of silver.{gold.table.name} by {gold.day.name}."
    else:
        yield "No gold table: no column of silver is a day. Write one when you know the question."


def _left_out(draft: Draft) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for key, reason in draft.left_out.items():
        by_reason.setdefault(reason, []).append(key)
    for reason, keys in by_reason.items():
        more = f" and {len(keys) - _FILES:,} more" if len(keys) > _FILES else ""
        yield f"Left out: {', '.join(keys[:_FILES])}{more}: {reason}."


def _key(draft: Draft, settings: Settings) -> Iterator[str]:
    """What a run needs for tokens: a key that the environment refers to."""
    if not draft.needs_key:
        return
    if settings.privacy_key is None:
        yield (
            f"Tokens need a key: set privacy_key in conf/{settings.env}.yml to a reference, "
            "${env:NAME} or ${file:PATH}."
        )
    else:
        yield (
            f"Tokens need the key behind {settings.privacy_key}, at least 32 bytes. To make one: "
            "python -c 'import secrets; print(secrets.token_hex(32))', in a file of mode 600."
        )


def _next(draft: Draft, settings: Settings, folder: Path) -> Iterator[str]:
    yield "Next:"
    yield f"  {command(settings, 'validate')}"
    landing = f"--set {shlex.quote(f'landing={folder}')}"
    steps = "--steps ingest,refine,aggregate,report"
    yield f"  {command(settings, 'run', '', landing, f'--date {draft.date}', steps)}"
