SELECT
  upper(trim(order_id)) AS order_id,
  line_no,
  upper(trim(sku)) AS sku,
  trim(department) AS department,
  quantity,
  unit_price,
  order_date,
  updated_at
FROM bronze.order_lines
