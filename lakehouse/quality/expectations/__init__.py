"""The expectation types that are compiled to Spark, grouped into modules."""
