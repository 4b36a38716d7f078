"""Delta tables and the Spark session: the only package that writes tables or launches Spark."""
