from math import inf, sqrt

import numpy as np
import pytest
from scipy import stats

from reporting.intervals import Estimate, Gap, difference, estimate, holm, needed, welch
from reporting.tables.cells import Row, ranked, surely_better
from suite.protocol.seeds import stream


def test_interval_of_several_runs_is_students():
    low, high = estimate({0: [1.0, 2.0, 3.0]}).interval  # s = 1, t(2) = 4.303
    half = 4.3027 / sqrt(3)
    assert (low, high) == pytest.approx((2 - half, 2 + half), rel=1e-4)


@pytest.mark.parametrize("values", [{0: [5.0]}, {0: [5.0, 6.0, 7.0], 1: []}])
def test_one_repeat_says_nothing(values):
    assert estimate(values).interval == (-inf, inf)
    found = difference(values, {0: [1.0], 1: [2.0]} if 1 in values else {0: [1.0, 2.0]})
    assert not found.known and found.doubt == 1.0 and needed(found) is None


@pytest.mark.parametrize(("count", "doubt"), [(2, 1 / 3), (3, 0.1), (4, 2 / 70)])
def test_runs_that_agree_to_the_last_digit_are_as_sure_as_their_order(count, doubt):
    """In two of all orders of the runs, the runs of one side come first."""
    found = difference({0: [0.1] * count}, {0: [0.3] * count})
    assert found.constant and found.doubt == pytest.approx(doubt) and needed(found) is None
    assert difference({0: [0.1] * count}, {0: [0.1] * count}).doubt == 1.0


def test_differences_that_agree_on_every_subset_are_as_sure_as_their_sign():
    a = {d: [10.0 * d] for d in range(6)}
    found = difference(a, {d: [v + 1.0] for d, (v,) in a.items()})
    assert found.constant and found.doubt == 2 / 2**6


def test_runs_on_several_subsets_are_the_subsets_means():
    found = estimate({0: [1.0, 3.0], 1: [4.0], 2: [6.0, 6.0, 6.0], 3: []})
    assert (found.mean, found.error, found.count) == (4.0, pytest.approx(2 / sqrt(3)), 3)


def test_welch_is_scipys():
    a, b = [3.0, 4.5, 2.0, 4.0], [5.0, 9.0, 6.5]
    oracle = stats.ttest_ind(a, b, equal_var=False)
    assert difference({0: a}, {0: b}).doubt == pytest.approx(oracle.pvalue)


def test_paired_is_scipys_and_takes_the_subsets_that_both_have():
    a, b = [3.0, 4.5, 2.0, 4.0], [5.0, 9.0, 2.5, 7.0]
    left = {i: [v] for i, v in enumerate(a)} | {9: [100.0]}
    found = difference(left, {i: [v] for i, v in enumerate(b)} | {9: []})
    assert found.doubt == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_a_mean_over_many_rows_is_nearly_normal():
    found = welch(Estimate(1.96, 1e3, 10**6), Estimate(0.0, 1e-9, 10**6))
    assert found.doubt == pytest.approx(0.05, abs=1e-4)


def test_holm_multiplies_from_the_smallest_on():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_needed_has_the_power_that_it_promises():
    """The requested number of seeds finds a difference of 1.5 deviations about 4 times in 5."""
    count = needed(Gap(1.5, 0.1, sqrt(2), 2.0))
    draws = stream("test:power", 0).normal(size=(2, 4000, count))
    draws[0] += 1.5
    p = stats.ttest_ind(draws[0], draws[1], axis=1, equal_var=False).pvalue
    assert 0.77 <= float(np.mean(p <= 0.05)) <= 0.88
    assert needed(Gap(1e-9, 1.0, sqrt(2), 2.0)) is None


@pytest.mark.parametrize("runs", [2, 3, 5])
@pytest.mark.parametrize("subsets", [1, 2, 4])
def test_intervals_called_95_percent_cover_95_percent(subsets, runs):
    """Subsets and runs both have deviation 1. With one subset, the truth is the mean on it."""
    rng = stream("test:coverage", subsets, runs)
    hits = 0
    for _ in range(1500):
        centres = rng.normal(size=subsets)
        values = {d: list(rng.normal(centre, 1, runs)) for d, centre in enumerate(centres)}
        low, high = estimate(values).interval
        hits += low <= (centres[0] if subsets == 1 else 0.0) <= high
    assert 0.93 <= hits / 1500 <= 0.97


def _line(values):
    """Rows of one line from values [methods, subsets, runs]."""
    return [
        Row("d", 64, f"m{i}", "k", {d: list(r) for d, r in enumerate(own)}, own.size, "ok", "lower")
        for i, own in enumerate(values)
    ]


@pytest.mark.parametrize(("subsets", "runs"), [(1, 2), (1, 4), (3, 2)])
def test_a_line_of_equal_methods_seldom_makes_a_claim(subsets, runs):
    """Six equal methods, 15 pairs: a false claim in at most 5 % of lines, up to chance."""
    rng, false = stream("test:claims", subsets, runs), 0
    for _ in range(300):
        centres = rng.normal(size=(1, subsets, 1))
        false += bool(surely_better(_line(centres + rng.normal(size=(6, subsets, runs)))))
    assert false / 300 <= 0.08


@pytest.mark.parametrize("skewed", [False, True])
def test_of_two_that_share_the_best_place_seldom_one_is_named(skewed):
    """The worst case of naming a winner: two methods are best, and all others are far behind."""
    rng, false, lines = stream("test:winner", int(skewed)), 0, 500
    for _ in range(lines):
        values = rng.normal(size=(4, 1, 3))
        if skewed:  # medians are equal, spreads are not
            values = np.array([1.0, 4.0, 1.0, 1.0])[:, None, None] * np.expm1(values)
        values[2:] += 1000
        false += any(row.leads for row in ranked(_line(values)))
    assert 0.01 <= false / lines <= 0.075
