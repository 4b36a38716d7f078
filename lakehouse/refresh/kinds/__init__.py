"""The kinds of tables, one module each: how each reads new data, transforms it and checks it."""
