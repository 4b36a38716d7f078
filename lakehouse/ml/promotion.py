"""The decision on a challenger: whether it takes the champion's place, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lakehouse.config.tasks import TaskName
from lakehouse.ml.calibration import measure_calibration
from lakehouse.ml.paired_gain import Gain, level_of, paired_gain
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.tasks.task import Scores

SECONDS_PER_ROW = 100e-6
"""The most that scoring may take per row: 100 seconds for a million rows on one core."""


@dataclass(frozen=True)
class Contender:
    """A model on the common hold-out: its scores, in the form of the task and the order of the
    rows, the seconds that scoring takes per row, and the definition of the features that it was
    trained on, empty where it is not recorded, with those of joined tables by table."""

    label: str
    scores: Scores
    seconds_per_row: float = 0.0
    definition: str = ""
    joined: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted, the reasons as sentences, and the numbers behind them."""

    promoted: bool
    reasons: tuple[str, ...]
    numbers: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> str:
        """The reasons in one text."""
        return "; ".join(self.reasons)


def decide(
    labels: npt.ArrayLike,
    entities: Any,
    champion: Contender,
    challenger: Contender,
    *,
    metric: str,
    task: TaskName = "binary",
    min_gain: float,
    meeting: int = 1,
    faults: Sequence[str] = (),
    draws: int = 1000,
) -> Decision:
    """Decide on the ``meeting``-th challenger (1, 2, …) on these rows of the hold-out.

    Promoted when the lower bound of the gain is above ``min_gain``, probabilities are calibrated,
    scoring is fast enough, both models read the same features, and there are no other ``faults``,
    such as of slices. Raises UsageError for labels that the task cannot be measured on and for
    scores that are not numbers.
    """
    gain = paired_gain(
        labels,
        entities,
        champion.scores,
        challenger.scores,
        metric=metric,
        task=task,
        level=level_of(meeting),
        draws=draws,
    )
    won = gain.low > min_gain
    confidence = task_of(task).confidence(pd.Series(np.asarray(labels)), challenger.scores)
    calibration = (
        None if confidence is None else measure_calibration(confidence[0], entities, confidence[1])
    )
    found = [
        *([] if won else [_gain_sentence(gain, min_gain, meeting)]),
        *(calibration.faults(beats_constant=task == "binary") if calibration else []),
        *_speed_faults(challenger),
        *_input_faults(champion, challenger),
        *faults,
    ]
    numbers = asdict(gain) | {"gain": gain.estimate, "min_gain": min_gain, "meeting": meeting}
    numbers["us_per_row"] = challenger.seconds_per_row * 1e6
    if calibration is not None:
        numbers["calibration"] = asdict(calibration)
    return Decision(not found, tuple(found or [_gain_sentence(gain, min_gain, meeting)]), numbers)


def _gain_sentence(gain: Gain, min_gain: float, meeting: int) -> str:
    verb = "exceeds" if gain.low > min_gain else "does not exceed"
    text = (
        f"the gain in {gain.metric} is {gain.describe()} on {gain.rows:,} rows of "
        f"{gain.entities:,} entities, and its lower bound {verb} the minimum of {min_gain:g}"
    )
    if meeting == 1:
        return text
    return f"{text} (challenger {meeting} on this hold-out, so the level is {gain.level:.2%})"


def _speed_faults(challenger: Contender) -> list[str]:
    if challenger.seconds_per_row <= SECONDS_PER_ROW:
        return []
    return [
        f"scoring takes {challenger.seconds_per_row * 1e6:,.0f} µs per row, more than "
        f"{SECONDS_PER_ROW * 1e6:,.0f} µs"
    ]


def _input_faults(champion: Contender, challenger: Contender) -> list[str]:
    pairs = [
        (champion.definition, challenger.definition),
        *((champion.joined.get(table, ""), name) for table, name in challenger.joined.items()),
    ]
    if all(not old or not new or old == new for old, new in pairs):
        return []
    return [
        f"{champion.label} was trained on features of another definition, so that the comparison "
        "does not hold"
    ]
