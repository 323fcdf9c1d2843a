"""Conversions between stored rows and the arrays that methods move."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from suite.protocol.seeds import stream


def to_unit(data: np.ndarray, dtype: Any) -> np.ndarray:
    """uint8 images to [0, 1]; points as they are."""
    return (data / 255).astype(dtype) if data.dtype == np.uint8 else data.astype(dtype)


def from_unit(rows: ArrayLike) -> np.ndarray:
    """Rows [n, H, W, C] in [0, 1] to uint8 images, rounded; points [n, 2] to float32.

    A run that diverged may end in NaN or infinity. NaN becomes 0 and infinity the largest value, so
    that its last images can still be saved and shown.

    >>> from_unit(np.array([[[[0.0], [0.5], [2.0], [np.nan]]]])).ravel().tolist()
    [0, 128, 255, 0]
    """
    values = np.asarray(rows)
    if values.ndim == 2:
        return np.nan_to_num(values.astype(np.float32))
    pixels: np.ndarray = np.clip(np.rint(np.nan_to_num(values) * 255), 0, 255).astype(np.uint8)
    return pixels


def average_pool(rows: Any, factor: int) -> Any:
    """[n, H, W, C] -> [n, H / factor, W / factor, C]: means of factor x factor pixels (Eq. 7).

    >>> average_pool(np.arange(4.0).reshape(1, 2, 2, 1), 2).ravel().tolist()
    [1.5]
    """
    if factor == 1:
        return rows
    n, height, width, channels = rows.shape
    tiles = rows.reshape(n, height // factor, factor, width // factor, factor, channels)
    return tiles.mean((2, 4))


def initial_rows(
    start: Literal["uniform", "normal"], shape: tuple[int, ...], seed: int, part: int
) -> np.ndarray:
    """Random rows to start from (paper, section 3: random; released code: uniform)."""
    random = stream("initial-rows", seed, part)
    return random.random(shape) if start == "uniform" else random.normal(0.5, 0.25, shape)
