"""This pipeline against a script by hand, a day against the whole, the fixed start."""
