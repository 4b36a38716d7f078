"""The JSON Schema of ``conf/privacy.yml``: each kind, and the treatments that the library has."""

from __future__ import annotations

from typing import Any

from lakehouse.privacy.treatments.registry import BUILT_IN


def privacy_schema() -> dict[str, Any]:
    """A treatment's word, or a mapping from its word to its parameter."""
    words = [treatment.word for treatment in BUILT_IN if not treatment.has_parameter]
    mappings = [
        {
            "type": "object",
            "properties": {name: {} for name in (treatment.word, *treatment.options)},
            "required": [treatment.word],
            "additionalProperties": False,
        }
        for treatment in BUILT_IN
        if treatment.has_parameter
    ]
    return {
        "title": "privacy policy",
        "type": "object",
        "additionalProperties": {"anyOf": [{"enum": words}, *mappings]},
    }
