SELECT sold_on, store_id, count(*) AS sales, CAST(sum(amount) AS DECIMAL(18, 2)) AS amount
FROM silver.sales
GROUP BY sold_on, store_id
