SELECT
  l.department,
  CAST(date_trunc('QUARTER', o.order_date) AS DATE) AS quarter,
  CAST(sum(l.quantity * l.unit_price) AS DECIMAL(18, 2)) AS gross_revenue,
  sum(l.quantity) AS units,
  count(*) AS order_lines,
  count(DISTINCT o.order_id) AS orders
FROM silver.order_lines AS l
INNER JOIN silver.orders AS o ON o.order_id = l.order_id
WHERE o.status <> 'cancelled'
GROUP BY l.department, CAST(date_trunc('QUARTER', o.order_date) AS DATE)
