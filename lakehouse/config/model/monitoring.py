"""The declaration ``monitoring`` of a model: when drift is a warning or an alarm."""

from __future__ import annotations

from pydantic import Field, model_validator

from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName, Days, days


class ModelMonitoring(Declared):
    """The PSI from which a column is a warning or an alarm, the time for which an alarm of a
    column is not raised again, and the columns of the features ``by`` which it is also told."""

    warn: float = Field(default=0.1, gt=0)
    alarm: float = Field(default=0.25, gt=0)
    cool_down: Days = "7 days"
    by: list[ColumnName] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_order(self) -> ModelMonitoring:
        if self.alarm < self.warn:
            raise ValueError("alarm is below warn")
        return self

    @property
    def cool_down_days(self) -> int:
        """The days after an alarm on which it is not raised again."""
        return days(self.cool_down)
