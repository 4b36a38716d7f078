"""The model on the page: its card, its charts and its scores."""
