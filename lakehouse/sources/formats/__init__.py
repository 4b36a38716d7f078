"""The formats of files, one module each, and the registry that names them."""
