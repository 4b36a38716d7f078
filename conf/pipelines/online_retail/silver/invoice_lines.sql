SELECT
  upper(trim(InvoiceNo)) AS invoice_no,
  -- No ELSE: any other line has no kind and is quarantined.
  CASE
    WHEN invoice_no RLIKE '^C[0-9]{6}$' AND Quantity < 0 AND UnitPrice >= 0 THEN 'cancellation'
    WHEN invoice_no RLIKE '^A[0-9]{6}$' THEN 'adjustment'
    WHEN invoice_no RLIKE '^[0-9]{6}$' AND UnitPrice = 0 AND CustomerID IS NULL
      AND Quantity <> 0 THEN 'stock_movement'
    WHEN invoice_no RLIKE '^[0-9]{6}$' AND UnitPrice >= 0 AND Quantity > 0 THEN 'sale'
  END AS kind,
  upper(trim(StockCode)) AS stock_code,
  CASE
    WHEN stock_code RLIKE '^[0-9]{5}[A-Z]{0,2}$' THEN true
    WHEN stock_code RLIKE '^DCGS[0-9A-Z]+$' OR stock_code = 'PADS' THEN true
    WHEN stock_code RLIKE '^GIFT_[0-9_]+$' THEN false
    WHEN stock_code IN (
      'POST', 'DOT', 'C2', 'M', 'D', 'S', 'B', 'BANK CHARGES', 'AMAZONFEE', 'CRUK'
    ) THEN false
  END AS is_product,
  -- Notes of staff on stock movements contain names. Keep only that there is a note.
  CASE
    WHEN kind = 'stock_movement' AND trim(Description) <> '' THEN 'STOCK MOVEMENT'
    WHEN trim(Description) <> '' THEN upper(trim(Description))
  END AS description,
  Quantity AS quantity,
  UnitPrice AS unit_price,
  CAST(Quantity * UnitPrice AS DECIMAL(18, 3)) AS amount,
  InvoiceDate AS invoiced_at,
  CAST(InvoiceDate AS DATE) AS invoice_date,
  CustomerID AS customer_id,
  trim(Country) AS country
FROM bronze.invoice_lines
