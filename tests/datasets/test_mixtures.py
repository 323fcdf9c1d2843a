"""2-D mixtures of Gaussians."""

import numpy as np
import pytest

from datasets.points import from_picture
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


@pytest.mark.parametrize("name", ["ring8", "grid25", "density", "letters"])
def test_the_pools_of_the_splits_share_no_point(name):
    train, heldout = rows(name).data, rows(name, "heldout").data
    assert not {p.tobytes() for p in train} & {p.tobytes() for p in heldout}


def test_a_ring_of_any_size_about_any_centre():
    subset = rows("ring8", radius=5.0, variance=0.25, centre=0.0)
    centres = np.stack([subset.data[subset.labels == k].mean(axis=0) for k in range(8)])
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 5, atol=0.03)
    np.testing.assert_allclose(centres[0], (5, 0), atol=0.03)


@pytest.mark.parametrize(
    ("name", "settings", "inside", "outside"),
    [
        ("density", {"picture": "a"}, [(-0.45, -0.4), (0.4, 0.4)], [(-0.6, 0.6), (0.6, -0.6)]),
        ("density", {"picture": "b"}, [(-0.25, 0.45), (0.25, -0.45)], [(0, 0), (0.8, 0.8)]),
        ("letters", {"letter": "A"}, [(0, 0.75), (0, -0.2)], [(0, -0.7), (-0.5, 0.5)]),
        ("letters", {"letter": "B"}, [(-0.5, 0), (0.42, -0.4)], [(-0.1, 0.4), (0.7, 0.7)]),
    ],
)
def test_pictures_are_dense_where_they_are_dark(name, settings, inside, outside):
    points = rows(name, n=20_000, **settings).data
    assert np.abs(points).max() < 1.05

    def share(place):
        return (np.linalg.norm(points - np.float32(place), axis=1) < 0.06).mean()

    assert min(map(share, inside)) > 3e-3 and max(map(share, outside)) < 1e-4


def test_a_pixel_is_a_normal_cloud_of_half_its_width_about_its_centre():
    """In a picture of 4 x 4 pixels, the second pixel from the left in the top row: (-1/4, 3/4)."""
    pool = from_picture("one", 4, lambda x, y: (np.abs(x + 0.25) < 0.1) & (y > 0.6), "train")
    points = pool.read(np.arange(20_000))
    np.testing.assert_allclose(points.mean(axis=0), (-0.25, 0.75), atol=0.01)
    np.testing.assert_allclose(points.std(axis=0), 0.25, rtol=0.03)


def test_modes_lie_on_a_line():
    subset = rows("modes1d", centres=(-1.0, 2.0), deviation=0.1)
    assert not subset.data[:, 1].any()
    assert (rows("modes1d", n=9).data != rows("modes1d", "heldout", n=9).data).any()
    modes = [subset.data[subset.labels == k, 0] for k in (0, 1)]
    np.testing.assert_allclose([mode.mean() for mode in modes], (-1, 2), atol=0.01)
    np.testing.assert_allclose([mode.std() for mode in modes], 0.1, rtol=0.03)


def test_a_grid_with_another_margin():
    subset = rows("grid25", margin=0.3)
    corner = subset.data[subset.labels == 0].mean(axis=0)
    np.testing.assert_allclose(corner, (0.3, 0.3), atol=3e-3)
