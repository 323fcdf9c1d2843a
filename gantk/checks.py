"""Checks of the methods of this room that need only the settings and the shape of the rows."""

from collections.abc import Sequence

from suite.running.errors import InputError

GENERATOR_SIDES = (28, 32, 64, 128, 256)
"""Sides of the images that GA-CNTKg has a generator for (GA-NTK paper, Tables 3 to 5)."""

CODE_SIDES = (28, 32, 64, 256)
"""Sides of the images that the autoencoder of the paper's Table 7 takes."""


def check_square(shape: tuple[int, ...]) -> None:
    """Raise InputError unless rows of this shape are square images."""
    if len(shape) != 3 or shape[0] != shape[1]:
        raise InputError(
            f"a convolutional kernel needs square images, not rows of shape {list(shape)}: use "
            "ga-fntk, or set `size` or `crop` of the dataset"
        )


def check_side(shape: tuple[int, ...], sides: Sequence[int], network: str) -> None:
    """Raise InputError unless rows of this shape are square images with one of these sides."""
    check_square(shape)
    if shape[0] not in sides:
        raise InputError(
            f"{network} takes images with a side of {', '.join(map(str, sides))} pixels, not "
            f"{shape[0]}: set `size` of the dataset to one of them"
        )
