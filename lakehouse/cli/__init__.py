"""The command ``lakehouse``: parses options, runs a step and returns its exit code."""
