"""Pages in docs/tables are generated from the declarations."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.table_docs.pages import differences, main, pages

ROOT = Path(__file__).parents[2]
BRONZE = """
table: bronze.customers
description: Customers as the shop exports them
source: {kind: files, format: json, path: "{landing}/customers/{date}"}
columns:
  customer_id: {type: string, pii: customer_id}
  full_name: {type: string, pii: person_name}
  email: {type: string, pii: email}
  notes: {type: string, description: "What | people write"}
"""
SILVER = """
table: silver.customers
description: Customers with their history
source: bronze.customers
write: scd2
keys: [customer_id]
sequence_by: customer_id
expectations: silver.customers
"""
GOLD = """
table: gold.domains
description: Customers by domain
source: silver.customers
write: rebuild
chart:
  - {measure: {column: late_rate, as: mean, weight: n}, by: domain}
  - {measure: [n, late_rate], over: day}
"""
GOLD_SQL = """
SELECT customer_id AS domain, customer_id AS day, count(*) AS n, avg(1) AS late_rate
FROM silver.customers GROUP BY customer_id"""
SUITE = """{"name": "silver.customers", "expectations": [
 {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email", "mostly": 0.9},
  "severity": "warning", "meta": {"id": "email_is_present", "notes": "Some have none."}}]}"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """One pipeline with two tables."""
    files = {
        "conf/privacy.yml": "customer_id: {token: person}\nperson_name: drop\n"
        "email: {token: email, also: domain}\nnone: keep\n",
        "conf/pipelines/shop/pipeline.yml": "description: Who buys\nowner: a@example.com\n",
        "conf/pipelines/shop/bronze/customers.yml": BRONZE,
        "conf/pipelines/shop/silver/customers.yml": SILVER,
        "conf/pipelines/shop/silver/customers.sql": "SELECT customer_id FROM bronze.customers",
        "conf/pipelines/shop/gold/domains.yml": GOLD,
        "conf/pipelines/shop/gold/domains.sql": GOLD_SQL,
        "expectations/shop/silver.customers.json": SUITE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "conf"


def test_a_bronze_page_says_what_becomes_of_each_column(conf: Path) -> None:
    page = pages(conf)[Path("shop/bronze.customers.md")]
    assert "| `customer_id` | string | customer_id | `customer_id`: token of person |" in page
    assert "| `full_name` | string | person_name | drop |" in page
    assert "`email_domain`" in page
    assert "| `notes`<br>What \\| people write | string | – | stays in bronze |" in page


def test_a_silver_page_has_grain_lineage_and_rules_in_words(conf: Path) -> None:
    page = pages(conf)[Path("shop/silver.customers.md")]
    assert "| grain | one row for each `customer_id` and version (`valid_from`) |" in page
    assert "| source | [bronze.customers](bronze.customers.md) |" in page
    assert (
        "| `email_is_present` | email is present | at least 90 % of the rows of a day | warning | "
        "Some have none. |"
    ) in page


def test_built_in_rules_are_on_the_page_too(conf: Path) -> None:
    page = pages(conf)[Path("shop/silver.customers.md")]
    assert "| `row_is_well_formed` | every value fits its declared type | at least 50 %" in page


def test_a_gold_page_says_what_the_report_draws(conf: Path) -> None:
    page = pages(conf)[Path("shop/gold.domains.md")]
    assert (
        "| in the report | mean of `late_rate` weighted by `n`, by `domain`; "
        "`n`, `late_rate`, over `day` |"
    ) in page


def test_the_overview_draws_how_tables_come_from_each_other(conf: Path) -> None:
    page = pages(conf)[Path("shop/README.md")]
    assert "  bronze_customers[bronze.customers] --> silver_customers" in page


def test_check_names_the_pages_that_are_not_up_to_date(
    conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docs = tmp_path / "docs"
    options = ["--conf-dir", str(conf), "--docs", str(docs)]
    assert main(options) == 0
    assert main([*options, "--check"]) == 0
    (docs / "shop" / "silver.customers.md").write_text("old", encoding="utf-8")
    (docs / "shop" / "silver.gone.md").write_text("gone", encoding="utf-8")
    assert main([*options, "--check"]) == 1
    said = capsys.readouterr().err
    assert "silver.customers.md" in said
    assert "silver.gone.md" in said
    assert main(options) == 0
    assert not (docs / "shop" / "silver.gone.md").exists()


def test_the_docs_of_this_project_are_up_to_date() -> None:
    off = differences(pages(ROOT / "conf"), ROOT / "docs" / "tables")
    assert off == [], "run `make docs`"
