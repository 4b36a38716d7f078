"""Model training: candidates, the split without leakage, evaluation, and MLflow.

MLflow is imported inside functions: the import takes seconds, and ``registry.tracking`` must switch
telemetry off before the first one.
"""
