"""Figure ``search``: the standard candidates tried in one process beside Spark's workers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.session import open_session, print_pairs, time_pairs
from lakehouse.ml import search as module
from lakehouse.ml.candidates import standard
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.search import Search, search
from lakehouse.ml.select import folds_by_customer
from lakehouse.ml.sides import Side
from lakehouse.ml.tasks.binary import Binary

COLUMNS = 20


def main() -> None:
    """Measure both on ``rows`` rows of 20 features; both must choose and score alike."""
    spark, asked = open_session("search", __doc__)
    rng = np.random.default_rng(7)
    names = [f"f{number}" for number in range(COLUMNS)]
    features = pd.DataFrame(rng.normal(size=(asked.rows, COLUMNS)), columns=names)
    chance = 1 / (1 + np.exp(1 - features["f0"] + features["f1"] * features["f2"]))
    labels = pd.Series((rng.random(asked.rows) < chance).astype(int))
    rows = Side(features, labels, pd.Series(np.arange(asked.rows) // 4))
    folds = folds_by_customer(labels, rows.customers)
    tried = Search(standard(names, []), rows, folds, "roc_auc", Fitting(Binary()))
    module.PARALLEL_FROM = 1
    found: dict[str, list[float]] = {}

    def workers() -> None:
        found["workers"] = [one.mean for one in search(tried, spark, lambda _: None)]

    def here() -> None:
        found["here"] = [one.mean for one in search(tried, None, lambda _: None)]

    pairs = time_pairs(workers, here, asked.runs)
    if found["workers"] != found["here"]:
        raise SystemExit(f"the two searches differ: {found}")
    print_pairs(pairs)


if __name__ == "__main__":
    main()
