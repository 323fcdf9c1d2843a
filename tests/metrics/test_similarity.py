"""SSIM of all pairs beside scikit-image and beside its definition."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from metrics.similarity import Window, ssim_matrix


def _images(seed: int, count: int, shape: tuple[int, int, int] = (20, 17, 1)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def _by_definition(x: np.ndarray, y: np.ndarray, size: int, sigma: float) -> float:
    """SSIM of two images [H, W, C], window by window (Wang et al. 2004, Eq. 13)."""
    offsets = np.arange(size) - (size - 1) / 2
    w = np.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * sigma**2))
    w /= w.sum()
    values = []
    for channel in range(x.shape[2]):
        for i in range(x.shape[0] - size + 1):
            for j in range(x.shape[1] - size + 1):
                p = x[i : i + size, j : j + size, channel] / 255
                q = y[i : i + size, j : j + size, channel] / 255
                mp, mq = (w * p).sum(), (w * q).sum()
                vp, vq = (w * p * p).sum() - mp**2, (w * q * q).sum() - mq**2
                cov = (w * p * q).sum() - mp * mq
                values.append(
                    (2 * mp * mq + 1e-4)
                    / (mp**2 + mq**2 + 1e-4)
                    * (2 * cov + 9e-4)
                    / (vp + vq + 9e-4)
                )
    return float(np.mean(values))


def _matrix(function, x, y) -> np.ndarray:
    return np.array([[function(a, b) for b in y] for a in x])


@pytest.mark.parametrize("channels", [1, 3])
def test_equals_scikit_image_at_its_own_window(channels):
    x, y = _images(0, 4, (20, 17, channels)), _images(1, 5, (20, 17, channels))
    y[0] = x[0]
    y[1] = 255 - x[1]

    def oracle(a, b):
        return structural_similarity(
            a / 255.0,
            b / 255.0,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            channel_axis=2,
        )

    # scikit-image's Gaussian of sigma 1.5 is cut at 3.5 sigma: 11 x 11
    ours = ssim_matrix(x, y, Window(size=11))
    assert np.abs(ours - _matrix(oracle, x, y)).max() <= 1e-6


@pytest.mark.parametrize(("size", "sigma"), [(4, 1.5), (7, 0.8), (2, 1.5)])
def test_equals_the_definition_at_even_and_odd_windows(size, sigma):
    """The first window is the paper's, which serves where none is given."""
    x, y = _images(2, 3, (9, 8, 3)), _images(3, 4, (9, 8, 3))
    x[0], y[1] = 0, 255  # constant images have no variance
    ours = ssim_matrix(x, y, Window(size=size, sigma=sigma))
    expected = _matrix(lambda a, b: _by_definition(a, b, size, sigma), x, y)
    assert np.abs(ours - expected).max() <= 1e-6
    assert np.array_equal(ours, ssim_matrix(x, y)) == ((size, sigma) == (4, 1.5))


def test_one_for_equal_images_and_symmetric():
    x = np.concatenate([_images(4, 5), np.zeros((1, 20, 17, 1), np.uint8)])
    matrix = ssim_matrix(x, x)
    assert np.abs(np.diag(matrix) - 1).max() <= 1e-6
    assert np.abs(matrix - matrix.T).max() <= 1e-6
    assert matrix.max() <= 1 + 1e-6


def test_blocks_do_not_change_values():
    x, y = _images(5, 700), _images(6, 150)
    whole = ssim_matrix(x, y)
    parts = [ssim_matrix(x[i : i + 7], y[100:]) for i in (0, 490, 693)]
    for start, part in zip((0, 490, 693), parts, strict=True):
        assert np.abs(whole[start : start + 7, 100:] - part).max() <= 1e-6
