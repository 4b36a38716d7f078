"""Features and labels: snapshots of what was known of an entity on a day."""
