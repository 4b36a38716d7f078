"""The forms of text that are read as a date, a timestamp or a whole number.

Regular expressions for Java and, with ``re.ASCII``, for Python.
"""

from __future__ import annotations

DATE = r"^\s*\d{4}-\d{2}-\d{2}([T ]00:00(:00(\.0+)?)?)?\s*$"
TIMESTAMP = (
    r"^\s*\d{4}-\d{2}-\d{2}"
    r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?\s*$"
)
WHOLE = r"^\s*([+-]?\d+)\.0*\s*$"
