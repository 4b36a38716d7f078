"""Typed declarations and settings, read from YAML and checked with file and line."""
