"""The power of a comparison, tried with simulated models."""

from __future__ import annotations

import numpy as np
import pytest

from lakehouse.ml.evaluate import Interval
from lakehouse.ml.paired_gain import Gain, paired_gain
from lakehouse.ml.power import power_of

pytestmark = pytest.mark.slow


def simulated_gain(rng: np.random.Generator, true_gain: float, rows: int = 300) -> Gain:
    """Two regressions whose squared errors differ by ``true_gain``, on average."""
    noise = rng.normal(size=(3, rows))
    labels = noise[0]
    champion = labels + noise[1] * np.sqrt(1 + true_gain)
    challenger = labels + (0.7 * noise[1] + np.sqrt(1 - 0.49) * noise[2])
    return paired_gain(
        labels, np.arange(rows), champion, challenger,
        metric="neg_root_mean_squared_error", task="regression", draws=200,
    )  # fmt: skip


def test_a_gain_of_the_detectable_size_is_shown_in_80_percent_of_comparisons() -> None:
    rng = np.random.default_rng(8)
    first = power_of(simulated_gain(rng, 0.0), min_gain=0.05)
    assert first is not None
    root_gain = first.detectable  # in RMSE, where the challenger has 1
    gains = [simulated_gain(rng, (1 + root_gain) ** 2 - 1) for _ in range(200)]
    assert np.mean([gain.estimate for gain in gains]) == pytest.approx(root_gain, rel=0.1)
    assert 0.7 < np.mean([gain.low > 0 for gain in gains]) < 0.9
    # And one of min_gain in the share that is promised.
    small = [simulated_gain(rng, 1.05**2 - 1) for _ in range(200)]
    promised = np.mean([power.of_min_gain for gain in small if (power := power_of(gain, 0.05))])
    assert np.mean([gain.low > 0 for gain in small]) == pytest.approx(promised, abs=0.12)


def gain_of(estimate: float, se: float, quantile: float = 1.96) -> Gain:
    side = Interval(0.5, 0.4, 0.6)
    low, high = estimate - quantile * se, estimate + quantile * se
    return Gain("roc_auc", side, side, se, low, high, 0.025, 100, 50)


def test_four_times_as_many_entities_show_half_the_gain() -> None:
    power = power_of(gain_of(0.0, se=0.01), min_gain=0.014)
    assert power is not None
    assert power.detectable == pytest.approx((1.96 + 0.8416) * 0.01, rel=1e-3)
    assert power.more == pytest.approx((power.detectable / 0.014) ** 2)
    at_detectable = power_of(gain_of(0.0, se=0.01), min_gain=power.detectable)
    assert at_detectable is not None
    assert (at_detectable.of_min_gain, at_detectable.more) == pytest.approx((0.8, 1.0))


def test_equal_predictions_have_no_power() -> None:
    assert power_of(gain_of(0.0, se=0.0), min_gain=0.01) is None
