"""Parts of the hold-out: declared slices, days, the worst slices found, confident mistakes."""
