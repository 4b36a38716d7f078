"""The YAML of drafted declarations: with comments that say what is left to decide."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

import yaml

from lakehouse.drafting.draft_tables import DraftColumn, DraftTable
from lakehouse.drafting.gold_tables import DraftGold
from lakehouse.drafting.reading import Option
from lakehouse.drafting.sql_texts import gold_columns
from lakehouse.table_docs.schema_header import schema_header

_PLAIN = re.compile(r"[A-Za-z][\w ./<>:()-]*")


def scalar(value: Option) -> str:
    """A YAML scalar that is read back as the same value."""
    if not isinstance(value, str):
        return str(value).lower()
    is_plain = _PLAIN.fullmatch(value) and "," not in value and ": " not in value
    return value if is_plain and yaml.safe_load(value) == value else _quoted(value)


def _quoted(text: str) -> str:
    """The text in double quotes, which YAML reads as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def pipeline_yaml(name: str, timezone: str) -> str:
    """``pipeline.yml``."""
    return (
        f"{schema_header('pipeline', above=2)}"
        f"description: {scalar(f'Drafted by lakehouse init; say here what {name} is for')}\n"
        "owner: TODO@example.com\n"
        f"timezone: {scalar(timezone)}\n"
        "week_starts: monday\n"
    )


def bronze_yaml(table: DraftTable, kinds: Iterable[str]) -> str:
    """The declaration of a bronze table."""
    lines = [
        f"{schema_header('bronze', above=3)}table: bronze.{table.name}",
        f"description: {scalar(_about(table))}",
        "source:",
        "  kind: files",
        f"  format: {table.reading.form}",
        f"  path: {_quoted('{landing}/' + table.source.path)}",
        *_options(table.options),
        "columns:",
    ]
    for column in table.columns:
        lines += _column(column, table.fields.get(column.name), kinds)
    return "\n".join(lines) + "\n"


def _about(table: DraftTable) -> str:
    files = len(table.source.files)
    return f"Drafted from {files} file{'' if files == 1 else 's'}; say here what one row is."


def _options(options: Mapping[str, Option]) -> Iterator[str]:
    if options:
        texts = [f"{name}: {_option(value)}" for name, value in options.items()]
        yield f"  options: {{{', '.join(texts)}}}"


def _option(value: Option) -> str:
    return _quoted(value) if isinstance(value, str) else scalar(value)


def _column(column: DraftColumn, field: str | None, kinds: Iterable[str]) -> Iterator[str]:
    profile = column.profile
    kind = scalar(profile.type) if "," not in profile.type else _quoted(profile.type)
    if profile.doubt:
        yield from _comment(f"A string: {profile.doubt}.", "  ")
    if column.kind is None:
        why = f"Stays in bronze until you choose its pii: {column.reason}."
        yield from _comment(f"{why} One of {', '.join(kinds)}.", "  ")
    keys = [f"type: {kind}"]
    if column.kind is not None:
        keys.append(f"pii: {scalar(column.kind)}")
    if field is not None:
        keys.append(f"field: {_quoted(field)}")
    yield f"  {scalar(column.name)}: {{{', '.join(keys)}}}"


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def silver_yaml(table: DraftTable) -> str:
    """The declaration of a silver table."""
    write = table.mode
    about = f"The rows of bronze.{table.name}, protected; say here what one row is."
    lines = [
        f"{schema_header('silver', above=3)}table: silver.{table.name}",
        f"description: {scalar(about)}",
        f"source: bronze.{table.name}",
        *_comment(f"Why: {write.reason}.", ""),
        f"write: {write.write}",
    ]
    if table.keys:
        lines.append(f"keys: [{', '.join(map(scalar, table.keys))}]")
    if write.sequence_by:
        lines.append(f"sequence_by: {scalar(table.silver[write.sequence_by])}")
    lines.append(f"expectations: silver.{table.name}")
    return "\n".join(lines) + "\n"


def gold_yaml(gold: DraftGold) -> str:
    """The declaration of the gold table, with its chart."""
    day, group, measure = gold_columns(gold)
    keys = [day, *([group] if group else [])]
    drawn = measure or "row_count"
    chart = [f"measure: {{column: {scalar(drawn)}, as: sum}}", f"over: {day}"]
    if group:
        chart.insert(1, f"by: {scalar(group)}")
    what = f"Rows of silver.{gold.table.name} by {' and '.join(keys)}"
    total = (
        f"; {measure} is the sum of {gold.table.silver[gold.measure.name]}" if gold.measure else ""
    )
    return (
        f"{schema_header('gold', above=3)}"
        f"table: gold.{gold.name}\n"
        f"description: {scalar(what + total + '.')}\n"
        f"source: silver.{gold.table.name}\n"
        "write: replace_keys\n"
        f"keys: [{', '.join(map(scalar, keys))}]\n"
        f"chart: {{{', '.join(chart)}}}\n"
    )
