WITH dated AS (
  SELECT
    customer_id, kind, invoice_no, invoice_date, quantity, amount,
    datediff(:as_of, invoice_date) AS age
  FROM silver.invoice_lines
  WHERE customer_id IS NOT NULL AND is_product AND kind IN ('sale', 'cancellation')
),
-- Group by invoice first, so that daily counts need no second pass over the lines.
invoices AS (
  SELECT
    customer_id, kind, invoice_no, invoice_date, age,
    count(*) AS lines, sum(quantity) AS units, sum(amount) AS amount
  FROM dated
  GROUP BY customer_id, kind, invoice_no, invoice_date, age
),
customers AS (
  SELECT
    customer_id,
    min(CASE WHEN kind = 'sale' THEN age END) AS days_since_last_order,
    max(CASE WHEN kind = 'sale' THEN age END) AS days_since_first_order,
    count(CASE WHEN kind = 'sale' THEN invoice_no END) AS orders_120d,
    count(CASE WHEN kind = 'sale' AND age < 30 THEN invoice_no END) AS orders_30d,
    count(DISTINCT CASE WHEN kind = 'sale' THEN invoice_date END) AS order_days_120d,
    sum(CASE WHEN kind = 'sale' THEN lines ELSE 0 END) AS lines_120d,
    sum(CASE WHEN kind = 'sale' THEN units ELSE 0 END) AS units_120d,
    CAST(sum(CASE WHEN kind = 'sale' THEN amount ELSE 0 END) AS DECIMAL(18, 2)) AS revenue_120d,
    CAST(sum(CASE WHEN kind = 'sale' AND age < 30 THEN amount ELSE 0 END) AS DECIMAL(18, 2))
      AS revenue_30d,
    CAST(sum(CASE WHEN kind = 'cancellation' THEN -amount ELSE 0 END) AS DECIMAL(18, 2))
      AS returns_120d
  FROM invoices
  GROUP BY customer_id
)
SELECT
  customer_id,
  days_since_last_order,
  days_since_first_order,
  orders_120d,
  orders_30d,
  order_days_120d,
  lines_120d,
  units_120d,
  revenue_120d,
  revenue_30d,
  returns_120d,
  CAST(try_divide(revenue_120d, orders_120d) AS DECIMAL(18, 2)) AS mean_order_value,
  -- NULL for a customer with a single day of orders, who has no gap between orders.
  try_divide(days_since_first_order - days_since_last_order, order_days_120d - 1) AS mean_gap_days,
  CASE
    WHEN orders_120d = 1 THEN 'one order'
    WHEN orders_120d <= 3 THEN 'two or three orders'
    WHEN orders_120d > 3 THEN 'four orders or more'
  END AS segment
FROM customers
-- A customer with only a return in this period has bought nothing and cannot churn.
WHERE orders_120d > 0
