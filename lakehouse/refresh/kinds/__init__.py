"""The kinds of tables, one module each: how each reads what is new, shapes it and checks it."""
