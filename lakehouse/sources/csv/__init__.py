"""CSV files: dialect, headers, records, and hints where a file was not understood."""
