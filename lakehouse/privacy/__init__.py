"""The protection of personal data between bronze and everything that reads it."""
