"""Typed declarations and settings: what a person writes, read once and checked with file and line."""
