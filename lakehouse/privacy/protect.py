"""Apply the treatment of its kind to every declared column, before the transformation reads it."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.config import column as declared
from lakehouse.errors import RunFailed
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy
from lakehouse.privacy.tokens import with_keys
from lakehouse.privacy.treatments.treatment import Treatment


def protect(
    df: DataFrame,
    columns: Mapping[str, declared.Column],
    policy: Policy,
    key: Key,
    spark: SparkSession,
) -> DataFrame:
    """Protected bronze rows: the form in which all later layers see them. Same grain and rows.

    The treated columns come in declared order; a column without a ``pii`` entry is left out. Of the
    underscore columns only ``_known_date`` remains, and ``_known_until`` where it exists;
    ``_row_hash`` is dropped, since it is an unkeyed hash of personal data. ``_malformed`` names the
    columns whose values did not fit (see ``malformed_columns``). Raises DeclarationError for an
    unknown kind.
    """
    treated = {
        name: policy.treatment(column.pii)
        for name, column in columns.items()
        if column.pii is not None
    }
    domains = sorted({domain for t in treated.values() for domain in t.token_domains})
    outputs = [out for name, treatment in treated.items() for out in _apply(name, treatment)]
    days = [name for name in ("_known_date", "_known_until") if name in df.columns]
    return with_keys(df, domains, key, spark).select(
        *outputs, *days, malformed_columns().alias("_malformed")
    )


def unprotected(columns: Mapping[str, declared.Column]) -> list[str]:
    """The columns without a ``pii`` entry. They stay in bronze until one is declared."""
    return [name for name, column in columns.items() if column.pii is None]


def malformed_columns() -> Column:
    """Why a bronze row is malformed: the columns whose values do not fit, separated by commas, or
    ``unparsed``; NULL for a well-formed row. Undeclared columns do not count.
    ``{"malformed":{"a":"x","b":"y"},"new":{"c":"1"}}`` gives ``a,b``."""
    unparsed, malformed = (
        F.get_json_object("_rescued_data", f"$.{part}") for part in ("unparsed", "malformed")
    )
    names = F.array_join(F.json_object_keys(malformed), ",")
    reason = F.when(unparsed.isNotNull(), F.lit("unparsed")).when(malformed.isNotNull(), names)
    # JSON is parsed only for the few rows that have rescued data.
    return F.when(F.col("_rescued_data").isNotNull(), reason)


def _apply(name: str, treatment: Treatment) -> list[Column]:
    columns = treatment.apply(name, F.col(f"`{name}`"))
    outputs = treatment.outputs(name)
    if len(columns) != len(outputs):
        raise RunFailed(
            f"the treatment '{treatment}' makes {len(columns)} columns of {name} and names "
            f"{len(outputs)}"
        )
    return [column.alias(output) for column, output in zip(columns, outputs, strict=True)]
