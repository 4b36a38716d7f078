"""One module a step; each reads like a list of contents."""
