SELECT
  CAST(date_trunc('QUARTER', invoice_date) AS DATE) AS quarter,
  CAST(sum(amount) AS DECIMAL(18, 2)) AS gross_revenue,
  count(DISTINCT invoice_no) AS orders,
  sum(quantity) AS units
FROM silver.invoice_lines
WHERE kind = 'sale' AND is_product
GROUP BY CAST(date_trunc('QUARTER', invoice_date) AS DATE)
