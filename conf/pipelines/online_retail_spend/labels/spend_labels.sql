WITH lines AS (
  SELECT customer_id, kind, amount, invoice_date > :as_of AS is_later
  FROM silver.invoice_lines
  WHERE kind IN ('sale', 'cancellation') AND is_product AND customer_id IS NOT NULL
    AND invoice_date <= :until
)
SELECT
  customer_id,
  CAST(sum(CASE WHEN is_later THEN amount ELSE 0 END) AS DECIMAL(18, 2)) AS spend_90d
FROM lines
GROUP BY customer_id
-- At least one purchase up to as_of, as in the features and in the churn labels.
HAVING bool_or(kind = 'sale' AND NOT is_later)
