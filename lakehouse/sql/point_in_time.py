"""Point-in-time reads of one table, as SQL: the same text for a single day and for a range.

A day ends at midnight in the pipeline's time zone. As of ``2026-03-02`` in ``America/New_York``, a
version counts if it was known by that day and, depending on the type of ``valid_from``,

    date           valid_from < 2026-03-03
    timestamp      valid_from < 2026-03-03 05:00 UTC
    timestamp_ntz  valid_from < 2026-03-03 00:00, wall-clock time of the zone
    any other      always: a log number is not a time; only ``known_from`` counts
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql.dialect import to_sql

KNOWN_UNTIL = "_known_until"
"""The column with the day from which a row is no longer known: its file was replaced."""


@dataclass(frozen=True)
class TableHistory:
    """How a table stores its history.

    ``columns`` are the columns of the transformation; ``append`` adds ``_known_date``, ``scd2``
    adds ``valid_from`` and ``known_from``. ``lookback_days`` applies only with ``cluster_by``, the
    day or time of a row: rows of days after ``as_of - lookback_days`` are read; rows where it is
    NULL are not. Types are Spark's simple names (``bigint``); ``zone`` is the pipeline's time zone.
    """

    kind: Literal["append", "scd2"]
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ()
    valid_from_type: str = "timestamp"
    cluster_by: str | None = None
    cluster_type: str = "date"
    lookback_days: int | None = None
    zone: str = "UTC"
    has_replaced: bool = False


def select_as_of(
    history: TableHistory,
    relation: str,
    *,
    day: str,
    as_of: str,
    days: str | None = None,
    known_by: str | None = None,
) -> str:
    """A SELECT of ``relation`` as of the end of ``day``; the lookback is relative to ``as_of``.

    ``day`` and ``as_of`` are SQL expressions of type DATE. A version counts from the day on
    which it was known and valid; a key whose latest version is a deletion has no row. With
    ``known_by``, another DATE, what was known by that day counts, and ``day`` bounds only when a
    version was valid: rows of an ``append`` table are then bounded by ``known_by`` alone. ``days``
    is a relation with alias, whose column ``day`` and ``as_of`` use: the result then has the rows
    as of each of its days, with the column ``_as_of``. Raises DeclarationError for a lookback on a
    column that is neither a date nor a timestamp.
    """
    known_by = known_by or day
    source = f"{relation} AS k" + (f" CROSS JOIN {days}" if days else "")
    if history.kind == "append":
        where = [f"k._known_date <= {known_by}", *_lookback(history, as_of)]
        if history.has_replaced and history.keys:
            return _earliest_rows(history, source, known_by, as_of, many=bool(days))
        if history.has_replaced:
            where.append(_is_still_known(KNOWN_UNTIL, known_by))
        shown = _quote_columns("k", [*history.columns, "_known_date"])
        mark = f", {as_of} AS _as_of" if days else ""
        return f"SELECT {shown}{mark} FROM {source} WHERE {' AND '.join(where)}"
    return _latest_versions(history, source, day, as_of, known_by, many=bool(days))


def _is_still_known(column: str, day: str) -> str:
    return f"(k.{column} IS NULL OR k.{column} > {day})"


def _earliest_rows(history: TableHistory, source: str, day: str, as_of: str, *, many: bool) -> str:
    """``deduplicate.earliest_per_key`` among the rows known on the day."""
    mark = f", {as_of} AS _as_of" if many else ""
    keys = _quote_columns("k", history.keys) + (f", {as_of}" if many else "")
    content = [name for name in history.columns if name not in history.keys]
    order = _quote_columns("k", ["_known_date", *content])
    shown = _quote_columns("k", [*history.columns, "_known_date"])
    is_known = _is_still_known(KNOWN_UNTIL, day)
    rows = (
        f"SELECT {shown}{mark}, row_number() OVER (PARTITION BY {keys} ORDER BY {order}) "
        f"AS _place FROM {source} WHERE k._known_date <= {day} AND {is_known}"
    )
    carried = ", k._as_of" if many else ""
    where = " AND ".join(["k._place = 1", *_lookback(history, "k._as_of" if many else as_of)])
    return f"SELECT {shown}{carried} FROM ({rows}) AS k WHERE {where}"


def _latest_versions(
    history: TableHistory, source: str, day: str, as_of: str, known_by: str, *, many: bool
) -> str:
    """The latest version per key. The lookback comes after: versions may differ in their day."""
    # 1. Versions valid by the end of the day and known by then, the newest of each key first.
    mark = f", {as_of} AS _as_of" if many else ""
    keys = _quote_columns("k", history.keys) + (f", {as_of}" if many else "")
    order = "k.valid_from DESC, k.known_from DESC"
    read = _quote_columns(
        "k", dict.fromkeys([*history.columns, "valid_from", "valid_to", "known_from"])
    )
    end = start_of_day(f"date_add({day}, 1)", history.valid_from_type, history.zone)
    valid = f" AND k.valid_from < {end}" if end else ""
    if history.has_replaced:
        # A corrected row has a successor, which wins; a replaced one may have none.
        valid += f" AND {_is_still_known('known_to', known_by)}"
    versions = (
        f"SELECT {read}{mark}, row_number() OVER (PARTITION BY {keys} ORDER BY {order}) "
        f"AS _version FROM {source} WHERE k.known_from <= {known_by}{valid}"
    )
    # 2. The newest of each key, unless it is a deletion.
    is_there = "k._version = 1 AND (k.valid_to IS NULL OR NOT (k.valid_to <=> k.valid_from))"
    where = " AND ".join([is_there, *_lookback(history, "k._as_of" if many else as_of)])
    shown = _quote_columns("k", dict.fromkeys([*history.columns, "valid_from", "known_from"]))
    day_column = ", k._as_of" if many else ""
    return f"SELECT {shown}{day_column} FROM ({versions}) AS k WHERE {where}"


def _lookback(history: TableHistory, as_of: str) -> list[str]:
    if history.cluster_by is None or history.lookback_days is None:
        return []
    first_day = f"date_sub({as_of}, {history.lookback_days - 1})"
    first = start_of_day(first_day, history.cluster_type, history.zone)
    if first is None:
        raise DeclarationError(
            f"a lookback needs a date or timestamp; {history.cluster_by} is {history.cluster_type}",
            hint="cluster the table by its day, or leave the lookback out",
        )
    return [f"{_quote_columns('k', [history.cluster_by])} >= {first}"]


def start_of_day(day: str, kind: str, zone: str) -> str | None:
    """The start of ``day`` in ``zone`` as a value of type ``kind``; None for other types.

    ``day`` is an SQL expression of type DATE; the session's time zone is UTC.
    """
    if kind == "date":
        return day
    if kind == "timestamp_ntz":
        return f"CAST({day} AS TIMESTAMP_NTZ)"
    if kind != "timestamp":
        return None
    midnight = f"CAST({day} AS TIMESTAMP)"
    name = to_sql(exp.Literal.string(zone))
    return midnight if zone == "UTC" else f"to_utc_timestamp({midnight}, {name})"


def _quote_columns(alias: str, names: Sequence[str] | dict[str, None]) -> str:
    return ", ".join(to_sql(exp.column(name, alias, quoted=True)) for name in names)
