"""Drawing: SVG without script, for light and dark, screen and phone."""
