"""AM-SSIM in both directions, the copying rate and the diversity: what each detects."""

import numpy as np
import pytest

from metrics.definitions.am_ssim import am_ssim, am_ssim_reverse
from metrics.definitions.copying import (
    COPYING_RATE,
    COPYING_RATE_INCEPTION,
    COPYING_RATE_SSIM,
    copying_rate,
)
from metrics.definitions.diversity import diversity
from metrics.similarity import ssim_matrix
from suite.protocol.metric import Pair
from suite.running.errors import InputError
from suite.running.files import read_arrays
from suite.running.provenance import ROOT


@pytest.fixture(scope="module")
def digits():
    return read_arrays(ROOT / "resources/mnist/mnist.npz", "train_images")["train_images"][
        ..., None
    ]


def _pair(x: np.ndarray, y: np.ndarray) -> Pair:
    return Pair(x, y, None, 0, lambda name, rows: rows.reshape(len(rows), -1) / 255)


def test_copies(digits):
    pair = _pair(digits[:30], digits[:30])
    assert am_ssim(pair).value == pytest.approx(1, abs=1e-6)
    assert am_ssim_reverse(pair).value == pytest.approx(1, abs=1e-6)
    assert COPYING_RATE.compute(pair).value == COPYING_RATE_SSIM.compute(pair).value == 1.0


def test_dropped_modes_show_in_the_reverse_alone(digits):
    pair = _pair(np.repeat(digits[:3], 10, axis=0), digits[:30])
    assert am_ssim(pair).value == pytest.approx(1, abs=1e-6)
    assert am_ssim_reverse(pair).value < 0.75


def test_new_digits_are_rarely_copies_and_noisy_copies_always(digits):
    noise = np.random.default_rng(0).normal(0, 8, (40, 28, 28, 1))
    noisy = np.clip(digits[:40] + noise, 0, 255).astype(np.uint8)
    new = COPYING_RATE.compute(_pair(digits[2000:2400], digits[:40])).value
    assert COPYING_RATE.compute(_pair(noisy, digits[:40])).value == 1.0
    assert 0.2 < new < 0.6


def test_the_rate_on_a_line():
    rows = np.array([0.0, 4.0, 10.0])
    own = np.abs(rows[:, None] - rows)
    generated = np.array([0.5, 3.9, 7.5, 30.0, -5.0])
    value = copying_rate(np.abs(generated[:, None] - rows), own)
    # 7.5 is 2.5 from 10, whose nearest other row is 6 away; 30 and -5 are too far from theirs
    assert value.value == pytest.approx(3 / 5)
    assert value.std == pytest.approx(np.std([1, 1, 1, 0, 0], ddof=1) / np.sqrt(5))
    # of the rows themselves, 0 and 4 are nearest to each other; 10 is nobody's nearest
    assert value.details == {"baseline": pytest.approx(2 / 3)}


@pytest.mark.parametrize("measure", [COPYING_RATE, COPYING_RATE_INCEPTION, COPYING_RATE_SSIM])
def test_training_rows_that_stand_twice_count_once(digits, measure):
    twice = np.concatenate([digits[:30], digits[:30]])
    assert measure.compute(_pair(digits[:30], twice)).value == 1.0
    new = digits[2000:2100]
    assert measure.compute(_pair(new, twice)) == measure.compute(_pair(new, digits[:30]))


@pytest.mark.parametrize("measure", [COPYING_RATE, COPYING_RATE_SSIM])
def test_the_baseline_is_the_rate_of_rows_left_out_and_of_new_rows(digits, measure):
    rows = digits[:30]
    rates = [
        measure.compute(_pair(rows[i : i + 1], np.delete(rows, i, axis=0))).value for i in range(30)
    ]
    new = measure.compute(_pair(digits[2000:2400], rows))
    assert new.details["baseline"] == pytest.approx(np.mean(rates))
    assert new.value == pytest.approx(np.mean(rates), abs=0.2)
    two = measure.compute(_pair(digits[2:9], rows[:2]))
    assert two.details["baseline"] is None


def test_a_copying_rate_needs_images_that_differ(digits):
    with pytest.raises(InputError, match="two different training images"):
        COPYING_RATE.compute(_pair(digits[:3], digits[[5, 5, 5]]))


def test_diversity_is_of_how_many_images_there_are(digits):
    """m images in equal shares have (1 - 1/m) of the diversity that each of them has once."""
    training = digits[:32]

    def of(rows):
        return diversity(_pair(rows, training)).value

    assert of(training) == pytest.approx(1.0)
    assert of(digits[100:164]) == pytest.approx(1.0, abs=0.1)
    assert of(np.repeat(digits[:1], 32, axis=0)) == pytest.approx(0, abs=1e-6)
    alone = of(training[[3, 4]])
    assert of(np.repeat(training[[3, 4]], 50, axis=0)) == pytest.approx(alone * 50 / 99)
    # different brightness is no diversity
    shades = np.arange(1, 33, dtype=np.uint8)[:, None, None, None] * np.ones_like(training[:1])
    assert of(shades) == pytest.approx(0, abs=1e-6)
    assert of(np.zeros_like(training)) == 0.0
    assert of(training // 2) == pytest.approx(1.0, abs=0.01)


def test_the_error_of_diversity_is_the_deviation_over_new_rows(digits):
    order = 64 + np.random.default_rng(0).permutation(len(digits) - 64)[:2560]
    found = [diversity(_pair(digits[rows], digits[:64])) for rows in np.split(order, 80)]
    errors = [one.std for one in found]
    assert np.mean(errors) == pytest.approx(np.std([one.value for one in found]), rel=0.3)


def test_diversity_needs_training_images_that_differ(digits):
    with pytest.raises(InputError, match="two different training images"):
        diversity(_pair(digits[:3], digits[[5, 5, 5]]))


def test_errors_of_am_ssim(digits):
    pair = _pair(digits[:12], digits[20:50])
    matrix = ssim_matrix(pair.generated, pair.reference)
    assert am_ssim(pair).std == pytest.approx(matrix.max(axis=1).std(ddof=1) / np.sqrt(12))
    rng = np.random.default_rng(0)
    draws = [matrix[rng.integers(12, size=12)].max(axis=0).mean() for _ in range(1000)]
    assert am_ssim_reverse(pair).std == pytest.approx(np.std(draws), rel=0.25)
    # the error draws generated images again, not training images; equal images change nothing
    equal = _pair(np.repeat(digits[:1], 12, axis=0), digits[20:50])
    assert am_ssim_reverse(equal).std == pytest.approx(0, abs=1e-12)
