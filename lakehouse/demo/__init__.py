"""The reference data of the `retail` pipeline: made up, deterministic, with planted faults."""
