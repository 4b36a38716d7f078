"""The treatments of personal data, one module each, and the registry that names them."""
