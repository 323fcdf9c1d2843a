"""What random augmentation does to images (Zhao et al., 2020), in NumPy.

Methods that augment apply the same changes to tensors of their framework, with its random numbers
(`baselines/augment.py`, `gantk/descent/augment.py`); this one shows what copies of training images
would look like under them. Pixels count from 0, black, to 1.
"""

from collections.abc import Callable, Collection
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from suite.running.errors import InputError

WORDS = {"colour": "recoloured", "translation": "moved", "cutout": "cut out"}
"""Every change, in the order in which they are applied, and what it does in a word."""

Augmentation = Literal["translation", "cutout", "colour"]
AugmentSetting = Annotated[
    tuple[Augmentation, ...],
    Field(
        description="random changes of real and generated images before the discriminator sees "
        "them (Zhao et al., 2020): translation shifts by up to an eighth of the side, cutout "
        "blackens a square of half the side, colour changes brightness, saturation and contrast"
    ),
]
"""The setting `augment` of every method that has one; its default is ()."""


def check_augmented(names: Collection[str], shape: tuple[int, ...]) -> None:
    """Refuse augmentations of points.

    Raises:
        InputError: `names` is not empty, and a row of this shape is no image.
    """
    if names and len(shape) != 3:
        raise InputError("augment: points cannot be augmented: leave it out, or train on images")


def reach(side: int) -> int:
    """How far a translation goes on an axis of `side` pixels: an eighth, rounded.

    >>> reach(28), reach(32)
    (4, 4)
    """
    return int(side / 8 + 0.5)


def _colour(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness + U(-0.25, 0.25); distance from a pixel's grey times U(0, 2), where there is
    colour; distance from the image's mean times U(0.5, 1.5)."""
    brightness, saturation, contrast = rng.random(3)
    image = image + (brightness - 0.5) / 2
    if image.shape[2] > 1:
        grey = image.mean(axis=2, keepdims=True)
        image = grey + 2 * saturation * (image - grey)
    return np.asarray(image.mean() + (contrast + 0.5) * (image - image.mean()))


def _translation(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moves by whole pixels, uniform within `reach` on each axis; black comes in."""
    most = [reach(side) for side in image.shape[:2]]
    padded = np.pad(image, [(by, by) for by in most] + [(0, 0)])
    top, left = (int(rng.integers(0, 2 * by + 1)) for by in most)
    return padded[top : top + image.shape[0], left : left + image.shape[1]]


def _cutout(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A black rectangle of half the sides; its centre is uniform, so that it may hang over."""
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
    """Images, uint8 [N, H, W, C], each changed by draws of its own, and rounded to 8 bits.

    names: of `WORDS`.
    """
    rows = []
    for image in images:
        row = image / 255.0
        for name, step in _STEPS.items():
            row = step(row, rng) if name in names else row
        rows.append(np.clip(np.rint(255 * row), 0, 255).astype(np.uint8))
    return np.stack(rows)
