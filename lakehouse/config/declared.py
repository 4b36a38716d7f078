"""The base of every declaration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Declared(BaseModel):
    """A model that rejects unknown keys and is immutable once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
