"""The expectation types that are compiled to Spark, a few related ones a module."""
