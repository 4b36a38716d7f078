"""``model.yml``: a module for each of its parts, and the declaration of the whole."""
