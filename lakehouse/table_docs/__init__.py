"""A page for each declared table, and the lineage of a pipeline."""
