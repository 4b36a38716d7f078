"""The columns that say which of two versions made a prediction, and whether it decides."""

from __future__ import annotations

ROLE = "role"
"""``champion`` or ``challenger``: what the version was when the day was scored."""

DECIDED = "decided"
"""Whether the current table takes the prediction for its entity and day."""
