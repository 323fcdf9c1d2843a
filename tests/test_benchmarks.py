"""The statistics of benchmarks/repeats.py, on runs whose distribution is known."""

import numpy as np
import pytest

from benchmarks.repeats import SIZES, covered, of_one_run, told_apart

RUNS = np.random.default_rng(0).normal(50, 3, 2000)


@pytest.mark.parametrize("size", SIZES)
def test_intervals_of_gaussian_runs_cover_95_in_100(size: int) -> None:
    assert covered(RUNS, size, 1500) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("size", SIZES)
def test_groups_of_equal_runs_are_told_apart_5_times_in_100_at_most(size: int) -> None:
    assert told_apart(RUNS, size, 1000) <= 0.07


def test_runs_are_a_part_of_their_mean_and_that_is_allowed_for() -> None:
    """Nine of ten runs lie nearer to the mean of all ten than nine new ones would."""
    values = RUNS[:400].reshape(40, 10)
    shares = [covered(ten, 9, 50) for ten in values]
    assert np.mean(shares) == pytest.approx(0.95, abs=0.03)


def test_what_one_run_would_claim_by_its_own_error() -> None:
    values = np.array([0.0, 1.0, 5.0, 6.0])  # mean 3
    holds, apart = of_one_run(values, np.full(4, 1.2))
    assert holds == 0.5  # 1 and 5 are within 2.4 of it
    assert apart == 4 / 6  # gaps of 4, 5, 5 and 6, beyond 1.96 * 1.2 * sqrt(2) = 3.3
