WITH ranked AS (
  SELECT
    segment,
    -- The token breaks ties, so that equal scores always give the same deciles.
    ntile(10) OVER (ORDER BY probability DESC, customer_id) AS decile,
    CAST(probability AS DECIMAL(9, 8)) AS probability,
    CAST(revenue_56d AS DECIMAL(18, 2)) AS revenue_56d
  FROM gold.churn_scores
)
SELECT
  segment,
  decile,
  count(*) AS customers,
  CAST(avg(probability) AS DECIMAL(5, 4)) AS mean_probability,
  CAST(sum(probability) AS DECIMAL(12, 2)) AS expected_leavers,
  CAST(sum(revenue_56d) / 2 AS DECIMAL(18, 2)) AS revenue_28d,
  CAST(sum(probability * revenue_56d) / 2 AS DECIMAL(18, 2)) AS expected_loss
FROM ranked
GROUP BY segment, decile
