"""Sets up a fresh machine: `make` runs ``python3 -m tools.setup``. Standard library only."""
