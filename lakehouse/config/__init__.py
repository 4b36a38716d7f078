"""Typed declarations and settings: what a person writes, read and checked with file and line."""
