"""The declaration ``split`` of a model: its hold-out."""

from __future__ import annotations

from pydantic import Field, model_validator

from lakehouse.config.declared import Declared
from lakehouse.config.names import Days, days


class ModelSplit(Declared):
    """The hold-out: ``test_customers`` (a share) on the last ``test_days``; the other customers on
    earlier days are trained on. ``every`` takes each n-th day. Between the day on which the last
    label of the training is known and the hold-out are ``embargo`` more days. Without
    ``test_days``, both sides have the same days: for data without a calendar."""

    test_days: int | None = Field(default=None, gt=0)
    test_customers: float = Field(gt=0, lt=1)
    every: int = Field(default=1, gt=0)
    embargo: Days | None = None

    @model_validator(mode="after")
    def _check_embargo(self) -> ModelSplit:
        if self.embargo and self.test_days is None:
            raise ValueError("embargo needs test_days: without them both sides have the same days")
        return self

    @property
    def embargo_days(self) -> int:
        """``embargo`` as a number of days; 0 without one."""
        return days(self.embargo) if self.embargo else 0
