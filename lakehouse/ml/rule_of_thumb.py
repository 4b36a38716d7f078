"""The rule of thumb that a model declares: the mean label of each cell of a table of quintiles.

With recency and frequency it is the table of an RFM analysis, which a team has before it has a
model. It is a baseline, never a candidate: it is fitted on the training rows and compared on the
hold-out.

Of ``rule_of_thumb: [days_since_last_order, orders_120d]``::

                        orders_120d:  1     2     3 to 4   5 to 8   9 or more
    days_since_last_order 0 to 12    0.31  0.22    0.17     0.09      0.03
                        13 to 27     0.44  0.35    0.21     0.14      0.06
                        …
"""

from __future__ import annotations

import warnings

from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import KBinsDiscretizer
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import ABSOLUTE_ERRORS
from lakehouse.errors import DeclarationError
from lakehouse.ml.candidates import SEED
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import RULE_OF_THUMB, place
from lakehouse.ml.sides import Side
from lakehouse.ml.weights import fit_params

GROUPS = 5
FEWEST_ROWS = 20
"""A cell with fewer training rows is merged with a neighbour: its mean would be one of chance."""


def declared_rule(model: ModelDecl, columns: Columns) -> Pipeline | None:
    """The rule of thumb of ``model``, not fitted; None where none is declared.

    Raises DeclarationError for a column that is not a numeric feature of the model.
    """
    for name in model.rule_of_thumb:
        if name not in columns.numeric:
            what = "a string" if name in columns.categorical else "not a feature of this model"
            raise DeclarationError(
                f"the column '{name}' of the rule of thumb is {what}; it groups by numbers",
                where=place(model.file, RULE_OF_THUMB),
                hint=f"one of {', '.join(columns.numeric)}" if columns.numeric else None,
            )
    return cell_means(model) if model.rule_of_thumb else None


def cell_means(model: ModelDecl) -> Pipeline:
    """The mean label of each cell; its median where the metric is an absolute error.

    Each column has quintiles, fewer where many rows share a value, and a group for NULL. A tree of
    any depth on the numbers of the groups has one leaf per cell.
    """
    names = model.rule_of_thumb
    quintiles = KBinsDiscretizer(
        GROUPS,
        encode="ordinal",
        strategy="quantile",
        quantile_method="averaged_inverted_cdf",
        subsample=None,
    )
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    groups = Pipeline([("impute", impute), ("quintiles", quintiles)])
    missing = MissingIndicator(features="all")
    cells = ColumnTransformer([("groups", groups, names), ("missing", missing, names)])
    return Pipeline([("cells", cells), ("model", _table(model))])


def _table(model: ModelDecl) -> DecisionTreeClassifier | DecisionTreeRegressor:
    if model.task != "regression":
        return DecisionTreeClassifier(min_samples_leaf=FEWEST_ROWS, random_state=SEED)
    criterion = "absolute_error" if model.metric in ABSOLUTE_ERRORS else "squared_error"
    return DecisionTreeRegressor(
        criterion=criterion, min_samples_leaf=FEWEST_ROWS, random_state=SEED
    )


def fit_rule(rule: Pipeline, training: Side) -> Pipeline:
    """The rule, fitted on the training rows with their weights; quintiles with equal borders are
    one group. Quintiles, and the fewest rows of a cell, are those of the sample."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="sklearn.preprocessing")
        weighted = fit_params(rule, training.weights)
        return rule.fit(training.features, training.labels, **weighted)
