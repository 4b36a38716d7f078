"""PSI: the formula, its smoothing, and what is chance."""

from __future__ import annotations

import numpy as np
import pytest

from lakehouse.ml.psi import psi, stability


def test_the_formula() -> None:
    by_hand = (0.7 - 0.9) * np.log(0.7 / 0.9) + (0.3 - 0.1) * np.log(0.3 / 0.1)
    many = 1_000_000
    assert psi([9 * many, many], [7 * many, 3 * many]) == pytest.approx(by_hand, abs=1e-6)
    assert psi([900, 100], [70, 30]) == pytest.approx(by_hand, abs=0.01)


def test_equal_shares_have_none() -> None:
    assert psi([500, 300, 200], [500, 300, 200]) == 0
    assert psi([5000, 3000, 2000], [50, 30, 20]) == pytest.approx(0, abs=1e-4)


def test_bins_that_are_empty_on_both_sides_are_left_out() -> None:
    assert psi([10_000, 0, 5_000], [100, 0, 90]) == psi([10_000, 5_000], [100, 90])


def test_an_empty_bin_is_finite_and_large() -> None:
    assert 0.4 < psi([9_000, 1_000], [500, 0]) < 1
    assert 0.7 < psi([10_000, 0], [450, 50]) < 1


@pytest.mark.parametrize(
    ("expected", "actual"), [([100, 100], [0, 0]), ([0, 0], [5, 5]), ([7], [9]), ([], [])]
)
def test_nothing_to_compare_is_no_drift(expected: list[int], actual: list[int]) -> None:
    assert stability(expected, actual).psi == 0
    assert not stability(expected, actual).exceeds(0.1)


def test_without_drift_the_mean_is_the_expectation_and_the_bound_is_rarely_exceeded() -> None:
    rng, shares = np.random.default_rng(1), np.full(10, 0.1)
    drawn = [
        stability(rng.multinomial(10_000, shares).tolist(), rng.multinomial(800, shares).tolist())
        for _ in range(4000)
    ]
    raw = np.mean([one.raw for one in drawn])
    assert raw == pytest.approx(drawn[0].by_chance, rel=0.05)
    assert np.mean([one.raw > one.bound for one in drawn]) == pytest.approx(0.01, abs=0.006)


def test_a_few_rows_are_never_a_major_change_by_their_number_alone() -> None:
    rng, shares = np.random.default_rng(2), np.full(10, 0.1)
    drawn = [
        stability([1000] * 10, rng.multinomial(40, shares).tolist(), columns=20)
        for _ in range(2000)
    ]
    assert np.mean([one.raw >= 0.25 for one in drawn]) > 0.2
    assert np.mean([one.exceeds(0.1) for one in drawn]) <= 0.01
