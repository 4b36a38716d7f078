"""Declared SQL: parse, check and rewrite queries, and run them over given DataFrames."""
