SELECT
  customer_id,
  upper(trim(op)) AS op,
  lower(trim(segment)) AS segment,
  lower(trim(region)) AS region,
  birth_date AS birth_year,
  email AS email_token,
  lower(email_domain) AS email_domain,
  postcode AS postcode_area,
  notes,
  CAST(registered_at AS DATE) AS registered_on,
  updated_at
FROM bronze.customers
