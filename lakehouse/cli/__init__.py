"""The command ``lakehouse``, thin: options in, a step, exit code out."""
