"""The quarantine on the page: reasons, rows by day, and rules that some rows failed."""
