SELECT
  upper(trim(store_id)) AS store_id,
  trim(store_name) AS store_name,
  trim(city) AS city,
  lower(trim(region)) AS region,
  opened_on,
  updated_at
FROM bronze.stores
