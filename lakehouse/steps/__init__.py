"""The steps, one module each, and their registry."""
