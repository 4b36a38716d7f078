SELECT
  invoice_date AS day,
  count(DISTINCT customer_id) AS active_customers,
  count(DISTINCT invoice_no) AS orders
FROM silver.invoice_lines
WHERE kind = 'sale' AND is_product AND customer_id IS NOT NULL
GROUP BY invoice_date
