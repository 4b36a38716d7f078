"""What Spark Declarative Pipelines of open-source Spark do today: see docs/adr/0001."""
