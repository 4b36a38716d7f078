"""Predictions: a day's features scored by one pinned model version, into silver and gold."""
