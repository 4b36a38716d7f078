"""Monitoring: drift of features and scores against a model's reference, and its performance."""
