WITH bought AS (
  SELECT customer_id, order_date > :as_of AS is_later
  FROM silver.orders
  WHERE status <> 'cancelled'
    AND order_date > date_sub(:as_of, 56) AND order_date <= :until
)
SELECT customer_id, NOT bool_or(is_later) AS churned
FROM bought
GROUP BY customer_id
-- At least one order up to as_of: a customer who is new in the 28 days cannot have churned.
HAVING NOT bool_and(is_later)
