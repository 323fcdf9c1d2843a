"""Random augmentation of images (Zhao et al., 2020): the setting, and its NumPy reference.

Methods apply the same changes to tensors of their framework, with its random numbers
(`baselines/augment.py`, `gantk/descent/augment.py`). The functions here augment training images for
the control of copies. Pixels are in [0, 1]; 0 is black.
"""

from collections.abc import Callable, Collection
from typing import Literal

import numpy as np

from suite.protocol.settings import Settings
from suite.running.errors import InputError

Augmentation = Literal["translation", "cutout", "colour"]
WORDS = {"colour": "recoloured", "translation": "moved", "cutout": "cut out"}
"""Augmentation -> a word for titles; in the order in which augmentations are applied."""


class AugmentSettings(Settings):
    """The setting of every method that can augment images."""

    augment: tuple[Augmentation, ...] = ()
    """random changes of real and generated images before the discriminator sees them (Zhao et al.,
    2020): translation shifts by up to an eighth of the side, cutout blackens a square of half the
    side, colour changes brightness, saturation and contrast"""


def check_augmented(names: Collection[str], shape: tuple[int, ...]) -> None:
    """Refuse augmentation of points.

    shape: of a row, [H, W, C] or (2,).

    Raises:
        InputError: `names` is not empty, and the rows are not images.
    """
    if names and len(shape) != 3:
        raise InputError("augment: points cannot be augmented: leave it out, or train on images")


def reach(side: int) -> int:
    """Largest shift on an axis of `side` pixels: an eighth of it, rounded.

    >>> reach(28), reach(32)
    (4, 4)
    """
    return int(side / 8 + 0.5)


def _colour(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random brightness, saturation and contrast.

    Adds U(-0.25, 0.25); scales a pixel's difference from its grey by U(0, 2) in colour images;
    scales the difference from the image's mean by U(0.5, 1.5).
    """
    brightness, saturation, contrast = rng.random(3)
    image = image + (brightness - 0.5) / 2
    if image.shape[2] > 1:
        grey = image.mean(axis=2, keepdims=True)
        image = grey + 2 * saturation * (image - grey)
    return np.asarray(image.mean() + (contrast + 0.5) * (image - image.mean()))


def _translation(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shift by whole pixels, uniform within `reach` on each axis. The gap is black."""
    most = [reach(side) for side in image.shape[:2]]
    padded = np.pad(image, [(by, by) for by in most] + [(0, 0)])
    top, left = (int(rng.integers(0, 2 * by + 1)) for by in most)
    return padded[top : top + image.shape[0], left : left + image.shape[1]]


def _cutout(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Black rectangle with half the sides. Its centre is uniform, so it may be cut off."""
    holed = image.copy()
    places = []
    for side in image.shape[:2]:
        first = int(rng.integers(0, side + 1)) - side // 2 // 2
        places.append(slice(max(first, 0), max(first + side // 2, 0)))
    holed[places[0], places[1]] = 0
    return holed


_STEPS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "colour": _colour,
    "translation": _translation,
    "cutout": _cutout,
}


def augmented(images: np.ndarray, names: Collection[str], rng: np.random.Generator) -> np.ndarray:
    """Images uint8 [N, H, W, C], each changed by its own random draws and rounded to 8 bits.

    names: augmentations to apply.
    """
    rows = []
    for image in images:
        row = image / 255.0
        for name, step in _STEPS.items():
            row = step(row, rng) if name in names else row
        rows.append(np.clip(np.rint(255 * row), 0, 255).astype(np.uint8))
    return np.stack(rows)
