"""The SQL of drafted tables."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakehouse.drafting.draft_tables import DraftTable
from lakehouse.drafting.gold_tables import DraftGold

_ZONE = re.compile(r":.*(Z|UTC|[+-]\d{2}:?\d{2})\s*$")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def identifier(name: str) -> str:
    """The name in SQL, in backquotes where it would be read as something else."""
    try:
        query = sqlglot.parse_one(
            f"SELECT {name}, 1 AS {name} FROM t GROUP BY {name}", read="spark"
        )
    except SqlglotError:
        return f"`{name}`"
    first = query.selects[0] if isinstance(query, exp.Select) and query.selects else None
    is_column = isinstance(first, exp.Column) and first.name == name
    return name if is_column and _PLAIN.fullmatch(name) else f"`{name}`"


def silver_sql(table: DraftTable) -> str:
    """Every column that leaves bronze, in declared order, in snake_case."""
    selected = [
        identifier(output) if output == name else f"{identifier(output)} AS {identifier(name)}"
        for output, name in table.silver.items()
    ]
    return "SELECT\n  " + ",\n  ".join(selected) + f"\nFROM bronze.{table.name}\n"


def gold_columns(gold: DraftGold) -> tuple[str, str | None, str | None]:
    """The names of the day, the group and the measure in gold."""
    silver = gold.table.silver
    group = silver[gold.group.name] if gold.group else None
    measure = silver[gold.measure.name] if gold.measure else None
    if measure and not measure.startswith(("total", "sum")):
        measure = f"total_{measure}"
    return "day" if group != "day" else "on_day", group, measure


def gold_sql(gold: DraftGold, timezone: str) -> str:
    """Rows, and the sum of the measure, by day and group.

    The day is that of the pipeline's zone for times that carry a zone themselves. Times without one
    are wall-clock times, whose day is as it is written.
    """
    silver = gold.table.silver
    day_name, group, measure = gold_columns(gold)
    day = identifier(silver[gold.day.name])
    if gold.day.profile.base != "date":
        has_zone = any(map(_ZONE.search, gold.day.profile.texts))
        is_elsewhere = has_zone and timezone != "UTC"
        day = f"from_utc_timestamp({day}, :timezone)" if is_elsewhere else day
        day = f"CAST({day} AS DATE)"
    groups = [day, *([identifier(group)] if group else [])]
    shown = day if day == day_name else f"{day} AS {day_name}"
    selected = [shown, *groups[1:], "count(*) AS row_count"]
    if gold.measure:
        column = identifier(silver[gold.measure.name])
        scale = re.search(r",(\d+)\)", gold.measure.profile.type)
        kind = f"DECIMAL(38, {scale.group(1)})" if scale else "BIGINT"
        selected.append(f"CAST(sum({column}) AS {kind}) AS {measure}")
    return (
        "SELECT\n  " + ",\n  ".join(selected)
        + f"\nFROM silver.{gold.table.name}\nGROUP BY {', '.join(groups)}\n"
    )  # fmt: skip
