"""Two versions compared on matured outcomes: the gain with its interval, the power, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.ml.paired_gain import Gain, paired_gain
from lakehouse.ml.power import POWER, Power, power_of
from lakehouse.ml.tasks.registry import task_of


@dataclass(frozen=True)
class LiveGain:
    """The comparison of two versions by number, the champion first. Days are those predicted."""

    champion: int
    challenger: int
    first_day: str
    last_day: str
    gain: Gain
    min_gain: float
    power: Power | None

    def verdict(self) -> str:
        """What the interval says, as a sentence."""
        new, old, gain = f"v{self.challenger}", f"v{self.champion}", self.gain
        least = f"min_gain ({self.min_gain:g})"
        if gain.se == 0 and gain.estimate == 0:
            return f"{new} and {old} did equally well in every sample of these outcomes"
        if gain.low > self.min_gain:
            return f"{new} is better than {old}, by more than {least}"
        if gain.low > 0:
            return f"{new} is better than {old}; whether by {least} is open"
        if gain.high < 0:
            return f"{new} is worse than {old}"
        if gain.high < self.min_gain:
            return f"{new} is not better than {old} by {least}"
        return f"which of {new} and {old} is better is open: the interval includes 0"

    def describe(self) -> Iterator[str]:
        """The lines of the comparison: figures, verdict, power."""
        gain = self.gain
        yield (
            f"{gain.rows:,} outcomes of {gain.entities:,} entities, predicted by both on "
            f"{self.first_day} to {self.last_day}"
        )
        for number, side in (
            (self.champion, gain.champion), (self.challenger, gain.challenger)
        ):  # fmt: skip
            bounds = f"[{side.low:.4f}, {side.high:.4f}]"
            yield f"v{number}: {gain.metric} {side.estimate:.4f} {bounds}"
        yield f"gain of v{self.challenger} over v{self.champion}: {gain.describe()}"
        yield self.verdict()
        if self.power is not None:
            yield from _describe_power(self.power)


def compare_live(
    frame: pd.DataFrame,
    predictions: tuple[pd.DataFrame, pd.DataFrame],
    model: ModelDecl,
    numbers: tuple[int, int],
    *,
    draws: int = 1000,
) -> LiveGain:
    """Compare the predictions of two versions with what came true, by the model's metric.

    ``frame`` has one row per entity and ``as_of`` with the label; ``predictions`` have the same
    rows in the same order. The bootstrap draws whole entities. Raises UsageError for labels that
    the task cannot be measured on, and for a metric that the history does not have the scores for.
    """
    task = task_of(model.task)
    labels = task.labels(frame[model.label_column])
    problem = "labels that do not fit the task" if labels is None else task.problem(labels)
    if labels is None or problem is not None:
        raise UsageError(
            f"the matured outcomes have {problem}",
            where=model.label,
            hint="compare again when the outcomes of more days are known",
        )
    old, new = (task.published(side, labels, model.metric) for side in predictions)
    gain = paired_gain(
        labels, frame[model.entity].to_numpy(), old, new,
        metric=model.metric, task=model.task, draws=draws,
    )  # fmt: skip
    least = model.promotion.min_gain
    days = frame["as_of"].astype(str)
    return LiveGain(*numbers, days.min(), days.max(), gain, least, power_of(gain, least))


def _describe_power(power: Power) -> Iterator[str]:
    yield (
        f"with so many outcomes, a true gain of {power.detectable:.4f} would be shown in "
        f"{POWER:.0%} of such comparisons"
    )
    if not power.min_gain:
        return
    text = f"a true gain of min_gain ({power.min_gain:g}) would be shown in {power.of_min_gain:.0%}"
    if power.more > 1:
        text += f"; for {POWER:.0%} it takes about {power.more:,.1f} times as many entities"
    yield text
