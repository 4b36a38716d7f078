"""Silver and gold of `retail` in DuckDB's SQL, over the tables ``bronze_*`` and ``silver_*``."""

from __future__ import annotations

from collections.abc import Sequence

SHAPES = {
    "customers": """
        SELECT customer_id, upper(trim(op)) AS op, lower(trim(segment)) AS segment,
          lower(trim(region)) AS region, year(birth_date) AS birth_year, email,
          split_part(lower(trim(email)), '@', -1) AS email_domain,
          postcode[1:2] AS postcode_area, notes, registered_at::DATE AS registered_on,
          updated_at, _known_date
        FROM bronze_customers""",
    "orders": """
        SELECT upper(trim(order_id)) AS order_id, upper(trim(op)) AS op, customer_id,
          upper(trim(store_id)) AS store_id, lower(trim(channel)) AS channel,
          lower(trim(status)) AS status, ordered_at, ordered_at::DATE AS order_date, updated_at,
          _known_date
        FROM bronze_orders""",
    "order_lines": """
        SELECT upper(trim(order_id)) AS order_id, line_no, upper(trim(sku)) AS sku,
          trim(department) AS department, quantity, unit_price, order_date, updated_at, _known_date
        FROM bronze_order_lines""",
    "stores": """
        SELECT upper(trim(store_id)) AS store_id, trim(store_name) AS store_name,
          trim(city) AS city, lower(trim(region)) AS region, opened_on, updated_at, _known_date
        FROM bronze_stores""",
    "web_events": """
        SELECT upper(trim(event_id)) AS event_id, visitor_id, customer_id, session_id,
          lower(trim(event_type)) AS event_type, split_part(page, '?', 1) AS page,
          CASE WHEN contains(user_agent, 'Tablet') THEN 'tablet'
            WHEN contains(user_agent, 'Mobile') THEN 'phone'
            WHEN regexp_matches(user_agent, 'Windows|Macintosh|X11') THEN 'computer'
          END AS device,
          occurred_at, occurred_at::DATE AS event_date, _known_date
        FROM bronze_web_events""",
}

GOLD = {
    "weekly_store_sales": """
        WITH sold AS (
          SELECT order_id, sum(quantity) AS units, sum(quantity * unit_price) AS revenue
          FROM silver_order_lines WHERE is_current GROUP BY order_id
        )
        SELECT o.store_id, date_trunc('week', o.order_date)::DATE AS week,
          max(s.store_name) AS store_name, max(s.region) AS region, count(*) AS orders,
          count_if(o.status = 'returned')::BIGINT AS returned_orders,
          count(DISTINCT o.customer_id) AS customers,
          coalesce(sum(l.units), 0)::BIGINT AS units,
          coalesce(sum(l.revenue), 0)::DECIMAL(18, 2) AS gross_revenue
        FROM silver_orders AS o
        LEFT JOIN sold AS l ON l.order_id = o.order_id
        LEFT JOIN silver_stores AS s ON s.store_id = o.store_id AND s.is_current
        WHERE o.is_current AND o.status <> 'cancelled'
        GROUP BY ALL""",
    "quarterly_department_revenue": """
        SELECT l.department, date_trunc('quarter', o.order_date)::DATE AS quarter,
          sum(l.quantity * l.unit_price)::DECIMAL(18, 2) AS gross_revenue,
          sum(l.quantity)::BIGINT AS units, count(*) AS order_lines,
          count(DISTINCT o.order_id) AS orders
        FROM silver_order_lines AS l
        JOIN silver_orders AS o ON o.order_id = l.order_id
        WHERE l.is_current AND o.is_current AND o.status <> 'cancelled'
        GROUP BY ALL""",
    "daily_active_users": """
        SELECT event_date AS day,
          count(DISTINCT coalesce(customer_id, visitor_id)) AS active_users,
          count(DISTINCT customer_id) AS signed_in_users,
          count(DISTINCT CASE WHEN customer_id IS NULL THEN visitor_id END) AS anonymous_visitors,
          count(DISTINCT session_id) AS sessions, count(*) AS events
        FROM silver_web_events
        GROUP BY ALL""",
}


def first_known(rows: str) -> str:
    """The first known row of each web event."""
    return (
        f"SELECT * FROM ({rows}) QUALIFY row_number() OVER "
        "(PARTITION BY event_id ORDER BY _known_date, occurred_at) = 1"
    )


def history(rows: str, keys: Sequence[str], *, deletes: bool) -> str:
    """One row per key, version and day of knowledge, as ``retail.history``."""
    in_order = f"(PARTITION BY {', '.join(keys)} ORDER BY updated_at, _known_date"
    deleted = "coalesce(op = 'D', false)" if deletes else "false"
    return f"""
        WITH versions AS (
          SELECT *, lead(updated_at) OVER {in_order}) AS _later,
            lead(_known_date) OVER {in_order}) AS _later_known,
            coalesce(_later = updated_at, false) AS _overtaken
          FROM ({rows})
        ), ends AS (
          SELECT *, first_value(CASE WHEN NOT _overtaken THEN _later END IGNORE NULLS) OVER
            {in_order} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS _next
          FROM versions
        )
        SELECT * EXCLUDE (_later, _later_known, _overtaken, _next, _known_date),
          updated_at AS valid_from,
          CASE WHEN {deleted} THEN updated_at ELSE _next END AS valid_to,
          _known_date AS known_from,
          CASE WHEN _overtaken THEN _later_known END AS known_to,
          NOT _overtaken AND _next IS NULL AND NOT {deleted} AS is_current
        FROM ends
        WHERE NOT (_overtaken AND _later_known = _known_date)"""
