"""Convert a suite's JSON values to literals of a column's type, so that no cell is ever cast.

In ANSI mode a failing cast raises an error that quotes the cell. Here an invalid value is an error
of the declaration, raised before any row is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from lakehouse.config.late_spark import F, T
from lakehouse.errors import DeclarationError
from lakehouse.quality.expectations.forms import is_number
from lakehouse.quality.suite_json import Json

if TYPE_CHECKING:
    from pyspark.sql import Column

    from lakehouse.quality.rules import Rule

Comparable = Any  # a Python value that can be compared with others of the same column type
_LONG = 2**63


def column(name: str) -> Column:
    """The column of exactly this name, which may contain dots and spaces."""
    return F.col("`" + name.replace("`", "``") + "`")


def text_as_number() -> T.DecimalType:
    """The type to which text is cast for comparisons with numbers."""
    return T.DecimalType(38, 18)


def type_of(rule: Rule, name: str, schema: T.StructType) -> T.DataType:
    """The column's type. Raises DeclarationError for a column that does not exist."""
    if name not in schema.fieldNames():
        raise DeclarationError(f"rule '{rule.id}': no column '{name}'", where=rule.where)
    return schema[name].dataType


def operand(
    rule: Rule, name: str, values: Sequence[Json], schema: T.StructType
) -> tuple[Column, T.DataType]:
    """The column to compare with ``values``, and its type; text is cast if the values are numbers.

    Text that is not a number becomes NULL.
    """
    of = type_of(rule, name, schema)
    if isinstance(of, T.StringType) and values and all(map(is_number, values)):
        return column(name).try_cast(text_as_number()), text_as_number()
    return column(name), of


def literal(rule: Rule, value: Json, of: T.DataType) -> Column:
    """The value as a literal to compare with a column of type ``of``; times are UTC.

    Raises DeclarationError for a value of another type.
    """
    plain = in_python(rule, value, of)
    if isinstance(plain, datetime):
        return F.lit(plain.strftime("%Y-%m-%d %H:%M:%S.%f")).cast(of)
    if isinstance(plain, date):
        return F.lit(plain.isoformat()).cast(of)
    if isinstance(plain, float):
        return F.lit(plain).cast(of)
    return F.lit(plain)


def in_python(rule: Rule, value: Json, of: T.DataType) -> Comparable:
    """The value as a Python value of type ``of``. Raises DeclarationError for another type."""
    try:
        return _convert(value, of)
    except (ValueError, TypeError, InvalidOperation):
        message = f"rule '{rule.id}': {value!r} cannot be compared with a column of type "
        raise DeclarationError(message + of.simpleString(), where=rule.where) from None


def _convert(value: Json, of: T.DataType) -> Comparable:
    if isinstance(of, T.BooleanType) and isinstance(value, bool):
        return value
    if isinstance(value, bool):
        raise TypeError
    if isinstance(of, T.StringType):
        return str(value)
    if isinstance(of, T.FractionalType) and not isinstance(of, T.DecimalType):
        return float(_number(value))
    if isinstance(of, T.NumericType):
        return _exact(_number(value))
    if isinstance(of, T.DateType):
        return date.fromisoformat(value)
    if isinstance(of, T.TimestampType | T.TimestampNTZType):
        return _moment(value)
    raise TypeError


def _number(value: Json) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise InvalidOperation
    return number


def _exact(number: Decimal) -> int | Decimal:
    if number == number.to_integral_value() and abs(number) < _LONG:
        return int(number)
    plain = Decimal(format(number, "f"))
    if len(plain.as_tuple().digits) > 38:
        raise InvalidOperation
    return plain


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
