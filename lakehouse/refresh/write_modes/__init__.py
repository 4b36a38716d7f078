"""The ways in which a table is written, one module each, registered in ``registry``."""
