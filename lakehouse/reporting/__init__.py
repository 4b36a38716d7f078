"""What people see: the report's page, the tables' pages and the terminal."""
