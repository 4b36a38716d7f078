WITH ranked AS (
  SELECT
    segment,
    -- The token breaks ties, so that equal scores always give the same deciles.
    ntile(10) OVER (ORDER BY probability DESC, customer_id) AS decile,
    CAST(probability AS DECIMAL(9, 8)) AS probability,
    -- 90 / 120 days are three quarters of the revenue: four decimal places are exact.
    CAST(revenue_120d * 90 / 120 AS DECIMAL(18, 4)) AS revenue_90d
  FROM gold.churn_scores
)
SELECT
  segment,
  decile,
  count(*) AS customers,
  CAST(avg(probability) AS DECIMAL(5, 4)) AS mean_probability,
  CAST(sum(probability) AS DECIMAL(12, 2)) AS expected_leavers,
  CAST(sum(revenue_90d) AS DECIMAL(18, 2)) AS revenue_90d,
  CAST(sum(probability * revenue_90d) AS DECIMAL(18, 2)) AS expected_loss
FROM ranked
GROUP BY segment, decile
