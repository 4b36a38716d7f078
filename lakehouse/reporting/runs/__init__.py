"""What ran on the page: records, the state of each table, and the verdict."""
