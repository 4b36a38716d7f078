SELECT sale_id, store_id, sold_on, amount FROM bronze.sales
