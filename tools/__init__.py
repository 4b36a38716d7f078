"""Set up the environment: `make` runs ``python3 -m tools.setup``. Standard library only."""
