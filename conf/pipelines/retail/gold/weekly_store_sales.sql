SELECT
  o.store_id,
  date_sub(CAST(date_trunc('WEEK', date_add(o.order_date, :week_shift)) AS DATE), :week_shift) AS week,
  -- A group has a single store; max just selects its name.
  max(s.store_name) AS store_name,
  max(s.region) AS region,
  count(DISTINCT o.order_id) AS orders,
  count(DISTINCT CASE WHEN o.status = 'returned' THEN o.order_id END) AS returned_orders,
  count(DISTINCT o.customer_id) AS customers,
  -- An order whose lines have not arrived yet counts as an order without revenue.
  coalesce(sum(l.quantity), 0) AS units,
  CAST(coalesce(sum(l.quantity * l.unit_price), 0) AS DECIMAL(18, 2)) AS gross_revenue
FROM silver.orders AS o
LEFT JOIN silver.order_lines AS l ON l.order_id = o.order_id
LEFT JOIN silver.stores AS s ON s.store_id = o.store_id
WHERE o.status <> 'cancelled'
GROUP BY o.store_id, week
