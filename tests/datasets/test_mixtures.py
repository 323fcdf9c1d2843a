"""2-D mixtures of Gaussians."""

import numpy as np
import pytest

from tests.datasets.drawn import rows


@pytest.mark.parametrize(("name", "modes", "variance"), [("ring8", 8, 0.002), ("grid25", 25, 5e-4)])
def test_mixtures_have_their_modes_and_variance(name, modes, variance):
    subset = rows(name)
    assert subset.data.dtype == np.float32 and set(subset.labels) == set(range(modes))
    counts = np.bincount(subset.labels)
    assert np.abs(counts / counts.mean() - 1).max() < 0.1
    centres = np.stack([subset.data[subset.labels == k].mean(axis=0) for k in range(modes)])
    spread = (subset.data - centres[subset.labels]).var(axis=0)
    np.testing.assert_allclose(spread, variance, rtol=0.03)
    if name == "ring8":
        np.testing.assert_allclose(np.linalg.norm(centres - 0.5, axis=1), 0.4, atol=3e-3)
        np.testing.assert_allclose(centres[2], (0.5, 0.9), atol=3e-3)
    else:
        steps = np.array([0.15, 0.325, 0.5, 0.675, 0.85])
        np.testing.assert_allclose(centres[:5, 1], steps, atol=3e-3)
        np.testing.assert_allclose(centres[::5, 0], steps, atol=3e-3)


def test_the_splits_of_a_mixture_share_no_point():
    train, heldout = rows("ring8").data, rows("ring8", "heldout").data
    assert not {p.tobytes() for p in train} & {p.tobytes() for p in heldout}
