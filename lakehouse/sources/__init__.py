"""The input of bronze: kinds of sources, file formats, and typed rows that lose no value."""
