"""The gold tables of ``online_retail``, from the raw files with DuckDB, without the library.

Read as text, cast to exact decimals, written from the decisions beside the declarations and not
from their SQL: what both ways agree on is right or wrong in both for the same reason.
Run it on a folder to see its numbers: ``python by_another_way.py FOLDER``.
"""

from __future__ import annotations

import hashlib
import hmac
import sys
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

Row = tuple[Any, ...]
CENT = Decimal("0.01")
LOOKBACK_DAYS = 120
HORIZON_DAYS = 90
NO_PRODUCTS = (
    "POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK",
    "GIFT_0001_10", "GIFT_0001_20", "GIFT_0001_30", "GIFT_0001_40", "GIFT_0001_50",
)  # fmt: skip

_RAW = """
    CREATE TABLE raw AS
    SELECT InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
    FROM read_csv('{files}', all_varchar = true, header = true, quote = '"', escape = '"')
"""
# A line is a distinct raw line with a description; the form of its invoice number says its kind.
_LINES = f"""
    CREATE TABLE lines AS
    SELECT
      InvoiceNo AS invoice,
      CASE left(InvoiceNo, 1) WHEN 'C' THEN 'cancellation' WHEN 'A' THEN 'adjustment' ELSE
        CASE WHEN CustomerID IS NULL AND UnitPrice::DECIMAL(18, 3) = 0
          THEN 'stock_movement' ELSE 'sale' END
      END AS kind,
      upper(trim(StockCode)) NOT IN {NO_PRODUCTS} AS is_product,
      Quantity::BIGINT AS quantity,
      (Quantity::BIGINT * UnitPrice::DECIMAL(18, 3))::DECIMAL(18, 3) AS amount,
      InvoiceDate::TIMESTAMP::DATE AS day,
      split_part(CustomerID, '.', 1) AS customer,
      trim(Country) AS country
    FROM (SELECT DISTINCT * FROM raw)
    WHERE trim(Description) <> ''
"""


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with ``raw`` (every line of the files, text) and ``lines`` (as they
    count); ``customer`` is the plain number, NULL where a line has none."""
    connection = duckdb.connect()
    connection.execute(_RAW.format(files=folder / "*.csv"))
    connection.execute(_LINES)
    return connection


def token(customer: str, key: str) -> str:
    """The token of a plain customer id: 160 bits of its HMAC-SHA256 under the key that HKDF
    (RFC 5869) derives for the domain ``person``, behind the id that it derives for the key."""
    extracted = hmac.new(b"medallion-lakehouse tokens v1", key.encode(), hashlib.sha256).digest()
    key_id = hmac.new(extracted, b"key id\x01", hashlib.sha256).hexdigest()[:8]
    of_domain = hmac.new(extracted, b"person\x01", hashlib.sha256).digest()
    return f"k{key_id}_{hmac.new(of_domain, customer.encode(), hashlib.sha256).hexdigest()[:40]}"


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Raw lines, and of these: exact repeats, those without a description (each once), the rest."""
    read, distinct, bare = _one(
        connection,
        """
        SELECT (SELECT count(*) FROM raw), count(*), count(*) FILTER (Description IS NULL)
        FROM (SELECT DISTINCT * FROM raw)
        """,
    )
    return {
        "read": read,
        "superseded": read - distinct,
        "quarantined": bare,
        "written": distinct - bare,
    }


def silver_by_kind(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """``kind, is_product, lines, without a customer, customers, quantity, amount``."""
    return _all(
        connection,
        """
        SELECT kind, is_product, count(*), count(*) - count(customer), count(DISTINCT customer),
          sum(quantity)::BIGINT, sum(amount)::DECIMAL(18, 3)
        FROM lines GROUP BY ALL ORDER BY ALL
        """,
    )


def customers(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every customer id of silver, plain."""
    found = _all(connection, "SELECT DISTINCT customer FROM lines WHERE customer IS NOT NULL")
    return [row[0] for row in found]


def daily_active_customers(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """``day, active_customers, orders``."""
    return _all(
        connection,
        """
        SELECT day, count(*), sum(orders)::BIGINT FROM (
          SELECT day, customer, count(DISTINCT invoice) AS orders FROM lines
          WHERE kind = 'sale' AND is_product AND customer IS NOT NULL GROUP BY day, customer
        ) GROUP BY day ORDER BY day
        """,
    )


def weekly_country_sales(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """``week, country, gross_sales, returns_value, net_sales, orders, customers``."""
    return _all(
        connection,
        """
        WITH sales AS (
          SELECT day - (isodow(day) - 1)::INTEGER AS week, * FROM lines
          WHERE is_product AND kind = 'sale'
        ),
        returned AS (
          SELECT day - (isodow(day) - 1)::INTEGER AS week, country, -sum(amount) AS amount
          FROM lines WHERE is_product AND kind = 'cancellation' GROUP BY ALL
        ),
        sold AS (
          SELECT week, country, sum(amount) AS amount, count(DISTINCT invoice) AS orders,
            count(DISTINCT customer) AS customers
          FROM sales GROUP BY ALL
        )
        SELECT week, country,
          coalesce(sold.amount, 0)::DECIMAL(18, 2),
          coalesce(returned.amount, 0)::DECIMAL(18, 2),
          (coalesce(sold.amount, 0) - coalesce(returned.amount, 0))::DECIMAL(18, 2),
          coalesce(orders, 0), coalesce(customers, 0)
        FROM sold FULL JOIN returned USING (week, country) ORDER BY week, country
        """,
    )


def quarterly_gross_revenue(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """``quarter, gross_revenue, orders, units``."""
    return _all(
        connection,
        """
        SELECT make_date(year(day), 3 * quarter(day) - 2, 1) AS first_day,
          sum(amount)::DECIMAL(18, 2), count(DISTINCT invoice), sum(quantity)::BIGINT
        FROM lines WHERE kind = 'sale' AND is_product GROUP BY ALL ORDER BY first_day
        """,
    )


def customer_features(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[Row]:
    """The features of a day, in the order of their table, by plain customer id."""
    found = _all(
        connection,
        """
        WITH known AS (
          SELECT *, date_diff('day', day, $as_of) AS age FROM lines
          WHERE customer IS NOT NULL AND is_product AND age BETWEEN 0 AND $lookback - 1
        )
        SELECT customer,
          min(age) FILTER (kind = 'sale'), max(age) FILTER (kind = 'sale'),
          count(DISTINCT invoice) FILTER (kind = 'sale'),
          count(DISTINCT invoice) FILTER (kind = 'sale' AND age < 30),
          count(DISTINCT day) FILTER (kind = 'sale'),
          count(*) FILTER (kind = 'sale'),
          sum(quantity) FILTER (kind = 'sale')::BIGINT,
          sum(amount) FILTER (kind = 'sale')::DECIMAL(18, 2),
          coalesce(sum(amount) FILTER (kind = 'sale' AND age < 30), 0)::DECIMAL(18, 2),
          coalesce(-sum(amount) FILTER (kind = 'cancellation'), 0)::DECIMAL(18, 2)
        FROM known GROUP BY customer HAVING bool_or(kind = 'sale') ORDER BY customer
        """,
        {"as_of": as_of, "lookback": LOOKBACK_DAYS},
    )
    return [(*row, *_ratios(row)) for row in found]


def _ratios(row: Row) -> Row:
    """``mean_order_value, mean_gap_days, segment`` of a customer's counts and sums."""
    last, first, orders, order_days, revenue = row[1], row[2], row[3], row[5], row[8]
    mean_order = (revenue / orders).quantize(CENT, rounding=ROUND_HALF_UP)
    gap = (first - last) / (order_days - 1) if order_days > 1 else None
    words = {1: "one order", 2: "two or three orders", 3: "two or three orders"}
    return mean_order, gap, words.get(orders, "four orders or more")


def churn_labels(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[Row]:
    """``customer, churned`` of a day."""
    return _all(
        connection,
        """
        WITH bought AS (
          SELECT DISTINCT customer, day FROM lines
          WHERE kind = 'sale' AND is_product AND customer IS NOT NULL
        )
        SELECT DISTINCT customer, customer NOT IN (
          SELECT customer FROM bought WHERE day > $as_of AND day <= $as_of + $horizon)
        FROM bought WHERE day <= $as_of AND day > $as_of - $lookback ORDER BY customer
        """,
        {"as_of": as_of, "lookback": LOOKBACK_DAYS, "horizon": HORIZON_DAYS},
    )


def spend_labels(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[Row]:
    """``customer, spend_90d`` of a day: bought less returned in the 90 days after it."""
    return _all(
        connection,
        """
        WITH labelled AS (
          SELECT DISTINCT customer FROM lines
          WHERE kind = 'sale' AND is_product AND customer IS NOT NULL
            AND day <= $as_of AND day > $as_of - $lookback
        ),
        later AS (
          SELECT customer, amount FROM lines
          WHERE kind IN ('sale', 'cancellation') AND is_product
            AND day > $as_of AND day <= $as_of + $horizon
        )
        SELECT customer, coalesce(sum(amount), 0)::DECIMAL(18, 2)
        FROM labelled LEFT JOIN later USING (customer) GROUP BY customer ORDER BY customer
        """,
        {"as_of": as_of, "lookback": LOOKBACK_DAYS, "horizon": HORIZON_DAYS},
    )


def churn_report(scores: list[Row]) -> list[Row]:
    """``segment, decile, customers, expected_leavers, revenue_90d, expected_loss`` of rows
    ``customer, segment, probability, revenue_120d``; the first tenths are larger by one at most."""
    ranked = sorted(scores, key=lambda row: (-row[2], row[0]))
    size, larger = divmod(len(ranked), 10)
    ends = [size * tenth + min(tenth, larger) for tenth in range(1, 11)]
    groups: dict[tuple[str, int], list[tuple[Decimal, Decimal]]] = {}
    for place, (_, segment, probability, revenue) in enumerate(ranked):
        decile = 1 + sum(place >= end for end in ends)
        chance = Decimal(str(probability)).quantize(Decimal("1e-8"), rounding=ROUND_HALF_UP)
        groups.setdefault((segment, decile), []).append((chance, revenue))
    return [(*group, len(rows), *_expected(rows)) for group, rows in groups.items()]


def _expected(rows: list[tuple[Decimal, Decimal]]) -> Row:
    leavers = sum((chance for chance, _ in rows), Decimal(0))
    spent = sum((revenue for _, revenue in rows), Decimal(0)) * 90 / 120
    lost = sum((chance * revenue for chance, revenue in rows), Decimal(0)) * 90 / 120
    return tuple(each.quantize(CENT, rounding=ROUND_HALF_UP) for each in (leavers, spent, lost))


def _all(
    connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any] | None = None
) -> list[Row]:
    return connection.execute(sql, values).fetchall()


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Row:
    return _all(connection, sql)[0]


def _show(folder: Path) -> None:
    connection = connect(folder)
    print(counts(connection))
    for row in silver_by_kind(connection):
        print(*row)
    days, weeks = daily_active_customers(connection), weekly_country_sales(connection)
    print(len(days), "days,", sum(row[1] for row in days), "customer days;", *days[0])
    print(len(weeks), "weeks x countries; gross, returns, net:")
    print(*(sum(row[at] for row in weeks) for at in (2, 3, 4)))
    for row in quarterly_gross_revenue(connection):
        print(*row)
    for as_of in (date(2011, 5, 16), date(2011, 9, 10)):
        labels = churn_labels(connection, as_of)
        left = sum(churned for _, churned in labels)
        spent = sum(spend for _, spend in spend_labels(connection, as_of))
        print(as_of, len(customer_features(connection, as_of)), len(labels), left, spent)


if __name__ == "__main__":
    _show(Path(sys.argv[1]))
