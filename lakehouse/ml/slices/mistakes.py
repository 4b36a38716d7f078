"""The most confident mistakes on the hold-out, by token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lakehouse.privacy.tokens import is_token

MOST_SHOWN = 10


def confident_mistakes(
    wrong: pd.DataFrame, entities: pd.Series, days: pd.Series
) -> list[Mapping[str, Any]]:
    """At most ten mistakes of each kind, the most confident (or largest) first, one per entity.

    ``wrong`` is what ``Task.mistakes`` returns. The entity is its token; keys of another form are
    not written down (NULL), since nothing says that they are pseudonyms.
    """
    rows = wrong["row"].to_numpy()
    named = wrong.assign(
        entity=entities.to_numpy().astype(str)[rows], as_of=days.to_numpy().astype(str)[rows]
    )
    ordered = named.sort_values(
        ["kind", "weight", "entity", "as_of"], ascending=[True, False, True, True]
    )
    kept = ordered.drop_duplicates(["kind", "entity"]).groupby("kind").head(MOST_SHOWN)
    return [_mistake(row) for row in kept.to_dict("records")]


def _mistake(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    return {
        "kind": str(row["kind"]),
        "entity": row["entity"] if is_token(row["entity"]) else None,
        "as_of": row["as_of"][:10],
        "label": _plain(row["label"]),
        "predicted": _plain(row["predicted"]),
        "weight": round(float(row["weight"]), 6),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return round(value, 6) if isinstance(value, float) else value
