SELECT
  CAST(date_trunc('WEEK', invoice_date) AS DATE) AS week,
  country,
  CAST(sum(CASE WHEN kind = 'sale' THEN amount ELSE 0 END) AS DECIMAL(18, 2)) AS gross_sales,
  CAST(sum(CASE WHEN kind = 'cancellation' THEN -amount ELSE 0 END) AS DECIMAL(18, 2))
    AS returns_value,
  CAST(sum(amount) AS DECIMAL(18, 2)) AS net_sales,
  count(DISTINCT CASE WHEN kind = 'sale' THEN invoice_no END) AS orders,
  count(DISTINCT CASE WHEN kind = 'sale' THEN customer_id END) AS customers
FROM silver.invoice_lines
WHERE is_product AND kind IN ('sale', 'cancellation')
GROUP BY CAST(date_trunc('WEEK', invoice_date) AS DATE), country
