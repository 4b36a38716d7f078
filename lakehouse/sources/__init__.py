"""Files as they land: which there are, and what is in them, with nothing lost on the way."""
