from math import inf, sqrt

import numpy as np
import pytest
from scipy import stats

from reporting.intervals import Estimate, difference, estimate, holm, needed, welch
from suite.protocol.seeds import stream


def test_interval_of_several_runs_is_students():
    low, high = estimate({0: [1.0, 2.0, 3.0]}).interval  # s = 1, t(2) = 4.303
    half = 4.3027 / sqrt(3)
    assert (low, high) == pytest.approx((2 - half, 2 + half), rel=1e-4)


@pytest.mark.parametrize("values", [{0: [5.0]}, {0: [5.0, 6.0, 7.0], 1: []}])
def test_one_repeat_says_nothing(values):
    found = estimate(values)
    assert found.interval == (-inf, inf) and found.doubt == 1.0 and not found.known


def test_runs_that_agree_to_the_last_digit_do_not_say_how_sure_they_are():
    found = difference({0: [3.0, 3.0, 3.0]}, {0: [4.0, 4.0, 4.0]})
    assert not found.known and found.doubt == 1.0 and found.interval == (-1.0, -1.0)
    assert needed(found, 1) is None


def test_runs_on_several_subsets_are_the_subsets_means():
    found = estimate({0: [1.0, 3.0], 1: [4.0], 2: [6.0, 6.0, 6.0], 3: []})
    assert (found.mean, found.error, found.freedom) == (4.0, pytest.approx(2 / sqrt(3)), 2)


def test_welch_is_scipys():
    a, b = [3.0, 4.5, 2.0, 4.0], [5.0, 9.0, 6.5]
    found = difference({0: a}, {0: b})
    oracle = stats.ttest_ind(a, b, equal_var=False)
    assert found.doubt == pytest.approx(oracle.pvalue)
    assert found.interval == pytest.approx(tuple(oracle.confidence_interval()))


def test_paired_is_scipys_and_takes_the_subsets_that_both_have():
    a, b = [3.0, 4.5, 2.0, 4.0], [5.0, 9.0, 2.5, 7.0]
    left = {i: [v] for i, v in enumerate(a)} | {9: [100.0]}
    found = difference(left, {i: [v] for i, v in enumerate(b)} | {9: []})
    assert found.doubt == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_a_known_error_is_normal():
    assert Estimate(1.96, 1.0).doubt == pytest.approx(0.05, abs=1e-4)
    found = welch(Estimate(5.0, 3.0), Estimate(1.0, 4.0))
    assert (found.mean, found.error, found.freedom) == (4.0, 5.0, inf)


def test_holm_multiplies_from_the_smallest_on():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_needed_has_the_power_that_it_promises():
    """As many seeds as asked for find a difference of 1.5 deviations about 4 times in 5."""
    found = Estimate(1.5, 1.0, 4, sqrt(2), 2.0)
    count = needed(found, 1)
    draws = stream("test:power", 0).normal(size=(2, 4000, count))
    draws[0] += 1.5
    p = stats.ttest_ind(draws[0], draws[1], axis=1, equal_var=False).pvalue
    assert 0.77 <= float(np.mean(p <= 0.05)) <= 0.88
    assert needed(found, 28) > count
    assert needed(Estimate(1e-9, 1.0, 4, sqrt(2), 2.0), 1) is None
    assert needed(Estimate(1.0), 1) is None


@pytest.mark.parametrize("runs", [2, 3, 5])
@pytest.mark.parametrize("subsets", [1, 2, 4])
def test_intervals_called_95_percent_cover_95_percent(subsets, runs):
    """Subsets and runs each deviate by 1; on one subset the truth is that subset's own mean."""
    rng = stream("test:coverage", subsets, runs)
    hits = 0
    for _ in range(1500):
        centres = rng.normal(size=subsets)
        values = {d: list(rng.normal(centre, 1, runs)) for d, centre in enumerate(centres)}
        low, high = estimate(values).interval
        hits += low <= (centres[0] if subsets == 1 else 0.0) <= high
    assert 0.93 <= hits / 1500 <= 0.97


@pytest.mark.parametrize(("subsets", "runs"), [(1, 2), (1, 4), (3, 2)])
def test_a_line_of_equal_methods_seldom_makes_a_claim(subsets, runs):
    """Six equal methods, 15 pairs: a false claim in at most 5 % of lines, but for chance."""
    from reporting.tables.cells import Row, surely_better

    rng = stream("test:claims", subsets, runs)
    false = 0
    for _ in range(400):
        centres = rng.normal(size=subsets)
        rows = [
            Row(
                *("d", 64, f"m{i}", "k"),
                {d: list(rng.normal(c, 1, runs)) for d, c in enumerate(centres)},
                *(subsets * runs, "ok", "lower"),
            )
            for i in range(6)
        ]
        false += bool(surely_better(rows))
    assert false / 400 <= 0.08
