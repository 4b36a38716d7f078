"""Split data without a calendar, such as one snapshot with its label in a column, by entity."""

from __future__ import annotations

import pandas as pd

from lakehouse.errors import UsageError
from lakehouse.ml.split import Problem, Split, choose_days, held_out_rows

NOT_SHOWN = (
    "The hold-out has other entities on the same days. How the model does on later days, when the "
    "data changes, is not shown."
)


def split_by_entity(
    frame: pd.DataFrame,
    *,
    entity: str,
    label: str,
    test_customers: float,
    every: int,
    problem: Problem,
) -> Split:
    """Test: held-out customers. Train: the others, on the same days.

    Both frames are sorted by entity and day. Raises UsageError where a side is empty, or for the
    problem of its labels.
    """
    rows = frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date)
    rows = rows[rows["as_of"].isin(choose_days(rows["as_of"], every))]
    rows = rows.sort_values([entity, "as_of"], ignore_index=True)
    in_test = held_out_rows(rows[entity], test_customers)
    parts = Split(
        train=rows[~in_test].reset_index(drop=True),
        test=rows[in_test].reset_index(drop=True),
        not_shown=NOT_SHOWN,
    )
    for side, labels in (("training", parts.train[label]), ("test", parts.test[label])):
        what = "no row" if labels.empty else problem(labels)
        if what:
            raise UsageError(
                f"the {side} side has {what} ({rows[entity].nunique():,} entities in all)",
                hint="train with more entities, or change split.test_customers in model.yml",
            )
    return parts
