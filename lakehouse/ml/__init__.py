"""Models: candidates, an honest split, evaluation, MLflow, and scores in Spark.

Imports of MLflow are inside functions: it takes seconds, and ``registry.tracking`` must switch
its telemetry off before the first one.
"""
