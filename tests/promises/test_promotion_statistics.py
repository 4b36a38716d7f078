"""Simulated challengers: luck promotes few of them, and a true gain is seen.

``make test`` tries a sample; ``make soak`` tries 1,000 challengers and 200 families of 20.
"""

from __future__ import annotations

import numpy as np
import pytest
from simulated_challengers import family, single

MINIMUM = 0.005
SAMPLE = pytest.param(200, 300, id="sample")
ALL = pytest.param(1000, 1000, id="all", marks=pytest.mark.soak)

by_size = pytest.mark.parametrize(("number", "draws"), [SAMPLE, ALL])


@by_size
def test_of_challengers_whose_true_gain_is_the_minimum_few_are_promoted_and_clear_ones_are(
    number: int, draws: int
) -> None:
    how = {"min_gain": MINIMUM, "draws": draws}
    equal = [single(seed, gain=MINIMUM, **how) for seed in range(number)]
    se = float(np.std([decision.numbers["gain"] for decision in equal]))
    clear = [single(seed + number, gain=MINIMUM + 4 * se, **how) for seed in range(number)]
    shares = [np.mean([one.promoted for one in many]) for many in (equal, clear)]
    print(
        f"{number} challengers, se {se:.4f}: {shares[0]:.1%} at the minimum, {shares[1]:.1%} at +4"
    )
    assert shares[0] <= 0.05
    assert shares[1] >= 0.95


@pytest.mark.parametrize(
    ("number", "draws"),
    [pytest.param(15, 150, id="sample"), pytest.param(200, 400, id="all", marks=pytest.mark.soak)],
)
def test_twenty_challengers_on_one_hold_out_rarely_have_a_lucky_one(
    number: int, draws: int
) -> None:
    families = [family(seed, size=20, min_gain=MINIMUM, draws=draws) for seed in range(number)]
    lucky = np.mean([any(one.promoted for one in many) for many in families])
    print(f"{number} families of 20: a challenger was promoted in {lucky:.1%}")
    assert lucky <= 0.10
