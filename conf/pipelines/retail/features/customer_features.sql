WITH dated AS (
  SELECT order_id, customer_id, status, channel, datediff(:as_of, order_date) AS age
  FROM silver.orders
  WHERE order_date > date_sub(:as_of, 56) AND order_date <= :as_of
),
ordered AS (
  SELECT
    customer_id,
    min(CASE WHEN status <> 'cancelled' THEN age END) AS recency_days,
    count(CASE WHEN status <> 'cancelled' AND age < 28 THEN 1 END) AS orders_28d,
    count(CASE WHEN status <> 'cancelled' THEN 1 END) AS orders_56d,
    count(CASE WHEN status = 'cancelled' THEN 1 END) AS cancelled_56d,
    count(CASE WHEN status = 'returned' THEN 1 END) AS returns_56d,
    count(CASE WHEN channel <> 'store' THEN 1 END) AS online_56d,
    count(*) AS all_56d
  FROM dated
  GROUP BY customer_id
),
bought AS (
  SELECT
    d.customer_id,
    count(DISTINCT l.department) AS departments_56d,
    CAST(sum(l.quantity * l.unit_price) AS DECIMAL(18, 2)) AS revenue_56d,
    CAST(sum(CASE WHEN d.age < 28 THEN l.quantity * l.unit_price ELSE 0 END) AS DECIMAL(18, 2))
      AS revenue_28d
  FROM dated AS d
  INNER JOIN silver.order_lines AS l ON l.order_id = d.order_id
  WHERE d.status <> 'cancelled'
  GROUP BY d.customer_id
),
seen AS (
  SELECT customer_id, session_id, event_type, datediff(:as_of, event_date) AS age
  FROM silver.web_events
  WHERE customer_id IS NOT NULL
    AND event_date > date_sub(:as_of, 28) AND event_date <= :as_of
),
visited AS (
  SELECT
    customer_id,
    count(DISTINCT CASE WHEN age < 7 THEN session_id END) AS sessions_7d,
    count(DISTINCT session_id) AS sessions_28d,
    count(CASE WHEN event_type = 'complaint' THEN 1 END) AS complaints_28d,
    min(age) AS days_since_visit
  FROM seen
  GROUP BY customer_id
)
SELECT
  o.customer_id,
  c.segment,
  c.region,
  CASE
    WHEN c.email_domain IN ('mail.example', 'post.example', 'inbox.example') THEN 'free mail'
    WHEN c.email_domain IS NOT NULL THEN 'own domain'
  END AS email_kind,
  year(:as_of) - c.birth_year AS age_years,
  datediff(:as_of, c.registered_on) AS tenure_days,
  o.recency_days,
  o.orders_28d,
  o.orders_56d,
  o.recency_days * o.orders_56d / 56 AS recency_by_pace,
  o.returns_56d,
  try_divide(o.cancelled_56d, o.all_56d) AS share_cancelled_56d,
  try_divide(o.online_56d, o.all_56d) AS share_online_56d,
  coalesce(b.departments_56d, 0) AS departments_56d,
  CAST(coalesce(b.revenue_28d, 0) AS DECIMAL(18, 2)) AS revenue_28d,
  CAST(coalesce(b.revenue_56d, 0) AS DECIMAL(18, 2)) AS revenue_56d,
  coalesce(v.sessions_7d, 0) AS sessions_7d,
  coalesce(v.sessions_28d, 0) AS sessions_28d,
  coalesce(v.complaints_28d, 0) AS complaints_28d,
  v.days_since_visit
FROM ordered AS o
-- Inner join: customers who were deleted, or are not known yet, are not scored.
INNER JOIN silver.customers AS c ON c.customer_id = o.customer_id
LEFT JOIN bought AS b ON b.customer_id = o.customer_id
LEFT JOIN visited AS v ON v.customer_id = o.customer_id
WHERE o.orders_56d > 0
