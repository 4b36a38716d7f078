SELECT
  event_date AS day,
  count(DISTINCT coalesce(customer_id, visitor_id)) AS active_users,
  count(DISTINCT customer_id) AS signed_in_users,
  count(DISTINCT CASE WHEN customer_id IS NULL THEN visitor_id END) AS anonymous_visitors,
  count(DISTINCT session_id) AS sessions,
  count(*) AS events
FROM silver.web_events
GROUP BY event_date
