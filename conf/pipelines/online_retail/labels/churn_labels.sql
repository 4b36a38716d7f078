WITH purchases AS (
  SELECT customer_id, invoice_date > :as_of AS is_later
  FROM silver.invoice_lines
  WHERE kind = 'sale' AND is_product AND customer_id IS NOT NULL AND invoice_date <= :until
)
SELECT customer_id, NOT bool_or(is_later) AS churned
FROM purchases
GROUP BY customer_id
-- At least one purchase up to as_of: a customer who is new in the 90 days cannot have churned.
HAVING NOT bool_and(is_later)
