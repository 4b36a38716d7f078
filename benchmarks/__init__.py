"""This pipeline beside scripts by hand and other tools, in seconds and in counted work."""
