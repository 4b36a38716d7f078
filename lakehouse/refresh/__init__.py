"""How a table is refreshed: read what is new, protect, shape, check, write once, record."""
