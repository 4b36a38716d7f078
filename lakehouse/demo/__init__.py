"""The generated data of the `retail` pipeline: synthetic, deterministic, with planted faults."""
