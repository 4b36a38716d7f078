"""What kind of table a gold table is, told from its keys, types and SQL alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pandas as pd
import sqlglot
from sqlglot import exp

from lakehouse.reporting import periods
from lakehouse.reporting.data import GoldTable
from lakehouse.reporting.numbers import missing

_TIME_WORDS = ("day", "date", "week", "month", "quarter", "year", "as_of")
_KEEP = (exp.Paren, exp.Cast, exp.TryCast, exp.Round, exp.Neg, exp.Filter, exp.Alias)


def summable_columns(sql: str) -> frozenset[str]:
    """Output columns of a gold SELECT that may be added up over its keys.

    Sums, counts, and what is linear in them; never a distinct count, a mean or a ratio. Empty
    for text that is no single SELECT.
    """
    try:
        select = sqlglot.parse_one(sql, read="spark")
    except sqlglot.errors.SqlglotError:
        return frozenset()
    if not isinstance(select, exp.Select):
        return frozenset()
    return frozenset(p.alias_or_name for p in select.expressions if _adds_up(p))


def _adds_up(part: exp.Expr) -> bool:
    if isinstance(part, exp.Sum | exp.Count | exp.CountIf):
        return not isinstance(part.this, exp.Distinct)
    if isinstance(part, _KEEP):
        return _adds_up(part.this)
    if isinstance(part, exp.Coalesce):
        return _adds_up(part.this) and all(_is_zero(other) for other in part.expressions)
    if isinstance(part, exp.Add | exp.Sub):
        return _adds_up(part.left) and _adds_up(part.right)
    if isinstance(part, exp.Mul):
        sides = (part.left, part.right)
        return any(_adds_up(a) and isinstance(b, exp.Literal) for a, b in (sides, sides[::-1]))
    return False


def _is_zero(part: exp.Expr) -> bool:
    inner = part.this if isinstance(part, exp.Cast) else part
    return isinstance(inner, exp.Literal) and float(inner.this) == 0


def time_key(frame: pd.DataFrame, keys: Sequence[str]) -> str | None:
    """The first key whose every value is a day, week, month, quarter or year.

    Text and numbers count only where the key's name says so: a shop's id may look like a year.
    """
    for key in keys:
        values = [value for value in frame[key] if not missing(value)]
        named = any(word in key.lower() for word in _TIME_WORDS)
        if not named and not all(isinstance(value, date) for value in values):
            continue
        if values and all(periods.as_day(value) is not None for value in values):
            return key
    return None


def measures(table: GoldTable) -> list[str]:
    """Numeric columns that are no keys, those to draw first in front: sums of money, then sums."""
    found = [c for c in table.frame.columns if c not in table.keys and _numeric(table.frame[c])]
    if not groups(table):
        return found
    return sorted(found, key=lambda c: (c not in table.summable, not is_decimal(table.frame[c])))


def groups(table: GoldTable) -> list[str]:
    """The keys that are no time."""
    return [key for key in table.keys if key != table.time]


def _numeric(column: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return False
    return bool(pd.api.types.is_numeric_dtype(column)) or is_decimal(column)


def is_decimal(column: pd.Series) -> bool:
    """Whether the present values (of the first 200) are decimals."""
    present = [value for value in column.head(200) if not missing(value)]
    return bool(present) and all(isinstance(value, Decimal) for value in present)
