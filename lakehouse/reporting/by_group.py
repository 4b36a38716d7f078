"""Figures of tables without a time key: bars of one key, a heat table of two."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from lakehouse.reporting import bars
from lakehouse.reporting.data import GoldTable
from lakehouse.reporting.figures import Figure, group_name, responsive, spoken, summed
from lakehouse.reporting.numbers import Cell, compact, exact, missing, share
from lakehouse.reporting.shape import groups, is_decimal, measures
from lakehouse.reporting.svg import NARROW, tag

MOST_BARS = 12
MOST_COLUMNS = 8


def figures(table: GoldTable) -> list[Figure]:
    """Bars for each key of the first measure, and a heat table where there are two keys."""
    keys, found = groups(table)[:2], measures(table)
    if not found or table.frame.empty:
        return []
    if not keys:
        return [_facts(table, found)]
    if len(groups(table)) == 1:
        drawn = [one for one in found[:2] if one == found[0] or one in table.summable]
        return [_bars(table, keys[0], one, wide=len(drawn) == 1) for one in drawn]
    drawn = _first_and_last(table, found)
    made = [_bars(table, key, one, wide=False) for one in drawn for key in keys]
    if len(groups(table)) == 2:
        made.append(_heat(table, keys, (drawn or found)[-1]))
    return made


def _first_and_last(table: GoldTable, found: list[str]) -> list[str]:
    """Of the sums of one kind, which mostly stand from what happens to what it costs, the ends."""
    adding = [name for name in found if name in table.summable]
    decimal = [name for name in adding if is_decimal(table.frame[name])] or adding
    return list(dict.fromkeys([*decimal[:1], *decimal[-1:]]))


def _facts(table: GoldTable, found: list[str]) -> Figure:
    row = table.frame.iloc[0]
    facts = [tag("div", tag("dt", spoken(name)), tag("dd", exact(row[name]))) for name in found[:6]]
    return Figure(spoken(table.name), "", tag("dl", *facts, class_="facts"), wide=True)


def _bars(table: GoldTable, key: str, measure: str, *, wide: bool) -> Figure:
    values = _by(table, key, measure)
    ordinal = _ordinal(table.frame[key])
    order = sorted(values, key=lambda v: (missing(v), v) if ordinal else (-values[v], str(v)))
    shown, rest = order[:MOST_BARS], order[MOST_BARS:]
    rows = [bars.Bar(group_name(key, value), float(values[value])) for value in shown]
    if rest and measure in table.summable:
        words = f"the other {len(rest):,}"
        rows.append(bars.Bar(words, float(summed(values[v] for v in rest)), rest=True))
    unit = measure.replace("_", " ")
    title = f"{spoken(measure)} by {key.replace('_', ' ')}"
    caption = _largest_words(table, key, measure, values)
    label = f"{title}. {caption}"
    if wide:
        body = responsive(lambda w: bars.bars(rows, unit=unit, width=w, label=label))
    else:
        body = bars.bars(rows, unit=unit, width=float(NARROW), label=label)
    return Figure(title, caption, body, wide)


def _by(table: GoldTable, key: str, measure: str) -> dict[Any, Any]:
    values: dict[Any, Any] = {}
    for value, rows in table.frame.groupby(key, dropna=False, sort=True):
        values[None if missing(value) else value] = summed(rows[measure])
    return values


def _largest_words(table: GoldTable, key: str, measure: str, values: dict[Any, Any]) -> str:
    top = max(values, key=lambda value: (values[value], str(value)))
    words = f"Largest: {group_name(key, top)}, {exact(values[top])}"
    if measure not in table.summable:
        return f"{words}."
    total = summed(values.values())
    return f"{words}, {share(values[top], total)} of {exact(total)}."


def _ordinal(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _heat(table: GoldTable, keys: list[str], measure: str) -> Figure:
    across, down = sorted(keys, key=lambda key: table.frame[key].nunique(dropna=False))
    columns = _ordered(table, across, measure)[:MOST_COLUMNS]
    rows = _ordered(table, down, measure)[:MOST_BARS]
    cells: dict[tuple[Any, Any], Any] = {}
    values = zip(table.frame[down], table.frame[across], table.frame[measure], strict=True)
    for row, column, value in values:
        if not missing(value):
            cells[(_plain(row), _plain(column))] = value
    most = max((float(value) for value in cells.values()), default=0.0)
    head = [tag("th", spoken(down), scope="col")]
    head += [tag("th", group_name(across, c), scope="col", class_="n") for c in columns]
    body = [
        tag(
            "tr",
            tag("th", group_name(down, row), scope="row"),
            *[_cell(cells.get((row, column)), most) for column in columns],
        )
        for row in rows
    ]
    drawn = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body), class_="heat")
    title = f"{spoken(measure)} by {down.replace('_', ' ')} and {across.replace('_', ' ')}"
    shown = tag("div", drawn, class_="scroll")
    return Figure(title, "The stronger the colour, the more.", shown, wide=True)


def _cell(value: Cell, most: float) -> Markup:
    if value is None:
        return tag("td", "–", class_="n")
    part = max(0.0, float(value)) / most if most else 0.0
    step = min(8, int(part * 9))
    return tag("td", compact(value), class_=f"n h{step}", title=exact(value))


def _ordered(table: GoldTable, key: str, measure: str) -> list[Any]:
    values = _by(table, key, measure)
    if _ordinal(table.frame[key]):
        return sorted(values, key=lambda value: (value is None, value))
    return sorted(values, key=lambda value: (-values[value], str(value)))


def _plain(value: Cell) -> Cell:
    return None if missing(value) else value
