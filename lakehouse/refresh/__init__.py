"""How a table is refreshed: read what is new, protect, transform, check, write once, record."""
