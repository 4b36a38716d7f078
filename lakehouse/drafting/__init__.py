"""Draft a pipeline for files that nobody has declared yet: look at them, propose, write."""
