"""Declared SQL: parsed before it runs, its relations known, its names bound to given frames."""
