"""The only place that writes Delta tables or builds a Spark session."""
