"""Between bronze and the shape: every declared column gets the treatment of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.config import declarations
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy
from lakehouse.privacy.scrubbing import scrubbed
from lakehouse.privacy.tokens import canonical, token_of, with_keys
from lakehouse.privacy.treatment import EMAIL_DOMAIN, Treatment

_YEAR = r"^\s*(\d{4})(?:-\d{1,2}(?:-\d{1,2}.*)?)?\s*$"
# As long as DNS allows: Java's matcher recurses at each repetition of a group, down to a crash.
_ADDRESS = r"^[^@\s]++@([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,126})\z"


def protect(
    df: DataFrame,
    columns: Mapping[str, declarations.Column],
    policy: Policy,
    key: Key,
    spark: SparkSession,
) -> DataFrame:
    """Bronze rows as everything behind bronze may see them; same grain, same number of rows.

    Columns come in declared order after their treatment; one without a ``pii`` entry stays in
    bronze. Of the underscore columns ``_known_date`` remains, and ``_malformed`` names
    the declared columns whose values did not fit (see ``malformed_columns``). The row's hash goes
    too: it is an unkeyed hash of personal data. Raises DeclarationError for an unknown kind.
    """
    treated = {
        name: policy.treatment(column.pii)
        for name, column in columns.items()
        if column.pii is not None
    }
    domains = sorted({t.domain for t in treated.values() if t.action == "token"})
    outputs = [out for name, treatment in treated.items() for out in _treated(name, treatment)]
    return with_keys(df, domains, key, spark).select(
        *outputs, "_known_date", malformed_columns().alias("_malformed")
    )


def unprotected(columns: Mapping[str, declarations.Column]) -> list[str]:
    """The columns without a ``pii`` entry: they stay in bronze, and somebody should decide."""
    return [name for name, column in columns.items() if column.pii is None]


def malformed_columns() -> Column:
    """Why a bronze row did not fit: the declared columns whose values did not, by name and with
    commas between, or ``unparsed``; NULL for a row that fits. A merely new column is no fault of
    the row. ``{"malformed":{"a":"x","b":"y"},"new":{"c":"1"}}`` gives ``a,b``."""
    unparsed, malformed = (
        F.get_json_object("_rescued_data", f"$.{part}") for part in ("unparsed", "malformed")
    )
    names = F.array_join(F.json_object_keys(malformed), ",")
    reason = F.when(unparsed.isNotNull(), F.lit("unparsed")).when(malformed.isNotNull(), names)
    # Nearly every row fits: nothing is parsed for it.
    return F.when(F.col("_rescued_data").isNotNull(), reason)


def _treated(name: str, treatment: Treatment) -> list[Column]:
    value = F.col(f"`{name}`")
    if treatment.action == "drop":
        return []
    if treatment.action == "token":
        token = [token_of(value, treatment.domain).alias(name)]
        also = [_provider(value).alias(f"{name}_domain")] if treatment.also_domain else []
        return token + also
    if treatment.action == "prefix":
        value = F.substring(F.ltrim(value.cast("string")), 1, treatment.length)
    if treatment.action == "year":
        value = F.regexp_extract(value.cast("string"), _YEAR, 1).try_cast("int")
    if treatment.action == "scrub":
        value = scrubbed(value)
    return [value.alias(name)]


def _provider(address: Column) -> Column:
    """What stands behind the '@' of an address, lowercased; NULL where the text is no address.

    The whole text must be one: behind the last '@' of any other text may stand a name or a number.
    """
    text = canonical(address, EMAIL_DOMAIN)
    return F.nullif(F.regexp_extract(text, _ADDRESS, 1), F.lit(""))
