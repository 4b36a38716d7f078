"""The treatments of personal data, one module each, and their registry."""
