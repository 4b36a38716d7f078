"""The declaration ``live`` of a model: how its challenger is tried on the days that are scored."""

from __future__ import annotations

from pydantic import Field, model_validator

from lakehouse.config.declared import Declared


class ModelLive(Declared):
    """How a challenger is tried on the days that are scored: ``shadow`` scores it beside the
    champion, into the history alone; ``canary`` is the share of entities whose current predictions
    it makes, which scores it for all of them too."""

    shadow: bool = False
    canary: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _check_shadow(self) -> ModelLive:
        if self.canary and not self.shadow and "shadow" in self.model_fields_set:
            raise ValueError("canary scores the challenger for every entity; write shadow: true")
        return self

    @property
    def scores_challenger(self) -> bool:
        """Whether a challenger is scored at all."""
        return self.shadow or self.canary > 0
