SELECT
  upper(trim(order_id)) AS order_id,
  upper(trim(op)) AS op,
  customer_id,
  upper(trim(store_id)) AS store_id,
  lower(trim(channel)) AS channel,
  lower(trim(status)) AS status,
  ordered_at,
  CAST(ordered_at AS DATE) AS order_date,
  updated_at
FROM bronze.orders
