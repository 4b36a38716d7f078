"""Row rules, compiled from the expectation's kwargs to a Column that is never NULL."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.quality.column_rules import COLUMN_RULES
from lakehouse.quality.record_rules import RECORD_RULES
from lakehouse.quality.rules import Rule

_COMPILERS = {**COLUMN_RULES, **RECORD_RULES}


def passes(rule: Rule, schema: T.StructType) -> Column:
    """Whether a row passes the rule: true or false. NULL fails unless the rule's ``nulls`` is
    ``pass``; a value that cannot be read as what it is compared with always fails.

    Raises DeclarationError where the rule does not suit the types of its columns.
    """
    met, excused = _COMPILERS[rule.type](rule, schema)
    sure = F.coalesce(met, F.lit(False))
    return (excused | sure) if rule.nulls == "pass" else sure
