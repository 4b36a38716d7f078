"""The kinds of tables, one module each: how each reads what is new, transforms it and checks it."""
