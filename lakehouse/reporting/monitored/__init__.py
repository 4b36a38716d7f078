"""The section of the page on drift and performance over time."""
