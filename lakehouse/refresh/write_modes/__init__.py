"""The write modes, one module each, listed in ``registry``."""
